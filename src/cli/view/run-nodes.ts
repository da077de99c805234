import type { TimelineRecord } from '../client/wire.ts';
import { byCodeUnit } from './order.ts';

/** A record with what is shown below it. */
export type RunNode = { readonly record: TimelineRecord; readonly name: string; readonly children: readonly RunNode[] };

/**
 * Arranges timeline records for a person: stages, jobs, steps, ML jobs and their steps. Levels that the author did not write are
 * left out (the implicit stage, a job's only leg), and so are the agent's own steps unless something is wrong with them.
 */
export function runNodes(records: readonly TimelineRecord[]): readonly RunNode[] {
  const ids = new Set(records.map((record) => record.id));
  const byParent = new Map<string, TimelineRecord[]>();
  for (const record of records) {
    // A record whose parent isn't known (yet) is shown at the top rather than lost.
    const parent = record.parentId && ids.has(record.parentId) && record.parentId !== record.id ? record.parentId : '';
    const siblings = byParent.get(parent);
    if (siblings) siblings.push(record);
    else byParent.set(parent, [record]);
  }
  return nodesBelow('', byParent, new Set());
}

function nodesBelow(
  parent: string,
  byParent: ReadonlyMap<string, readonly TimelineRecord[]>,
  above: ReadonlySet<string>,
): RunNode[] {
  const children = [...(byParent.get(parent) ?? [])].filter((record) => !above.has(record.id)).sort(inOrder);
  return children.flatMap((record) => nodesOf(record, byParent, new Set([...above, record.id])));
}

function nodesOf(
  record: TimelineRecord,
  byParent: ReadonlyMap<string, readonly TimelineRecord[]>,
  above: ReadonlySet<string>,
): readonly RunNode[] {
  if (isQuiet(record)) return [];
  const children = nodesBelow(record.id, byParent, above);
  if (record.type === 'Stage' && isImplicit(record)) return children;
  if (record.type === 'Phase') {
    const jobs = children.filter((child) => child.record.type === 'Job');
    const [only] = jobs;
    if (only && jobs.length === 1) return [{ ...only, name: record.name || only.name }];
  }
  return [{ record, name: record.name || record.refName || record.type, children }];
}

function isImplicit(record: TimelineRecord): boolean {
  return record.refName === '__default' || record.identifier === '__default' || record.name === '__default';
}

/** What says nothing while it goes well: gates that opened, and steps that the agent adds for itself. */
function isQuiet(record: TimelineRecord): boolean {
  const well = record.state === 'completed' && (record.result === 'succeeded' || record.result === 'skipped');
  if (record.type.startsWith('Checkpoint')) return well || record.state === 'pending';
  if (record.type !== 'Task' || record.task) return false;
  return (
    (well || record.state === 'pending') && /^(initialize job|finalize job|pre-job: |post-job: )/i.test(record.name)
  );
}

function inOrder(a: TimelineRecord, b: TimelineRecord): number {
  const order = (a.order ?? Number.MAX_SAFE_INTEGER) - (b.order ?? Number.MAX_SAFE_INTEGER);
  if (order !== 0) return order;
  return byCodeUnit(a.startTime ?? '~', b.startTime ?? '~') || byCodeUnit(a.name, b.name);
}

/** The names on the way to a step, outermost first: stage (if written), job (with its leg), step, ML step. */
export function namePaths(nodes: readonly RunNode[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const walk = (node: RunNode, above: readonly string[]) => {
    const path = [...above, node.name];
    found.set(node.record.id, path);
    for (const child of node.children) walk(child, path);
  };
  for (const node of nodes) walk(node, []);
  return found;
}
