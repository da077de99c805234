import { planIteration } from './iterations.ts';
import { isTerminal, isWaiting, outcomeOf } from './job-status.ts';
import { addedRun, type JobTree, type TreeRun, type TreeStep } from './job-tree.ts';
import type { ItemInputs, Need, RunPlan, RunState } from './plan.ts';

export type Transition =
  /** The run is to be executed; `key`: an equal earlier one may stand in for it. */
  | { readonly kind: 'start'; readonly runId: string; readonly key?: string }
  /** The execution of this run is to be ended. */
  | { readonly kind: 'stop'; readonly runId: string }
  /** It is to be found out whether a server that went down launched this run. */
  | { readonly kind: 'look'; readonly runId: string }
  /** The items of this parallel_for are to be read. */
  | { readonly kind: 'expand'; readonly runId: string }
  /** The outputs of this loop's iterations are to be brought together. */
  | { readonly kind: 'gather'; readonly runId: string };

/** A decision in the making: an overlay on the tree, what is to be done, and the runs that are still to be looked at. */
export type Draft = TreeStep & {
  readonly tree: JobTree;
  /** Whether what was asked for before a restart is asked for again. */
  readonly asksAgain: boolean;
  /** ISO-8601. */
  readonly now: string;
  readonly changed: Map<string, TreeRun>;
  readonly added: RunPlan[];
  readonly addedChildren: Map<string, string[]>;
  readonly addedReaders: Map<string, { readonly runId: string; readonly need: Need }[]>;
  readonly equals: Map<string, string>;
  readonly followers: { first: string; runId: string }[];
  readonly transitions: Transition[];
  readonly agenda: string[];
  get(runId: string): TreeRun | undefined;
};

export function openDraft(tree: JobTree, now: string, isAdvance: boolean): Draft {
  const changed = new Map<string, TreeRun>();
  return {
    tree,
    asksAgain: isAdvance && tree.recovered,
    now,
    changed,
    added: [],
    addedChildren: new Map(),
    addedReaders: new Map(),
    equals: new Map(),
    followers: [],
    transitions: [],
    agenda: [],
    get: (runId) => changed.get(runId) ?? tree.runs.get(runId),
  };
}

/** The children of a run in the order of their definition. */
export function childrenOf(draft: Draft, runId: string): readonly string[] {
  const known = draft.tree.children.get(runId) ?? [];
  const added = draft.addedChildren.get(runId);
  return added ? [...known, ...added] : known;
}

/** Changes a run's state, keeps the counts around it, tells those who need it, and has everything that this touches looked at. */
export function change(draft: Draft, runId: string, wanted: Partial<RunState>): void {
  const run = draft.get(runId) as TreeRun;
  const before = run.state;
  const { status } = { ...before, ...wanted };
  const ends = isTerminal(status) && !isTerminal(before.status);
  const starts = isWaiting(before.status) && !isWaiting(status);
  const state: RunState = {
    ...before,
    ...(status === 'Running' && before.startedAt === undefined ? { startedAt: draft.now } : {}),
    ...(ends ? { endedAt: draft.now } : {}),
    ...wanted,
  };
  draft.changed.set(runId, { ...run, state });
  const parentId = run.plan.parent;
  const parent = parentId === undefined || !(ends || starts) ? undefined : draft.get(parentId);
  if (parent) {
    const outcome = ends ? outcomeOf(state) : undefined;
    draft.changed.set(parent.plan.runId, {
      ...parent,
      open: parent.open - (ends ? 1 : 0),
      active: parent.active + (starts && !ends ? 1 : 0) - (ends && !starts ? 1 : 0),
      failed: parent.failed + (outcome === 'failed' ? 1 : 0),
      canceled: parent.canceled + (outcome === 'canceled' ? 1 : 0),
    });
    draft.agenda.push(parent.plan.runId);
  }
  if (ends || starts || status === 'CancelRequested') draft.agenda.push(runId);
  if (!ends) return;
  // A condition whose value is known completes in the decision that adds it.
  for (const readers of [draft.tree.readers, draft.addedReaders])
    for (const reader of readers.get(runId) ?? []) tell(draft, reader.runId, reader.need, state);
  draft.agenda.push(...(draft.tree.followers.get(runId) ?? []));
}

function tell(draft: Draft, readerId: string, need: Need, producer: RunState): void {
  const reader = draft.get(readerId);
  if (!reader) return;
  draft.changed.set(readerId, { ...reader, unmet: reader.unmet - 1 });
  if (!isWaiting(reader.state.status)) return;
  const verdict = verdictOn(need, producer);
  if (verdict === 'skip') change(draft, readerId, { status: 'Canceled', skipped: true });
  else if (verdict === 'cancel') callOff(draft, readerId);
  else if (reader.unmet === 1) draft.agenda.push(readerId);
}

/** Cancels a run that waits: it never starts. */
export function callOff(draft: Draft, runId: string): void {
  // It may have been started in the last moment of a server that went down: it is looked for before it counts as over.
  const isOver = draft.get(runId)?.launched === 'no';
  change(draft, runId, { status: isOver ? 'Canceled' : 'CancelRequested' });
  if (!isOver) draft.transitions.push({ kind: 'stop', runId });
}

function verdictOn(need: Need, producer: RunState): 'met' | 'skip' | 'cancel' {
  if (need.whatever) return 'met';
  switch (outcomeOf(producer)) {
    case 'completed':
      return need.branch === undefined || producer.chosen === need.branch ? 'met' : 'skip';
    case 'skipped':
      return need.optionalInput === undefined ? 'skip' : 'met';
    // The producer of an optional input failed: the node runs without it (recorded default). A cancelled one takes its readers along.
    case 'failed':
      return need.optionalInput === undefined ? 'cancel' : 'met';
    default:
      return 'cancel';
  }
}

/** Adds a run below one that is there. */
export function add(draft: Draft, plan: RunPlan): void {
  draft.added.push(plan);
  draft.changed.set(plan.runId, addedRun(plan));
  const parent = draft.get(plan.parent as string) as TreeRun;
  draft.changed.set(parent.plan.runId, { ...parent, total: parent.total + 1, open: parent.open + 1 });
  const siblings = draft.addedChildren.get(parent.plan.runId);
  if (siblings) siblings.push(plan.runId);
  else draft.addedChildren.set(parent.plan.runId, [plan.runId]);
  for (const need of plan.needs) {
    const readers = draft.addedReaders.get(need.runId);
    if (readers) readers.push({ runId: plan.runId, need });
    else draft.addedReaders.set(need.runId, [{ runId: plan.runId, need }]);
  }
  draft.agenda.push(plan.runId);
}

/** Adds the runs of one iteration of a loop. */
export function spawn(draft: Draft, loopId: string, index: number, inputs: ItemInputs): void {
  const work = draft.get(loopId)?.plan.work;
  if (work?.kind !== 'do_while' && work?.kind !== 'parallel_for') return;
  for (const plan of planIteration(loopId, work.body, index, inputs, draft.now)) add(draft, plan);
}
