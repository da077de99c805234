import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Tracking, Workspace } from '../types.ts';
import { readyKeyOf } from './content-key.ts';
import { decide, type JobEvent } from './decide.ts';
import type { Transition } from './draft.ts';
import { createExecutions, type ExecutionDeps } from './executions.ts';
import type { JobChange, StoredRun } from './job-rows.ts';
import { isTerminal } from './job-status.ts';
import { applyStep, buildTree, isExecuted, type TreeRun } from './job-tree.ts';
import type { RunPlan, RunState } from './plan.ts';
import { hasNamedOutputs } from './register-outputs.ts';

/** How long a status that nothing depends on (a phase) may stay unwritten. */
const FLUSH_MS = 500;
/** How long after a write that failed it is tried again. */
const AGAIN_MS = 1000;

export type ActiveJobDeps = ExecutionDeps & {
  readonly clock: Clock;
  readonly log: Log;
  readonly tracking: Tracking;
  /** Keeps what changed of a job: all of it or nothing. */
  readonly commit: (workspace: Workspace, job: string, change: JobChange) => Promise<void>;
};

export type ActiveJob = {
  /** The runs as they are now, by id; parents before children. */
  readonly runs: ReadonlyMap<string, StoredRun>;
  /** The children of a run in the order of their definition. */
  children(runId: string): readonly StoredRun[];
  post(event: JobEvent): void;
  /** Resolves once every event posted so far is committed. Rejects while what they changed could not be written; that is tried again. */
  settled(): Promise<void>;
  /** Resolves once tracking knows the runs that the job began with, or could not take them. */
  readonly tracked: Promise<void>;
};

/**
 * A job that has not ended: takes events one after the other, commits what follows from them, and does it.
 *
 * Starting a run needs no commit before it: its launch id was committed with the job, so doing it again after a crash starts nothing twice.
 * Where a decision rests on what a second look might not find again (an earlier equal run, an iteration that was not planned yet, how all others of a
 * pipeline ended), it is committed before anything is done for it.
 * @param recovered whether the runs are those of a server that went down
 * @param ended called once, when every run has ended and that is committed
 */
export function runJob(
  deps: ActiveJobDeps,
  workspace: Workspace,
  name: string,
  stored: readonly StoredRun[],
  recovered: boolean,
  ended: () => Promise<void>,
): ActiveJob {
  const tree = buildTree(stored, recovered);
  let dirty = new Set<string>();
  let added: RunPlan[] = [];
  /** Content keys of the runs that this server started. */
  const keys = new Map<string, string>();
  let rows = stored.length;
  let open = stored.filter(({ state }) => !isTerminal(state.status)).length;
  let queue: JobEvent[] = [];
  /** What decisions ask for and is not begun yet; `writeFirst` while they must be on disk before it is. */
  let asked: Transition[] = [];
  let writeFirst = false;
  let working: Promise<void> | undefined;
  let flush: (() => void) | undefined;
  let experiment: Promise<string> | undefined;
  let tracked = new Set<string>();
  let writing: Promise<void> = Promise.resolve();
  let done = false;
  /** Why the last write failed, until one has not. */
  let unwritten: { readonly error: unknown } | undefined;
  const watchers = new Set<() => void>();

  /** Makes the runs that tracking does not know yet, all at once. */
  const experimentId = (runId: string): Promise<string> => {
    if (experiment !== undefined && tracked.has(runId)) return experiment;
    const missing = [...tree.runs.values()].filter(({ plan }) => !tracked.has(plan.runId));
    const before = tracked;
    tracked = new Set(tree.runs.keys());
    const made = deps.tracking
      .ensureRuns(missing.map(({ plan }) => trackedRunOf(workspace, plan, tree.root)))
      .then((answer) => answer.experimentId);
    experiment = experiment === undefined ? made : experiment.then(() => made);
    experiment.catch(() => {
      experiment = undefined;
      tracked = before;
    });
    return experiment;
  };

  const executions = createExecutions(deps, {
    workspace,
    job: name,
    tree,
    recovered,
    experimentId,
    post,
    settled,
    watch(listener) {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
  });

  /** Takes a decision into the tree. @returns whether something depends on it, so that it is to be written soon */
  function take(event: JobEvent): boolean {
    const step = decide(tree, event, deps.clock.now().toISOString());
    let changes = 0;
    for (const [runId, run] of step.changed) {
      const before = tree.runs.get(runId)?.state;
      if (before === run.state) continue;
      changes += 1;
      if (before === undefined) open += 1;
      else dirty.add(runId);
      if (isTerminal(run.state.status) && !(before && isTerminal(before.status))) open -= 1;
    }
    added.push(...step.added);
    applyStep(tree, step);
    for (const transition of step.transitions) {
      asked.push(transition);
      if (transition.kind !== 'start') continue;
      if (transition.key !== undefined) keys.set(transition.runId, transition.key);
      // What comes last rests on how all others ended: one that a failure had canceled could begin after a crash, where the failure is heard later.
      writeFirst ||= tree.runs.get(transition.runId)?.plan.atEnd ?? false;
    }
    writeFirst ||= step.added.length > 0 || event.kind === 'reused' || event.kind === 'requeued';
    return changes > 0 && event.kind !== 'phase' && event.kind !== 'noted';
  }

  /** Writes what changed, after the write that is under way: none overtakes another, and who waits for one has those before it, too. */
  const commit = () => {
    writing = writing.catch(() => {}).then(writeChanges);
    return writing;
  };
  const writeChanges = async () => {
    flush?.();
    flush = undefined;
    if (dirty.size === 0 && added.length === 0) return;
    const taken = { dirty, added };
    dirty = new Set();
    added = [];
    const states = new Map<string, RunState>();
    const reusable = new Map<string, string>();
    const isNew = new Set(taken.added.map((plan) => plan.runId));
    for (const runId of taken.dirty) {
      const { plan, state } = tree.runs.get(runId) as TreeRun;
      if (!isNew.has(runId)) states.set(runId, state);
      if (plan.reuse !== undefined && state.status === 'Completed' && !state.reused)
        reusable.set(keys.get(runId) ?? readyKeyOf(plan, state), runId);
    }
    const runs = taken.added.map((plan) => ({ plan, state: (tree.runs.get(plan.runId) as TreeRun).state }));
    const named = [...new Set([...taken.dirty, ...isNew])]
      .map((runId) => tree.runs.get(runId) as TreeRun)
      .filter(({ plan, state }) => state.status === 'Completed' && hasNamedOutputs(plan));
    try {
      await deps.commit(workspace, name, { states, added: runs, position: rows, reusable, named });
    } catch (error) {
      // Nothing of it was kept: all of it is still to be written.
      dirty = new Set([...taken.dirty, ...dirty]);
      added = [...taken.added, ...added];
      unwritten = { error };
      throw error;
    }
    unwritten = undefined;
    rows += runs.length;
    if (experiment !== undefined) tellTracking([...taken.dirty]);
  };

  const tellTracking = (runIds: readonly string[]) => {
    const statuses = runIds.map((runId) => {
      const { state } = tree.runs.get(runId) as TreeRun;
      return {
        workspaceId: workspace.id,
        runId,
        status: state.status,
        ...(state.startedAt === undefined ? {} : { startedAt: state.startedAt }),
        ...(state.endedAt === undefined ? {} : { endedAt: state.endedAt }),
      };
    });
    void experiment
      ?.then(() => deps.tracking.setStatuses(statuses))
      .catch((error) => deps.log.warn({ error, job: name }, 'tracking did not take the status of a run'));
  };

  const work = async () => {
    while (queue.length > 0) {
      const events = queue;
      queue = [];
      let durable = false;
      for (const event of events) durable = take(event) || durable;
      if (writeFirst) await commit();
      writeFirst = false;
      const begun = asked;
      asked = [];
      for (const transition of begun) executions.begin(transition);
      for (const listener of [...watchers]) listener();
      if (durable) await commit();
      else if (dirty.size > 0) flush ??= deps.clock.after(FLUSH_MS, later);
    }
    if (done || open > 0) return;
    // The end is told when all of it is on disk, what another write had under way too.
    await commit();
    if (unwritten || done) return;
    done = true;
    await ended();
  };

  const later = () => {
    flush = undefined;
    void commit().catch(notWritten);
  };
  const notWritten = (error: unknown) => {
    deps.log.error({ error, job: name }, 'what changed of a job could not be written: it is tried again');
    flush ??= deps.clock.after(AGAIN_MS, () => {
      flush = undefined;
      // An event of no consequence brings the queue, and with it the end of the job, back to work.
      void commit().then(() => post({ kind: 'advance' }), notWritten);
    });
  };

  function post(event: JobEvent): void {
    queue.push(event);
    working ??= Promise.resolve()
      .then(work)
      .catch(notWritten)
      .finally(() => {
        working = undefined;
        const next = queue.shift();
        if (next) post(next);
      });
  }

  async function settled(): Promise<void> {
    while (working !== undefined) await working;
    if (unwritten) throw unwritten.error;
  }

  // A job that waits for its turn is a run like any other. Whose process needs one that could not be made tries again.
  const known = experimentId(tree.root).then(
    () => {},
    (error) => deps.log.warn({ error, job: name }, 'tracking did not take the runs of a job'),
  );

  // After a restart: what had been started is taken up again, whether or not its processes are still there.
  for (const { plan, state } of stored) {
    if (!isExecuted(plan) || isTerminal(state.status) || state.status === 'NotStarted') continue;
    const isLed = plan.work.kind === 'led';
    if (isLed || state.status !== 'CancelRequested') executions.begin({ kind: 'start', runId: plan.runId });
    if (state.status === 'CancelRequested') executions.begin({ kind: 'stop', runId: plan.runId });
  }

  return {
    runs: tree.runs,
    children: (runId) => (tree.children.get(runId) ?? []).map((child) => tree.runs.get(child) as TreeRun),
    post,
    settled,
    tracked: known,
  };
}

function trackedRunOf(workspace: Workspace, plan: RunPlan, rootRunId: string) {
  return {
    workspace,
    runId: plan.runId,
    experimentName: plan.experimentName,
    displayName: plan.displayName,
    ...(plan.parent === undefined ? {} : { parentRunId: plan.parent }),
    rootRunId,
    tags: plan.tags,
    createdAt: plan.createdAt,
  };
}
