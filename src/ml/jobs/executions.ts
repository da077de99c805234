import { messageOf } from '../../kernel/errors.ts';
import { guidOf } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import type { RunValue, Workspace } from '../types.ts';
import type { CommandRun, Outcome } from './command-run.ts';
import type { JobEvent } from './decide.ts';
import type { Transition } from './draft.ts';
import type { StoredRun } from './job-rows.ts';
import type { JobTree, TreeRun } from './job-tree.ts';
import type { Led, LedOutcome } from './lead.ts';
import type { ItemInputs, RunPlan } from './plan.ts';
import { textOfValue } from './read-values.ts';
import { inputsOf, outputsOf, resolveInput } from './run-values.ts';
import { reuseOf } from './start-run.ts';

export type ExecutionDeps = {
  readonly log: Log;
  readonly clock: { now(): Date };
  /** Executes a command run to its end; may be called again after a restart. */
  readonly execute: (run: CommandRun) => Promise<Outcome | undefined>;
  /** Whether a launch with the run's id was ever started. */
  readonly wasLaunched: (plan: RunPlan) => Promise<boolean>;
  /** Leads a run of that job type to its end. */
  readonly lead: (jobType: string, run: Led) => Promise<LedOutcome | undefined>;
  /** Makes assets of a completed run's named outputs, unless they are made; who sees the run's end is to find them. */
  readonly register: (
    workspace: Workspace,
    plan: RunPlan,
    outputs: Readonly<Record<string, RunValue>>,
  ) => Promise<void>;
  /** A completed run of the workspace under a content key. */
  readonly findReusable: (workspace: Workspace, key: string) => Promise<(StoredRun & { job: string }) | undefined>;
  /** Reads the JSON text of a parallel_for's items for its body. @throws invalid */
  readonly readItems: (workspace: Workspace, text: string, body: RunPlan) => Promise<readonly ItemInputs[]>;
  /** Brings the outputs of a loop's iterations together. */
  readonly gather: (
    workspace: Workspace,
    loop: RunPlan,
    iterations: readonly StoredRun[],
  ) => Promise<Readonly<Record<string, RunValue>>>;
  /** The place of data that is named in some form. */
  readonly resolve: (workspace: Workspace, uri: string) => Promise<string>;
  /** Aborted when the server stops. */
  readonly leave: AbortSignal;
};

export type ExecutionScene = {
  readonly workspace: Workspace;
  readonly job: string;
  readonly tree: JobTree;
  readonly recovered: boolean;
  readonly experimentId: (runId: string) => Promise<string>;
  readonly post: (event: JobEvent) => void;
  readonly settled: () => Promise<void>;
  readonly watch: (listener: () => void) => () => void;
};

/** What the decisions on a job ask for, done: each of it ends in an event. */
export function createExecutions(deps: ExecutionDeps, scene: ExecutionScene): { begin(transition: Transition): void } {
  const { workspace, tree, post } = scene;
  const cancellations = new Map<string, AbortController>();
  const looks = new Set<string>();
  const runOf = (runId: string) => tree.runs.get(runId) as TreeRun;
  const cancellation = (runId: string) => {
    const known = cancellations.get(runId) ?? new AbortController();
    cancellations.set(runId, known);
    return known;
  };

  /** The run's plan with the values that it is executed with. */
  const planOf = async (runId: string): Promise<RunPlan> => {
    const run = runOf(runId);
    const inputs: Record<string, RunPlan['inputs'][string]> = {};
    for (const [name, input] of Object.entries(inputsOf(run))) {
      if (isGone(run.plan, name)) continue;
      const { value } = input;
      // A text that came by a reference names data in whatever form its writer chose.
      const isPlaced =
        value.kind === 'literal' || input.from === undefined || value.uri.startsWith('azureml://subscriptions/');
      inputs[name] = isPlaced
        ? input
        : { ...input, value: { ...value, uri: await deps.resolve(workspace, value.uri) } };
    }
    const { requeued } = run.state;
    const launchId = requeued === undefined ? run.plan.launchId : guidOf(`${run.plan.launchId}/${requeued}`);
    return { ...run.plan, launchId, inputs };
  };
  /** An optional input whose producer failed has no value. */
  const isGone = (plan: RunPlan, name: string) =>
    plan.needs.some((need) => need.optionalInput === name && tree.runs.get(need.runId)?.state.status !== 'Completed');

  const started = async (
    runId: string,
    key: string | undefined,
    cancelled: AbortSignal,
  ): Promise<JobEvent | undefined> => {
    const times = runOf(runId).state.requeued ?? 0;
    const plan = await planOf(runId);
    // After a restart a launch may be under way that nothing was written of: it is not forgotten for an equal run that ended since.
    if (key !== undefined && !(scene.recovered && (await deps.wasLaunched(plan)))) {
      const found = await deps.findReusable(workspace, key);
      // Its assets are made with the decision: after a restart another equal one may be found.
      if (found) return { kind: 'reused', runId, reused: reuseOf(found, found.job), outputs: outputsOf(found) };
    }
    const outcome: LedOutcome | Outcome | undefined =
      plan.work.kind === 'led'
        ? await deps.lead(plan.work.jobType, ledRun(plan as Led['plan'], cancelled))
        : await deps.execute(commandRun(plan as CommandRun['plan'], cancelled));
    if (outcome === undefined) return undefined;
    if (outcome.status === 'Requeued') return { kind: 'requeued', runId, times };
    if ('properties' in outcome && outcome.properties) post({ kind: 'noted', runId, properties: outcome.properties });
    const { status, error, outputs } = outcome;
    if (status === 'Completed') await deps.register(workspace, plan, outputs ?? {});
    return { kind: 'ended', runId, status, ...(error ? { error } : {}), ...(outputs ? { outputs } : {}) };
  };

  const expanded = async (runId: string): Promise<JobEvent | undefined> => {
    const { work } = runOf(runId).plan;
    if (work.kind !== 'parallel_for' || !('value' in work.items)) return undefined;
    const value = resolveInput(tree.runs, work.items);
    const items = await deps.readItems(workspace, value === undefined ? '' : textOfValue(value), work.body[0]);
    return { kind: 'expanded', runId, items };
  };

  const gathered = async (runId: string): Promise<JobEvent> => {
    const { plan } = runOf(runId);
    const iterations = (tree.children.get(runId) ?? []).map(runOf);
    const outputs = await deps.gather(workspace, plan, iterations);
    await deps.register(workspace, plan, outputs);
    return { kind: 'ended', runId, status: 'Completed', outputs };
  };

  const report = (runId: string, event: Promise<JobEvent | undefined>) => {
    event
      .then((happened) => {
        if (happened) post(happened);
      })
      .catch((error) => {
        const { displayName } = runOf(runId).plan;
        const isTheirs = isUserFault(error);
        if (!isTheirs) deps.log.error({ error, job: scene.job, run: runId }, 'a run ended with an unexpected error');
        const message = isTheirs
          ? `'${displayName}' could not be run: ${messageOf(error)}`
          : `Something went wrong inside Millrace after '${displayName}' ran. The server's log has the details.`;
        post({
          kind: 'ended',
          runId,
          status: 'Failed',
          error: { code: isTheirs ? 'UserError' : 'SystemError', message },
        });
      });
  };

  const commandRun = (plan: CommandRun['plan'], cancelled: AbortSignal): CommandRun => ({
    workspace,
    plan,
    rootRunId: tree.root,
    experimentId: () => scene.experimentId(plan.runId),
    cancelled,
    leave: deps.leave,
    phase: (status) => post({ kind: 'phase', runId: plan.runId, status }),
    warn: (warnings) => post({ kind: 'noted', runId: plan.runId, warnings }),
  });

  const ledRun = (plan: Led['plan'], cancelled: AbortSignal): Led => ({
    workspace,
    plan,
    startedAt: runOf(plan.runId).state.startedAt ?? deps.clock.now().toISOString(),
    cancelled,
    leave: deps.leave,
    children: () => (tree.children.get(plan.runId) ?? []).map(runOf),
    watch: scene.watch,
    async add(runs) {
      if (runs.every((one) => tree.runs.has(one.runId))) return;
      post({ kind: 'added', runId: plan.runId, runs });
      await scene.settled();
    },
    cancel: (child) => post({ kind: 'cancel', runId: child }),
    tell: (properties) => post({ kind: 'noted', runId: plan.runId, properties }),
  });

  /** Ends what an earlier server may have started, and not come to write that it had. */
  const endForgotten = async (runId: string): Promise<JobEvent | undefined> => {
    const plan = await planOf(runId);
    if (plan.work.kind === 'command' && (await deps.wasLaunched(plan))) {
      const outcome = await deps.execute(commandRun(plan as CommandRun['plan'], cancellation(runId).signal));
      if (outcome === undefined) return undefined;
    }
    return { kind: 'ended', runId, status: 'Canceled' };
  };

  const looked = async (runId: string): Promise<JobEvent> => ({
    kind: 'looked',
    runId,
    launched: await deps.wasLaunched(runOf(runId).plan),
  });

  return {
    begin({ kind, runId, ...more }) {
      switch (kind) {
        case 'start':
          report(runId, started(runId, 'key' in more ? more.key : undefined, cancellation(runId).signal));
          return;
        case 'stop': {
          const isUnderWay = cancellations.has(runId);
          cancellation(runId).abort(new Error('The run was cancelled.'));
          if (!isUnderWay) report(runId, endForgotten(runId));
          return;
        }
        case 'look':
          // One that waits for an equal one is come upon more than once.
          if (!looks.has(runId)) report(runId, looked(runId));
          looks.add(runId);
          return;
        case 'expand':
          report(runId, expanded(runId));
          return;
        case 'gather':
          report(runId, gathered(runId));
      }
    },
  };
}

function isUserFault(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return code === 'invalid' || code === 'not-found' || code === 'limit';
}
