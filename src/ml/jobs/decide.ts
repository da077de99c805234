import type { JobStatus, RunError } from '../types.ts';
import type { Need } from './plan.ts';

/** A run as the decision sees it. */
export type TreeRun = {
  readonly runId: string;
  readonly parent?: string;
  /** A led run starts and stops as a command does; those below it start when they are added. */
  readonly kind: 'command' | 'pipeline' | 'led';
  readonly needs: readonly Need[];
  /** Pipelines: whether independent nodes go on after a failure. */
  readonly continueOnStepFailure?: boolean;
  readonly status: JobStatus;
};

/** Runs by id, parents before children; of a led run, those below it that were added so far. */
export type Tree = ReadonlyMap<string, TreeRun>;

export type JobEvent =
  /** The job was accepted, or the server is back: look what can start. */
  | { readonly kind: 'advance' }
  /** Runs were added below a led run, and are committed. */
  | { readonly kind: 'added'; readonly runs: readonly TreeRun[] }
  /** A command run says how far it is. */
  | {
      readonly kind: 'phase';
      readonly runId: string;
      readonly status: 'Preparing' | 'Queued' | 'Running' | 'Finalizing';
    }
  | {
      readonly kind: 'ended';
      readonly runId: string;
      readonly status: 'Completed' | 'Failed' | 'Canceled';
      readonly error?: RunError;
    }
  | { readonly kind: 'cancel'; readonly runId: string };

export type Transition =
  | { readonly kind: 'status'; readonly runId: string; readonly status: JobStatus; readonly error?: RunError }
  /** The command of this run is to be executed. */
  | { readonly kind: 'start'; readonly runId: string }
  /** The command of this run is to be ended. */
  | { readonly kind: 'stop'; readonly runId: string };

const TERMINAL: ReadonlySet<JobStatus> = new Set(['Completed', 'Failed', 'Canceled', 'NotResponding']);

export function isTerminal(status: JobStatus): boolean {
  return TERMINAL.has(status);
}

const isWaiting = (status: JobStatus) => status === 'NotStarted';

/**
 * What follows from an event. Pure: the same tree and event give the same answer. An event about a run that has ended, or that says
 * what is known, changes nothing, so a repeated or late one does no harm.
 */
export function decide(tree: Tree, event: JobEvent): { tree: Tree; transitions: readonly Transition[] } {
  const runs = new Map(tree);
  const transitions: Transition[] = [];
  const set = (run: TreeRun, status: JobStatus, error?: RunError) => {
    runs.set(run.runId, { ...run, status });
    transitions.push({ kind: 'status', runId: run.runId, status, ...(error === undefined ? {} : { error }) });
  };
  const requestCancel = (run: TreeRun) => {
    if (isTerminal(run.status) || run.status === 'CancelRequested') return;
    if (isWaiting(run.status)) return set(run, 'Canceled');
    set(run, 'CancelRequested');
    if (run.kind !== 'pipeline') transitions.push({ kind: 'stop', runId: run.runId });
  };
  if (event.kind === 'added') for (const run of event.runs) if (!runs.has(run.runId)) runs.set(run.runId, run);

  const subject = 'runId' in event ? runs.get(event.runId) : undefined;
  if (event.kind === 'cancel' && subject) requestCancel(subject);
  if (event.kind === 'phase' && subject && !isTerminal(subject.status) && subject.status !== 'CancelRequested') {
    if (subject.status !== event.status) set(subject, event.status);
  }
  if (event.kind === 'ended' && subject && !isTerminal(subject.status)) {
    // Whoever asked for the end gets it, even when the command came to an end of its own in the same moment.
    if (subject.status === 'CancelRequested') set(subject, 'Canceled');
    else set(subject, event.status, event.error);
  }

  const root = runs.values().next().value as TreeRun;
  if (root.kind !== 'pipeline' && isWaiting(root.status)) {
    set(root, 'Starting');
    transitions.push({ kind: 'start', runId: root.runId });
  }
  for (let changed = true; changed; ) {
    const before = transitions.length;
    for (const run of [...runs.values()]) {
      if (run.kind === 'pipeline') advancePipeline(run, runs, set, requestCancel, transitions);
      if (run.kind === 'led') advanceLed(run, runs, set, requestCancel, transitions);
    }
    changed = transitions.length > before;
  }
  return { tree: runs, transitions };
}

function advancePipeline(
  pipeline: TreeRun,
  runs: ReadonlyMap<string, TreeRun>,
  set: (run: TreeRun, status: JobStatus) => void,
  requestCancel: (run: TreeRun) => void,
  transitions: Transition[],
): void {
  if (isTerminal(pipeline.status) || (isWaiting(pipeline.status) && pipeline.parent !== undefined)) return;
  const children = () => [...runs.values()].filter((run) => run.parent === pipeline.runId);
  const failed = () => children().some((child) => child.status === 'Failed' || child.status === 'NotResponding');
  const canceling = pipeline.status === 'CancelRequested';
  const ending = canceling || (failed() && pipeline.continueOnStepFailure === false);

  for (const child of children()) {
    if (ending) requestCancel(child);
    else if (isWaiting(child.status)) {
      const readiness = readinessOf(child, runs);
      if (readiness === 'never') set(child, 'Canceled');
      if (readiness === 'ready') {
        if (child.kind !== 'pipeline') {
          set(child, 'Starting');
          transitions.push({ kind: 'start', runId: child.runId });
        } else set(child, 'Running');
      }
    }
  }
  const now = children();
  if (now.every((child) => isTerminal(child.status))) {
    if (canceling) set(pipeline, 'Canceled');
    else if (failed()) set(pipeline, 'Failed');
    else set(pipeline, now.some((child) => child.status === 'Canceled') ? 'Canceled' : 'Completed');
  } else if (!canceling && pipeline.status !== 'Running' && now.some((child) => !isWaiting(child.status)))
    set(pipeline, 'Running');
}

/** What is below a led run starts at once, and ends with it: how many there are is the leader's affair. */
function advanceLed(
  led: TreeRun,
  runs: ReadonlyMap<string, TreeRun>,
  set: (run: TreeRun, status: JobStatus) => void,
  requestCancel: (run: TreeRun) => void,
  transitions: Transition[],
): void {
  const ending = isTerminal(led.status) || led.status === 'CancelRequested';
  for (const child of [...runs.values()].filter((run) => run.parent === led.runId)) {
    if (ending) requestCancel(child);
    else if (isWaiting(child.status)) {
      set(child, child.kind === 'pipeline' ? 'Running' : 'Starting');
      if (child.kind !== 'pipeline') transitions.push({ kind: 'start', runId: child.runId });
    }
  }
}

function readinessOf(run: TreeRun, runs: ReadonlyMap<string, TreeRun>): 'ready' | 'later' | 'never' {
  let later = false;
  for (const need of run.needs) {
    const status = runs.get(need.runId)?.status ?? 'Canceled';
    if (status === 'Completed') continue;
    if (!isTerminal(status)) later = true;
    // The producer of an optional input failed: the node runs without it (recorded default). A cancelled one takes its readers along.
    else if (need.optionalInput === undefined || status === 'Canceled') return 'never';
  }
  return later ? 'later' : 'ready';
}
