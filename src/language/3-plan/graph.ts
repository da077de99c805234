/** A node of a dependency graph: a stage, or a job of one stage. Names ignore case. */
export type GraphNode = { readonly name: string; readonly dependsOn: readonly string[] };

export type GraphFaults = {
  readonly duplicates: readonly GraphNode[];
  /** No node can start: every one depends on something. */
  readonly noStart: boolean;
  readonly unknown: readonly { readonly node: GraphNode; readonly dependency: string }[];
  readonly cycles: readonly { readonly node: GraphNode; readonly dependency: string }[];
};

/**
 * Judges a dependency graph. Names that clash hide the other faults, a graph without a start hides its cycles; unknown
 * dependencies are reported besides.
 */
export function judgeGraph(nodes: readonly GraphNode[]): GraphFaults {
  const byName = new Map<string, GraphNode>();
  const duplicates: GraphNode[] = [];
  for (const node of nodes) {
    if (byName.has(node.name.toLowerCase())) duplicates.push(node);
    else byName.set(node.name.toLowerCase(), node);
  }
  if (duplicates.length > 0) return { duplicates, noStart: false, unknown: [], cycles: [] };
  const unknown = nodes.flatMap((node) =>
    node.dependsOn.filter((one) => !byName.has(one.toLowerCase())).map((dependency) => ({ node, dependency })),
  );
  const noStart = nodes.length > 0 && nodes.every((node) => node.dependsOn.length > 0);
  return { duplicates, noStart, unknown, cycles: noStart ? [] : findCycles(nodes, byName) };
}

// Depth first with a stack of our own: a chain of thousands of jobs is legal.
function findCycles(
  nodes: readonly GraphNode[],
  byName: ReadonlyMap<string, GraphNode>,
): { node: GraphNode; dependency: string }[] {
  const state = new Map<GraphNode, 'open' | 'done'>();
  const cycles: { node: GraphNode; dependency: string }[] = [];
  for (const start of nodes) {
    if (state.has(start)) continue;
    const stack = [{ node: start, next: 0 }];
    state.set(start, 'open');
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const name = top.node.dependsOn[top.next++];
      if (name === undefined) {
        state.set(top.node, 'done');
        stack.pop();
        continue;
      }
      const target = byName.get(name.toLowerCase());
      if (!target || state.get(target) === 'done') continue;
      if (state.get(target) === 'open') cycles.push({ node: top.node, dependency: target.name });
      else {
        state.set(target, 'open');
        stack.push({ node: target, next: 0 });
      }
    }
  }
  return cycles;
}
