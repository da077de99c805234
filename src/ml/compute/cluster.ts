import { totalmem } from 'node:os';
import type { Clock } from '../../kernel/clock.ts';
import { isPassed, nextServed, type Room } from './queue.ts';

export type ScaleSettings = {
  readonly minNodes: number;
  /** 0 while a compute instance is stopped: what asks for its node waits. */
  readonly maxNodes: number;
  readonly idleSeconds: number;
  /** Nodes of low priority: a run whose node is lost goes back into the queue (documented). */
  readonly preemptible?: boolean;
};

export type ClusterCounts = {
  readonly current: number;
  readonly target: number;
  readonly running: number;
  readonly idle: number;
};

export type ClusterNode = {
  readonly nodeId: string;
  /** The run on it; idle without one. */
  readonly runId?: string;
};

/** What a run asks of a cluster. */
export type NodesRequest = {
  readonly cluster: string;
  readonly scale: ScaleSettings;
  readonly nodes: number;
  readonly runId: string;
  readonly experiment: string;
  /** `priorityOf` its queue settings. */
  readonly priority: number;
};

/** Gives nodes back; `lost` ones are gone from the cluster. Calling it again does nothing. */
export type Release = (how?: 'lost') => void;

/** The nodes of all clusters: slots of this machine. A node is there while it runs a job, or until its idle time is over. */
export type Clusters = {
  /**
   * Takes nodes of a cluster; waits in the queue while there are none.
   * @param waiting called once when the run has to wait
   */
  acquire(request: NodesRequest, signal: AbortSignal, waiting: () => void): Promise<Release>;
  /** Takes nodes for a launch that runs already, found again after a restart: never waits. */
  occupy(request: NodesRequest): Release;
  counts(cluster: string, scale: ScaleSettings): ClusterCounts;
  nodes(cluster: string, scale: ScaleSettings): readonly ClusterNode[];
  /** New settings hold at once: idle nodes above the new limits go, and who waits may be served. */
  resize(cluster: string, scale: ScaleSettings): void;
  /** The compute is no more; what runs and waits there keeps its nodes until it has ended. */
  forget(cluster: string): void;
};

type Node = { readonly nodeId: string; runId?: string; stopIdling?: () => void };
type Cluster = { scale: ScaleSettings; nodes: Node[]; made: number };
type Waiter = { readonly arrived: number; request: NodesRequest; left: boolean; readonly grant: () => void };
/** Those that ask for the same: only the first of them can be next, however many there are. */
type Line = { readonly key: string; waiters: Waiter[]; first: number; size: number; passed: number };

/** How many nodes run at once on this machine: a core and a gibibyte of memory each, at least one. */
export function machineSlots(cores: number, memoryBytes = totalmem()): number {
  return Math.max(1, Math.min(cores, Math.floor(memoryBytes / 2 ** 30)));
}

/** Makes the clusters of a machine with that many slots. Who is served next is `nextServed`'s to say. */
export function createClusters(slots: number, clock: Clock): Clusters {
  const clusters = new Map<string, Cluster>();
  const usedBy = new Map<string, number>();
  const lines = new Map<string, Line>();
  let arrivals = 0;
  let busy = 0;

  const runningOf = (cluster: Cluster) => cluster.nodes.filter((node) => node.runId !== undefined).length;
  const addNode = (cluster: Cluster): Node => {
    const node: Node = { nodeId: `node-${cluster.made}` };
    cluster.made += 1;
    cluster.nodes.push(node);
    return node;
  };
  const removeNode = (cluster: Cluster, node: Node) => {
    node.stopIdling?.();
    cluster.nodes = cluster.nodes.filter((other) => other !== node);
    while (cluster.nodes.length < cluster.scale.minNodes) addNode(cluster);
  };
  const idle = (cluster: Cluster, node: Node) => {
    delete node.runId;
    if (cluster.nodes.length > cluster.scale.maxNodes) return removeNode(cluster, node);
    node.stopIdling = clock.after(cluster.scale.idleSeconds * 1000, () => {
      if (cluster.nodes.length > cluster.scale.minNodes) removeNode(cluster, node);
    });
  };
  const clusterOf = (id: string, scale: ScaleSettings): Cluster => {
    const known = clusters.get(id);
    const cluster: Cluster = known ?? { scale, nodes: [], made: 0 };
    cluster.scale = scale;
    while (cluster.nodes.length < scale.minNodes) addNode(cluster);
    clusters.set(id, cluster);
    return cluster;
  };
  // More nodes than the cluster or the machine has: they share what there is, as the processes of a laptop do.
  const granted = ({ nodes, scale }: NodesRequest) => Math.max(1, Math.min(nodes, scale.maxNodes, slots));
  const count = (experiment: string, nodes: number) => {
    const used = (usedBy.get(experiment) ?? 0) + nodes;
    if (used > 0) usedBy.set(experiment, used);
    else usedBy.delete(experiment);
  };

  const take = (request: NodesRequest): Release => {
    const cluster = clusterOf(request.cluster, request.scale);
    const nodes = granted(request);
    const taken = cluster.nodes.filter((node) => node.runId === undefined).slice(0, nodes);
    while (taken.length < nodes) taken.push(addNode(cluster));
    for (const node of taken) {
      node.stopIdling?.();
      node.runId = request.runId;
    }
    busy += nodes;
    count(request.experiment, nodes);
    let given = false;
    return (how) => {
      if (given) return;
      given = true;
      busy -= nodes;
      count(request.experiment, -nodes);
      for (const node of taken) how === 'lost' ? removeNode(cluster, node) : idle(cluster, node);
      serve();
    };
  };
  const room = (): Room => ({
    free: slots - busy,
    freeOf(id) {
      const cluster = clusters.get(id);
      return cluster ? cluster.scale.maxNodes - runningOf(cluster) : 0;
    },
    usedBy: (experiment) => usedBy.get(experiment) ?? 0,
  });
  /** Those that left stay in the list until they are come to: taking one out of the middle would move all behind it. */
  const firstOf = (line: Line): Waiter => {
    while (line.waiters[line.first]?.left) line.first += 1;
    if (line.first > 1000) {
      line.waiters = line.waiters.slice(line.first);
      line.first = 0;
    }
    return line.waiters[line.first] as Waiter;
  };
  /** The first of each line, as long as there is one. */
  const heads = () =>
    [...lines.values()].map((line) => {
      const first = firstOf(line);
      const { cluster, priority, experiment } = first.request;
      return {
        arrived: first.arrived,
        cluster,
        nodes: granted(first.request),
        priority,
        experiment,
        passed: line.passed,
        line,
        first,
      };
    });
  const leaveLine = (line: Line, waiter: Waiter) => {
    waiter.left = true;
    line.size -= 1;
    if (line.size === 0) lines.delete(line.key);
  };
  const serve = () => {
    for (;;) {
      const waiting = heads();
      const now = room();
      const served = nextServed(waiting, now);
      if (served === undefined) return;
      for (const one of waiting) if (isPassed(one, served, now)) one.line.passed += 1;
      served.line.passed = 0;
      leaveLine(served.line, served.first);
      served.first.grant();
    }
  };

  return {
    acquire(request, signal, waiting) {
      clusterOf(request.cluster, request.scale);
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const key = JSON.stringify([request.cluster, request.nodes, request.priority, request.experiment]);
        const line = lines.get(key) ?? { key, waiters: [], first: 0, size: 0, passed: 0 };
        const leave = () => {
          leaveLine(line, waiter);
          reject(signal.reason);
          // What was kept for it is free for others.
          serve();
        };
        let granted = false;
        const waiter: Waiter = {
          arrived: arrivals++,
          request,
          left: false,
          grant() {
            granted = true;
            signal.removeEventListener('abort', leave);
            // Taken now, not when the promise is looked at: the next one must not be given the same nodes.
            resolve(take(waiter.request));
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        lines.set(key, line);
        line.waiters.push(waiter);
        line.size += 1;
        serve();
        if (!granted) waiting();
      });
    },
    occupy: (request) => take(request),
    counts(id, scale) {
      const cluster = clusterOf(id, scale);
      const running = runningOf(cluster);
      const queued = heads()
        .filter((one) => one.cluster === id)
        .reduce((sum, one) => sum + one.nodes * one.line.size, 0);
      return {
        current: cluster.nodes.length,
        target: Math.max(running, Math.min(scale.maxNodes, Math.max(cluster.nodes.length, running + queued))),
        running,
        idle: cluster.nodes.length - running,
      };
    },
    nodes: (id, scale) =>
      clusterOf(id, scale).nodes.map(({ nodeId, runId }) => ({ nodeId, ...(runId === undefined ? {} : { runId }) })),
    resize(id, scale) {
      const cluster = clusterOf(id, scale);
      for (const node of [...cluster.nodes].reverse())
        if (node.runId === undefined && cluster.nodes.length > scale.maxNodes) removeNode(cluster, node);
      for (const line of lines.values())
        for (const waiter of line.waiters)
          if (waiter.request.cluster === id) waiter.request = { ...waiter.request, scale };
      serve();
    },
    forget(id) {
      const cluster = clusters.get(id);
      const isWanted = [...lines.values()].some((line) =>
        line.waiters.some((one) => !one.left && one.request.cluster === id),
      );
      if (cluster && runningOf(cluster) === 0 && !isWanted) clusters.delete(id);
    },
  };
}
