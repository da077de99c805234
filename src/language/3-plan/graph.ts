/** A node of a dependency graph: a stage, or a job of one stage. Names ignore case. */
export type GraphNode = { readonly name: string; readonly dependsOn: readonly string[] };

/** A dependency that never comes true: its target doesn't exist, or the two wait for each other. */
export type StuckEdge = { readonly node: GraphNode; readonly dependency: string; readonly kind: 'unknown' | 'cycle' };

export type GraphFaults = {
  /** No node can start: every one depends on something. This hides all else (recorded). */
  readonly noStart: boolean;
  /** In the order of the nodes and of their dependencies as written (recorded). */
  readonly stuck: readonly StuckEdge[];
};

/**
 * Judges a dependency graph as the service does: nodes are taken off in the order in which they could start, and each
 * dependency that is left is reported, be it unknown or part of a cycle or behind one. Expects names that don't clash.
 */
export function judgeGraph(nodes: readonly GraphNode[]): GraphFaults {
  if (nodes.length > 0 && nodes.every((node) => node.dependsOn.length > 0)) return { noStart: true, stuck: [] };
  if (nodes.every((node) => node.dependsOn.length === 0)) return { noStart: false, stuck: [] };
  const known = new Set(nodes.map((node) => node.name.toLowerCase()));
  const waiting = new Map<string, GraphNode[]>();
  const missing = new Map<GraphNode, number>();
  for (const node of nodes) {
    const names = new Set(node.dependsOn.map((name) => name.toLowerCase()));
    missing.set(node, names.size);
    for (const name of names) {
      const list = waiting.get(name);
      if (list) list.push(node);
      else waiting.set(name, [node]);
    }
  }
  const done = new Set<string>();
  const ready = nodes.filter((node) => missing.get(node) === 0);
  for (let node = ready.pop(); node; node = ready.pop()) {
    done.add(node.name.toLowerCase());
    for (const next of waiting.get(node.name.toLowerCase()) ?? []) {
      const left = missing.get(next)! - 1;
      missing.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  const stuck = nodes.flatMap((node) =>
    node.dependsOn
      .filter((name) => !done.has(name.toLowerCase()))
      .map((dependency): StuckEdge => {
        const kind = known.has(dependency.toLowerCase()) ? 'cycle' : 'unknown';
        return { node, dependency, kind };
      }),
  );
  return { noStart: false, stuck };
}
