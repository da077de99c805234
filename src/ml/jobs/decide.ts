import type { RunError, RunValue } from '../types.ts';
import { advanceControl } from './advance-control.ts';
import { add, change, childrenOf, type Draft, openDraft, spawn, type Transition } from './draft.ts';
import { isTerminal, isWaiting } from './job-status.ts';
import { isEnding, isExecuted, type JobTree, type TreeRun, type TreeStep } from './job-tree.ts';
import type { ItemInputs, ReusedRun, RunPlan, RunState } from './plan.ts';
import { requestCancel, takeOver, tryStart } from './start-run.ts';

export type JobEvent =
  /** The job was accepted, or the server is back: look what can start. */
  | { readonly kind: 'advance' }
  /** A run that is executed says how far it is. */
  | {
      readonly kind: 'phase';
      readonly runId: string;
      readonly status: 'Preparing' | 'Queued' | 'Running' | 'Finalizing';
    }
  /** What became known of a run besides its status. */
  | {
      readonly kind: 'noted';
      readonly runId: string;
      readonly warnings?: readonly string[];
      readonly properties?: Readonly<Record<string, string>>;
    }
  /** Runs come below a led run. One that is there already stays as it is. */
  | { readonly kind: 'added'; readonly runId: string; readonly runs: readonly RunPlan[] }
  | {
      readonly kind: 'ended';
      readonly runId: string;
      readonly status: 'Completed' | 'Failed' | 'Canceled';
      readonly error?: RunError;
      /** Outputs that only the execution could tell: values that were written, what a loop gathered. */
      readonly outputs?: Readonly<Record<string, RunValue>>;
    }
  /** An earlier equal run was found for one that was to start. */
  | {
      readonly kind: 'reused';
      readonly runId: string;
      readonly reused: ReusedRun;
      readonly outputs: Readonly<Record<string, RunValue>>;
    }
  /** It is known whether a server that went down launched a run of which nothing else is known. */
  | { readonly kind: 'looked'; readonly runId: string; readonly launched: boolean }
  /** The items of a parallel_for are known. */
  | { readonly kind: 'expanded'; readonly runId: string; readonly items: readonly ItemInputs[] }
  /** The machine under a run was taken away: it goes back into the queue. `times`: how often that had happened before. */
  | { readonly kind: 'requeued'; readonly runId: string; readonly times: number }
  | { readonly kind: 'cancel'; readonly runId: string };

export type Step = TreeStep & { readonly transitions: readonly Transition[] };

/**
 * What follows from an event. Pure: the same tree, event and time give the same answer. An event about a run that has ended, or that says
 * what is known, changes nothing, so a repeated or late one does no harm. Only what the event touches is looked at, not the whole job.
 * @param now ISO-8601
 */
export function decide(tree: JobTree, event: JobEvent, now: string): Step {
  const draft = openDraft(tree, now, event.kind === 'advance');
  take(draft, event);
  // The list grows while it is read: what a change touches is looked at after it.
  for (let index = 0; index < draft.agenda.length; index += 1) {
    const run = draft.get(draft.agenda[index] as string);
    if (!run) continue;
    if (isWaiting(run.state.status)) tryStart(draft, run);
    else if (isTerminal(run.state.status) || run.plan.work.kind === 'led') endBelow(draft, run);
    else if (!isExecuted(run.plan)) advanceControl(draft, run);
  }
  return draft;
}

function take(draft: Draft, event: JobEvent): void {
  if (event.kind === 'advance') {
    for (const runId of draft.tree.runs.keys()) draft.agenda.push(runId);
    return;
  }
  const { runId } = event;
  const state = draft.get(runId)?.state;
  if (!state) return;
  if (event.kind === 'added') {
    for (const plan of event.runs) if (!draft.get(plan.runId)) add(draft, plan);
    return;
  }
  if (event.kind === 'noted') {
    change(draft, runId, notesOf(event, state));
    return;
  }
  if (isTerminal(state.status)) return;
  if (event.kind === 'looked') {
    draft.changed.set(runId, { ...(draft.get(runId) as TreeRun), launched: event.launched ? 'yes' : 'no' });
    draft.agenda.push(runId);
    return;
  }
  if (event.kind === 'cancel') {
    requestCancel(draft, runId);
    return;
  }
  if (state.status === 'CancelRequested') {
    // Whoever asked for the end gets it, even when the command came to an end of its own in the same moment.
    if (event.kind !== 'phase') change(draft, runId, { status: 'Canceled' });
    return;
  }
  switch (event.kind) {
    case 'phase':
      if (state.status !== event.status) change(draft, runId, { status: event.status });
      return;
    case 'ended': {
      const { status, error, outputs = {} } = event;
      const made = Object.keys(outputs).length > 0 ? { outputs } : {};
      change(draft, runId, { status, ...(error ? { error } : {}), ...made });
      return;
    }
    case 'reused':
      takeOver(draft, runId, event.reused, event.outputs);
      return;
    case 'expanded':
      if (state.status !== 'Starting') return;
      change(draft, runId, { status: 'Running' });
      for (const [index, item] of event.items.entries()) spawn(draft, runId, index, item);
      return;
    case 'requeued':
      if ((state.requeued ?? 0) !== event.times) return;
      change(draft, runId, { status: 'Queued', requeued: event.times + 1 });
      draft.transitions.push({ kind: 'start', runId });
  }
}

function notesOf(event: Extract<JobEvent, { readonly kind: 'noted' }>, state: RunState): Partial<RunState> {
  return {
    ...(event.warnings ? { warnings: event.warnings } : {}),
    ...(event.properties ? { properties: { ...state.properties, ...event.properties } } : {}),
  };
}

/**
 * What is below a run ends with it: what never started below a pipeline that was canceled or skipped, and whatever a led run has left; how
 * much that is while it runs is the leader's affair.
 */
function endBelow(draft: Draft, run: TreeRun): void {
  if (run.ending || run.open === 0 || !(isTerminal(run.state.status) || isEnding(run))) return;
  draft.changed.set(run.plan.runId, { ...run, ending: true });
  for (const child of childrenOf(draft, run.plan.runId))
    if (run.state.skipped) change(draft, child, { status: 'Canceled', skipped: true });
    else requestCancel(draft, child);
}
