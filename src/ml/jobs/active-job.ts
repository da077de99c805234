import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Store } from '../../store/index.ts';
import type { MlTables } from '../tables.ts';
import type { RunError, Tracking, Workspace } from '../types.ts';
import { decide, isTerminal, type JobEvent, type Transition, type Tree, type TreeRun } from './decide.ts';
import { type CommandRun, type ExecuteDeps, executeCommand } from './execute.ts';
import { insertRuns, type StoredRun, updateStates } from './job-rows.ts';
import type { Led, LedOutcome } from './lead.ts';
import type { RunPlan, RunState } from './plan.ts';

/** How long a status that nothing depends on (a phase) may stay unwritten. */
const FLUSH_MS = 500;

export type ActiveJobDeps = {
  readonly store: Store<MlTables>;
  readonly clock: Clock;
  readonly log: Log;
  readonly execute: ExecuteDeps;
  readonly tracking: Tracking;
  /** Makes assets of a completed run's named outputs. */
  readonly register: (workspace: Workspace, plan: RunPlan) => Promise<void>;
  /** Leads a run of that job type to its end. */
  readonly lead: (jobType: string, run: Led) => Promise<LedOutcome | undefined>;
  readonly leave: AbortSignal;
};

export type ActiveJob = {
  /** The runs as they are now, by id; parents before children. */
  readonly runs: ReadonlyMap<string, StoredRun>;
  post(event: JobEvent): void;
  /** Resolves once every event posted so far is committed. */
  settled(): Promise<void>;
};

/**
 * A job that has not ended: takes events one after the other, commits what follows from them, and does it. Starting a command needs no
 * commit before it: its launch id was committed with the job, so doing it again after a crash starts nothing twice.
 */
export function runJob(
  deps: ActiveJobDeps,
  workspace: Workspace,
  name: string,
  stored: readonly StoredRun[],
  ended: () => Promise<void>,
): ActiveJob {
  let tree: Tree = new Map(stored.map(({ plan, state }) => [plan.runId, treeRunOf(plan, state)]));
  const runs = new Map(stored.map((run) => [run.plan.runId, run]));
  const rootId = stored[0]?.plan.runId as string;
  const cancellations = new Map<string, AbortController>();
  const dirty = new Set<string>();
  let queue: JobEvent[] = [];
  let working: Promise<void> | undefined;
  let flush: (() => void) | undefined;
  let experiment: Promise<string> | undefined;
  let done = false;
  const watchers = new Set<() => void>();

  // Made once for all runs of the job, and only when the first process is about to need it.
  const experimentId = () => {
    experiment ??= deps.tracking
      .ensureRuns([...runs.values()].map(({ plan }) => trackedRunOf(workspace, plan, rootId)))
      .then((answer) => answer.experimentId);
    experiment.catch(() => {
      experiment = undefined;
    });
    return experiment;
  };

  const start = (runId: string) => {
    const plan = runs.get(runId)?.plan;
    if (plan === undefined || plan.work.kind === 'pipeline') return;
    const controller = cancellations.get(runId) ?? new AbortController();
    cancellations.set(runId, controller);
    const execution =
      plan.work.kind === 'led'
        ? deps.lead(plan.work.jobType, ledRun(plan as Led['plan'], controller.signal))
        : executeCommand(deps.execute, commandRun(plan, controller.signal));
    execution
      .then(async (outcome: LedOutcome | undefined) => {
        if (outcome === undefined) return;
        if (outcome.properties) tell(runId, outcome.properties);
        if (outcome.status === 'Completed') await deps.register(workspace, plan);
        post({
          kind: 'ended',
          runId,
          status: outcome.status,
          ...(outcome.error === undefined ? {} : { error: outcome.error }),
        });
      })
      .catch((error) => {
        deps.log.error({ error, job: name, run: runId }, 'a run ended with an unexpected error');
        const message = `Something went wrong inside Millrace after '${plan.displayName}' ran. The server's log has the details.`;
        post({ kind: 'ended', runId, status: 'Failed', error: { code: 'SystemError', message } });
      });
  };

  function commandRun(plan: RunPlan, cancelled: AbortSignal): CommandRun {
    const { runId } = plan;
    return {
      workspace,
      plan: withoutFailedInputs(plan, tree) as CommandRun['plan'],
      rootRunId: rootId,
      experimentId,
      cancelled,
      leave: deps.leave,
      phase: (status) => post({ kind: 'phase', runId, status }),
      warn: (warnings) => {
        const current = runs.get(runId) as StoredRun;
        runs.set(runId, { ...current, state: { ...current.state, warnings } });
        dirty.add(runId);
      },
    };
  }

  function ledRun(plan: Led['plan'], cancelled: AbortSignal): Led {
    const { runId } = plan;
    return {
      workspace,
      plan: withoutFailedInputs(plan, tree) as Led['plan'],
      startedAt: runs.get(runId)?.state.startedAt ?? deps.clock.now().toISOString(),
      cancelled,
      leave: deps.leave,
      phase: (status) => post({ kind: 'phase', runId, status }),
      children: () => [...runs.values()].filter((run) => run.plan.parent === runId),
      watch(listener) {
        watchers.add(listener);
        return () => watchers.delete(listener);
      },
      async add(plans) {
        const added = plans
          .filter((one) => !runs.has(one.runId))
          .map((one): StoredRun => ({ plan: one, state: { status: 'NotStarted' } }));
        if (added.length === 0) return;
        await deps.store.write((writer) => insertRuns(writer, workspace.id, name, added, runs.size));
        for (const run of added) runs.set(run.plan.runId, run);
        await experimentId();
        await deps.tracking.ensureRuns(added.map((one) => trackedRunOf(workspace, one.plan, rootId)));
        post({ kind: 'added', runs: added.map((one) => treeRunOf(one.plan, one.state)) });
      },
      cancel: (child) => post({ kind: 'cancel', runId: child }),
      tell: (properties) => tell(runId, properties),
    };
  }

  function tell(runId: string, properties: Readonly<Record<string, string>>): void {
    const current = runs.get(runId) as StoredRun;
    runs.set(runId, {
      ...current,
      state: { ...current.state, properties: { ...current.state.properties, ...properties } },
    });
    dirty.add(runId);
  }

  const note = (transition: Transition) => {
    if (transition.kind !== 'status') return;
    const current = runs.get(transition.runId) as StoredRun;
    const now = deps.clock.now().toISOString();
    const error =
      transition.error ?? (transition.status === 'Failed' ? errorOfNodes(transition.runId, runs) : undefined);
    const began = transition.status === 'Running' && current.state.startedAt === undefined;
    const state: RunState = {
      ...current.state,
      status: transition.status,
      ...(began ? { startedAt: now } : {}),
      ...(isTerminal(transition.status) ? { endedAt: now } : {}),
      ...(error === undefined ? {} : { error }),
    };
    runs.set(transition.runId, { ...current, state });
    dirty.add(transition.runId);
  };

  const commit = async () => {
    flush?.();
    flush = undefined;
    if (dirty.size === 0) return;
    const changed = new Map([...dirty].map((runId) => [runId, (runs.get(runId) as StoredRun).state]));
    dirty.clear();
    await deps.store.write((writer) => updateStates(writer, workspace.id, changed));
    if (experiment === undefined) return;
    const statuses = [...changed].map(([runId, state]) => ({
      workspaceId: workspace.id,
      runId,
      status: state.status,
      ...(state.startedAt === undefined ? {} : { startedAt: state.startedAt }),
      ...(state.endedAt === undefined ? {} : { endedAt: state.endedAt }),
    }));
    void experiment
      .then(() => deps.tracking.setStatuses(statuses))
      .catch((error) => deps.log.warn({ error, job: name }, 'tracking did not take the status of a run'));
  };

  const work = async () => {
    while (queue.length > 0) {
      const events = queue;
      queue = [];
      let durable = false;
      for (const event of events) {
        const step = decide(tree, event);
        tree = step.tree;
        for (const transition of step.transitions) {
          note(transition);
          if (transition.kind === 'start') start(transition.runId);
        }
        for (const transition of step.transitions)
          if (transition.kind === 'stop')
            cancellations.get(transition.runId)?.abort(new Error('The run was cancelled.'));
        durable ||= event.kind !== 'phase' && step.transitions.length > 0;
      }
      for (const listener of [...watchers]) listener();
      if (durable) await commit();
      else if (dirty.size > 0)
        flush ??= deps.clock.after(
          FLUSH_MS,
          () => void commit().catch((error) => deps.log.error({ error }, 'statuses could not be written')),
        );
    }
    if (!done && isTerminal(tree.get(rootId)?.status ?? 'NotStarted')) {
      done = true;
      await ended();
    }
  };

  const post = (event: JobEvent) => {
    queue.push(event);
    working ??= Promise.resolve()
      .then(work)
      .catch((error) => deps.log.error({ error, job: name }, 'a job could not be moved on'))
      .finally(() => {
        working = undefined;
        if (queue.length > 0) post(queue.shift() as JobEvent);
      });
  };

  // After a restart: what had been started is taken up again, whether or not its processes are still there.
  for (const { plan, state } of stored) {
    if (plan.work.kind === 'pipeline' || isTerminal(state.status) || state.status === 'NotStarted') continue;
    if (state.status === 'CancelRequested') {
      const controller = new AbortController();
      controller.abort(new Error('The run was cancelled.'));
      cancellations.set(plan.runId, controller);
    }
    start(plan.runId);
  }

  return {
    runs,
    post,
    async settled() {
      while (working !== undefined) await working;
    },
  };
}

function treeRunOf(plan: RunPlan, state: RunState): TreeRun {
  return {
    runId: plan.runId,
    ...(plan.parent === undefined ? {} : { parent: plan.parent }),
    kind: plan.work.kind,
    needs: plan.needs,
    ...(plan.work.kind === 'pipeline' ? { continueOnStepFailure: plan.work.continueOnStepFailure } : {}),
    status: state.status,
  };
}

/** An optional input whose producer failed has no value. */
function withoutFailedInputs(plan: RunPlan, tree: Tree): RunPlan {
  const gone = plan.needs
    .filter((need) => tree.get(need.runId)?.status !== 'Completed')
    .map((need) => need.optionalInput);
  if (gone.length === 0) return plan;
  return { ...plan, inputs: Object.fromEntries(Object.entries(plan.inputs).filter(([name]) => !gone.includes(name))) };
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

/** A pipeline fails for its nodes: which ones, and the first one's own words. */
function errorOfNodes(pipelineId: string, runs: ReadonlyMap<string, StoredRun>): RunError | undefined {
  const nodes = [...runs.values()].filter(({ plan }) => plan.parent === pipelineId);
  const failed = nodes.filter(({ state }) => state.error !== undefined);
  const first = failed[0];
  if (!first?.state.error) return undefined;
  const names = failed.map(({ plan }) => plan.nodeKey ?? plan.displayName).join(', ');
  return {
    code: first.state.error.code,
    message: `${failed.length} of ${nodes.length} nodes failed: ${names}. ${first.state.error.message}`,
  };
}
