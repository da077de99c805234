import type { RunValue } from '../types.ts';
import { readyKeyOf } from './content-key.ts';
import { callOff, change, childrenOf, type Draft, spawn } from './draft.ts';
import { isTerminal, isWaiting, outcomeOf } from './job-status.ts';
import { isEnding, isExecuted, type TreeRun } from './job-tree.ts';
import type { ReusedRun, RunState } from './plan.ts';
import { textOfValue } from './read-values.ts';
import { inputsAtStart, outputsOf, resolveInput } from './run-values.ts';

/**
 * Asks a run to end: one that waits is over at once, one that is under way is told. A pipeline that is asked once more while it ends means the
 * node that comes after all others, if that runs: the first time it was let begin.
 */
export function requestCancel(draft: Draft, runId: string): void {
  const run = draft.get(runId) as TreeRun;
  const { status } = run.state;
  if (isTerminal(status)) return;
  if (status === 'CancelRequested') {
    for (const childId of childrenOf(draft, runId)) {
      const child = draft.get(childId) as TreeRun;
      if (child.plan.atEnd && !isWaiting(child.state.status)) requestCancel(draft, childId);
    }
    return;
  }
  if (isWaiting(status)) {
    callOff(draft, runId);
    return;
  }
  change(draft, runId, { status: 'CancelRequested' });
  if (isExecuted(run.plan)) draft.transitions.push({ kind: 'stop', runId });
}

/** Starts a run that waits, if nothing holds it back. */
export function tryStart(draft: Draft, run: TreeRun): void {
  const { parent: parentId, runId } = run.plan;
  if (parentId !== undefined) {
    const parent = draft.get(parentId);
    if (!parent || isWaiting(parent.state.status)) return;
    if (isTerminal(parent.state.status) || (isEnding(parent) && !run.plan.atEnd)) {
      requestCancel(draft, runId);
      return;
    }
    const { work } = parent.plan;
    if (work.kind === 'parallel_for' && parent.active >= (work.maxConcurrency ?? Number.POSITIVE_INFINITY)) return;
  }
  if (run.unmet === 0) start(draft, run);
}

function start(draft: Draft, run: TreeRun): void {
  const { work, runId, displayName } = run.plan;
  const { inputs, missing } = inputsAtStart(draft, run.plan);
  if (missing !== undefined) {
    const message = `The input '${missing}' of '${displayName}' has no value: what it is bound to gave it none.`;
    change(draft, runId, { status: 'Failed', error: { code: 'UserError', message } });
    return;
  }
  const known = inputs === undefined ? {} : { inputs };
  switch (work.kind) {
    case 'pipeline':
      change(draft, runId, { ...known, status: 'Running' });
      for (const child of childrenOf(draft, runId)) draft.agenda.push(child);
      return;
    case 'if_else': {
      const value = resolveInput(draft, work.condition);
      const chosen = value !== undefined && isTrue(value);
      change(draft, runId, { ...known, status: 'Completed', startedAt: draft.now, chosen });
      return;
    }
    case 'do_while':
      change(draft, runId, { ...known, status: 'Running' });
      spawn(draft, runId, 0, {});
      return;
    case 'parallel_for':
      if ('value' in work.items) {
        change(draft, runId, { ...known, status: 'Starting' });
        draft.transitions.push({ kind: 'expand', runId });
        return;
      }
      change(draft, runId, { ...known, status: 'Running' });
      for (const [index, item] of work.items.entries()) spawn(draft, runId, index, item);
      return;
    default:
      execute(draft, run, known);
      return;
  }
}

/** Only the word true, in any casing, is true (client source: a primitive with the value `True`). */
export function isTrue(value: RunValue): boolean {
  return textOfValue(value).trim().toLowerCase() === 'true';
}

/** Starts a run's execution, unless an equal run of this job has the result, or will have it (recorded). */
function execute(draft: Draft, run: TreeRun, known: Pick<RunState, 'inputs'>): void {
  const { runId, reuse } = run.plan;
  const key = reuse === undefined ? undefined : readyKeyOf(run.plan, known);
  const firstId = key === undefined ? undefined : (draft.equals.get(key) ?? draft.tree.equals.get(key));
  const equal = firstId === undefined || firstId === runId ? undefined : draft.get(firstId);
  const isOfUse = equal && (!isTerminal(equal.state.status) || outcomeOf(equal.state) === 'completed');
  // One that a server which went down has started is taken up, not forgotten for an equal one.
  const first = isOfUse && run.launched !== 'yes' ? equal : undefined;
  if (first && run.launched === 'unknown') {
    draft.transitions.push({ kind: 'look', runId });
    return;
  }
  if (first && isTerminal(first.state.status)) {
    takeOver(draft, runId, reuseOf(first, draft.tree.root), outputsOf(first), known);
    return;
  }
  if (first) {
    draft.followers.push({ first: first.plan.runId, runId });
    return;
  }
  if (key !== undefined && !isOfUse) draft.equals.set(key, runId);
  // A led run waits for no machine: a sweep is running as soon as it was asked for (recorded).
  change(draft, runId, { ...known, status: run.plan.work.kind === 'led' ? 'Running' : 'Starting' });
  draft.transitions.push({ kind: 'start', runId, ...(key === undefined ? {} : { key }) });
}

/** How a run is named by one that takes over its result. */
export function reuseOf(run: Pick<TreeRun, 'plan' | 'state'>, job: string): ReusedRun {
  const { runId, properties } = run.plan;
  return run.state.reused ?? { runId, job, nodeId: properties['azureml.nodeid'] ?? runId.slice(0, 8) };
}

/** Completes a run by another's result, in no time (recorded: it starts and ends at one moment). */
export function takeOver(
  draft: Draft,
  runId: string,
  reused: ReusedRun,
  outputs: Readonly<Record<string, RunValue>>,
  known: Pick<RunState, 'inputs'> = {},
): void {
  change(draft, runId, {
    ...known,
    status: 'Completed',
    startedAt: draft.now,
    endedAt: draft.now,
    reused,
    ...(Object.keys(outputs).length > 0 ? { outputs } : {}),
  });
}
