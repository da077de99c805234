import { totalmem } from 'node:os';
import type { Clock } from '../../kernel/clock.ts';

export type ScaleSettings = { readonly minNodes: number; readonly maxNodes: number; readonly idleSeconds: number };

export type ClusterCounts = {
  readonly current: number;
  readonly target: number;
  readonly running: number;
  readonly idle: number;
};

/** The nodes of all clusters: slots of this machine. A node is there while it runs a job, or until its idle time is over. */
export type Clusters = {
  /**
   * Takes nodes of a cluster; waits while there are none. The answer gives them back.
   * @param waiting called once when the job has to wait
   */
  acquire(
    cluster: string,
    scale: ScaleSettings,
    nodes: number,
    signal: AbortSignal,
    waiting: () => void,
  ): Promise<() => void>;
  /** Takes nodes for a launch that runs already, found again after a restart: never waits. */
  occupy(cluster: string, scale: ScaleSettings, nodes: number): () => void;
  counts(cluster: string, scale: ScaleSettings): ClusterCounts;
  forget(cluster: string): void;
};

type Cluster = { scale: ScaleSettings; running: number; nodes: number; releases: number };
type Waiter = { cluster: string; nodes: number; grant: () => void };

/** How many nodes run at once on this machine: a core and a gibibyte of memory each, at least one. */
export function machineSlots(cores: number, memoryBytes = totalmem()): number {
  return Math.max(1, Math.min(cores, Math.floor(memoryBytes / 2 ** 30)));
}

/** Makes the clusters of a machine with that many slots. First come, first served within what fits. */
export function createClusters(slots: number, clock: Clock): Clusters {
  const clusters = new Map<string, Cluster>();
  let waiters: Waiter[] = [];
  let busy = 0;

  const clusterOf = (id: string, scale: ScaleSettings) => {
    const cluster = clusters.get(id) ?? { scale, running: 0, nodes: scale.minNodes, releases: 0 };
    cluster.scale = scale;
    clusters.set(id, cluster);
    return cluster;
  };
  // More nodes than the cluster or the machine has: they share what there is, as the processes of a laptop do.
  const granted = (cluster: Cluster, nodes: number) => Math.max(1, Math.min(nodes, cluster.scale.maxNodes, slots));
  const take = (cluster: Cluster, nodes: number) => {
    cluster.running += nodes;
    busy += nodes;
    cluster.nodes = Math.max(cluster.nodes, cluster.running);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      cluster.running -= nodes;
      busy -= nodes;
      serve();
      cluster.releases += 1;
      const release = cluster.releases;
      clock.after(cluster.scale.idleSeconds * 1000, () => {
        // A later job used the nodes since: its own end starts their idle time anew.
        if (cluster.releases === release) cluster.nodes = Math.max(cluster.scale.minNodes, cluster.running);
      });
    };
  };
  const fits = (cluster: Cluster, nodes: number) =>
    busy + nodes <= slots && cluster.running + nodes <= cluster.scale.maxNodes;
  const serve = () => {
    for (const waiter of [...waiters]) {
      const cluster = clusters.get(waiter.cluster) as Cluster;
      if (!fits(cluster, waiter.nodes)) continue;
      waiters = waiters.filter((other) => other !== waiter);
      waiter.grant();
    }
  };

  return {
    acquire(id, scale, wanted, signal, waiting) {
      const cluster = clusterOf(id, scale);
      const nodes = granted(cluster, wanted);
      if (fits(cluster, nodes)) return Promise.resolve(take(cluster, nodes));
      waiting();
      return new Promise((resolve, reject) => {
        const leave = () => {
          waiters = waiters.filter((other) => other !== waiter);
          reject(signal.reason);
        };
        const waiter: Waiter = {
          cluster: id,
          nodes,
          grant() {
            signal.removeEventListener('abort', leave);
            resolve(take(cluster, nodes));
          },
        };
        if (signal.aborted) return leave();
        signal.addEventListener('abort', leave, { once: true });
        waiters.push(waiter);
      });
    },
    occupy(id, scale, wanted) {
      const cluster = clusterOf(id, scale);
      return take(cluster, granted(cluster, wanted));
    },
    counts(id, scale) {
      const cluster = clusterOf(id, scale);
      const queued = waiters.filter((waiter) => waiter.cluster === id).reduce((sum, waiter) => sum + waiter.nodes, 0);
      return {
        current: cluster.nodes,
        target: Math.min(scale.maxNodes, Math.max(cluster.nodes, cluster.running + queued)),
        running: cluster.running,
        idle: cluster.nodes - cluster.running,
      };
    },
    forget: (id) => void clusters.delete(id),
  };
}
