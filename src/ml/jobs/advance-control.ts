import type { RunError, RunValue } from '../types.ts';
import { change, childrenOf, type Draft, spawn } from './draft.ts';
import { iterationId } from './iterations.ts';
import { isWaiting, outcomeOf } from './job-status.ts';
import { isEnding, type TreeRun } from './job-tree.ts';
import type { ItemInputs } from './plan.ts';
import { outputOf } from './run-values.ts';
import { isTrue, requestCancel, tryStart } from './start-run.ts';

/** Moves a run that is made of others on: ends it with them, passes the wish to end on, starts what may start now. */
export function advanceControl(draft: Draft, run: TreeRun): void {
  const { work, runId } = run.plan;
  const { status } = run.state;
  if (!run.ending && isEnding(run)) {
    draft.changed.set(runId, { ...run, ending: true });
    for (const child of childrenOf(draft, runId)) if (!isYetToCome(draft, child)) requestCancel(draft, child);
  }
  // What these two wait for was asked for when they came to be so; after a restart it is asked for again.
  if (status === 'Starting' || status === 'Finalizing') {
    const kind = status === 'Starting' ? 'expand' : 'gather';
    const isNew = draft.tree.runs.get(runId)?.state.status !== status;
    if (draft.asksAgain && !isNew && !draft.transitions.some((asked) => asked.kind === kind && asked.runId === runId))
      draft.transitions.push({ kind, runId });
    return;
  }
  const now = draft.get(runId) as TreeRun;
  if (now.open > 0) {
    if (status !== 'CancelRequested' && status !== 'Running' && now.active > 0)
      change(draft, runId, { status: 'Running' });
    if (work.kind === 'parallel_for' && !now.ending) startMore(draft, now, work);
  } else if (status === 'CancelRequested') change(draft, runId, { status: 'Canceled' });
  else if (now.failed > 0) change(draft, runId, { status: 'Failed', error: errorOf(draft, runId) });
  else if (now.canceled > 0) change(draft, runId, { status: 'Canceled' });
  else if (work.kind === 'do_while') nextIteration(draft, now, work);
  else if (work.kind === 'parallel_for') gather(draft, runId);
  else change(draft, runId, { status: 'Completed', ...madeOutputs(draft, now) });
}

/** A node that comes after all others waits on when they are ended: only once it runs does the wish to end reach it. */
function isYetToCome(draft: Draft, runId: string): boolean {
  const { plan, state } = draft.get(runId) as TreeRun;
  return plan.atEnd === true && isWaiting(state.status);
}

function gather(draft: Draft, runId: string): void {
  change(draft, runId, { status: 'Finalizing' });
  draft.transitions.push({ kind: 'gather', runId });
}

type Loop<Kind> = Extract<TreeRun['plan']['work'], { readonly kind: Kind }>;

/** The body has completed: once more while its condition is true, at most as often as the limit says (documented). */
function nextIteration(draft: Draft, run: TreeRun, work: Loop<'do_while'>): void {
  const { runId } = run.plan;
  const last = draft.get(iterationId(runId, run.total - 1, work.body[0].runId));
  const value = work.condition === undefined ? undefined : outputOf(last, work.condition);
  const goesOn = work.condition === undefined || (value !== undefined && isTrue(value));
  if (!goesOn || run.total >= work.maxIterations) {
    gather(draft, runId);
    return;
  }
  const inputs: Record<string, ItemInputs[string]> = {};
  for (const [input, output] of Object.entries(work.mapping)) {
    const made = outputOf(last, output);
    if (made) inputs[input] = { value: made, mode: work.body[0].inputs[input]?.mode ?? 'ReadOnlyMount' };
  }
  spawn(draft, runId, run.total, inputs);
}

function startMore(draft: Draft, run: TreeRun, work: Loop<'parallel_for'>): void {
  const { runId } = run.plan;
  const most = work.maxConcurrency ?? Number.POSITIVE_INFINITY;
  const mayStart = () => {
    const now = draft.get(runId) as TreeRun;
    return now.open > now.active && now.active < most;
  };
  const startFrom = (first: number): number => {
    let index = first;
    for (; index < run.total && mayStart(); index += 1) {
      const child = draft.get(iterationId(runId, index, work.body[0].runId));
      if (child && isWaiting(child.state.status)) tryStart(draft, child);
    }
    return index;
  };
  // Iterations start in their order. One that waits still before the next in turn was held back for an equal one.
  const next = startFrom(run.next);
  if (run.next > 0 && next === run.total && mayStart()) startFrom(0);
  const now = draft.get(runId) as TreeRun;
  draft.changed.set(runId, { ...now, next: Math.max(now.next, next) });
}

/** The outputs of a pipeline that nodes of it made elsewhere than planned: values, and what was reused. */
function madeOutputs(draft: Draft, run: TreeRun): { outputs?: Readonly<Record<string, RunValue>> } {
  const outputs: Record<string, RunValue> = {};
  for (const [name, output] of Object.entries(run.plan.outputs)) {
    for (const source of output.sources ?? []) {
      const value = outputOf(draft.get(source.runId), source.output);
      if (value === undefined) continue;
      if (value.kind === 'literal' || value.uri !== output.uri || value.type !== output.type) outputs[name] = value;
      break;
    }
  }
  return Object.keys(outputs).length > 0 ? { outputs } : {};
}

/** A pipeline fails for its nodes: which ones, and the first one's own words. */
function errorOf(draft: Draft, runId: string): RunError {
  const nodes = childrenOf(draft, runId).map((child) => draft.get(child) as TreeRun);
  const failed = nodes.filter(({ state }) => outcomeOf(state) === 'failed');
  const first = failed.find(({ state }) => state.error !== undefined)?.state.error;
  const names = failed.map(({ plan }) => plan.nodeKey ?? plan.displayName).join(', ');
  return {
    code: first?.code ?? 'SystemError',
    message: `${failed.length} of ${nodes.length} nodes failed: ${names}. ${first?.message ?? ''}`.trimEnd(),
  };
}
