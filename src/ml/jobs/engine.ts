import { conflict, DomainError, invalid, notFound } from '../../kernel/errors.ts';
import type { EventBus, Store } from '../../store/index.ts';
import type { MlTables } from '../tables.ts';
import type { Workspace, WorkspaceReader } from '../types.ts';
import { fieldOf, type Json, objectField, textField } from '../wire-fields.ts';
import { type ActiveJob, type ActiveJobDeps, runJob } from './active-job.ts';
import { checkEnvironments } from './environment-reference.ts';
import { gatherLoop } from './gather-loop.ts';
import {
  deleteRuns,
  insertJob,
  type JobDocument,
  readChildren,
  readJob,
  readOpenJobs,
  readReusable,
  readRun,
  readRuns,
  type StoredRun,
  writeChange,
} from './job-rows.ts';
import { isTerminal } from './job-status.ts';
import type { JobType, PlanDeps } from './job-type.ts';
import type { LeadDeps } from './lead.ts';
import { readLoopItems } from './loop-items.ts';
import type { RunState } from './plan.ts';
import { forgetOutputs, hasNamedOutputs, registerOutputs } from './register-outputs.ts';
import { createReusableFinder } from './reusable-finder.ts';
import type { Webhooks } from './webhooks.ts';

export type SubmitRequest = {
  readonly workspace: Workspace;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly apiVersion: string;
  readonly createdBy: string;
  /** Asked for each compute that the job, one of its nodes or a component in it names. */
  readonly compute: PlanDeps['compute'];
  /** The pipeline job whose step submits it. */
  readonly caller?: string;
};

/** The topic on which a change of a job is told: `ml/jobs/{workspace id}/{name}`. */
export function jobTopic(workspaceId: string, name: string): string {
  return `ml/jobs/${workspaceId}/${name}`;
}

export type JobEngine = {
  /** Takes a job: planned, committed, then begun. @throws conflict when a job has the name */
  submit(request: SubmitRequest): Promise<void>;
  job(workspace: Workspace, name: string): Promise<JobDocument | undefined>;
  /** A job's own run, or a node's, as it is now. */
  run(workspace: Workspace, runId: string): Promise<(StoredRun & { job: string }) | undefined>;
  children(workspace: Workspace, runId: string): Promise<readonly StoredRun[]>;
  /** Asks a job, or one node, to end. @throws invalid (CancelPipelineRunInTerminalStatus) when it has ended */
  cancel(workspace: Workspace, runId: string): Promise<void>;
  /**
   * Asks every job that has not ended and that a step of a pipeline submitted to end, where `isOver` says so of the step's job.
   * @param isOver asked once for each calling job
   */
  cancelSubmitted(isOver: (caller: string) => Promise<boolean>): Promise<void>;
  /** Removes the rows of a job that has ended. @throws conflict while it runs */
  remove(workspace: Workspace, name: string): Promise<void>;
  /** Keeps what a client may change of a job. */
  updateDocument(workspace: Workspace, name: string, document: JobDocument): Promise<void>;
  /** Sets webhooks; on a job that has ended they are called at once. */
  setWebhooks(workspace: Workspace, name: string, webhooks: Readonly<Record<string, unknown>>): Promise<void>;
  /** Resolves when no job that was asked to end is still ending, or after `milliseconds`. */
  canceled(milliseconds: number): Promise<void>;
  /** Takes up what was running when the server went down, and calls what is owed. */
  start(): Promise<void>;
  /** Waits until what is decided is committed; launches go on without the server. */
  stop(): Promise<void>;
};

export type JobEngineDeps = Omit<ActiveJobDeps, Own> & {
  readonly store: Store<MlTables>;
  readonly leading: LeadDeps;
  readonly events: EventBus;
  readonly workspaces: WorkspaceReader;
  readonly jobTypes: readonly JobType[];
  readonly plan: Omit<PlanDeps, 'compute' | 'jobTypes'>;
  readonly webhooks: Webhooks;
};

type Own = 'register' | 'leave' | 'lead' | 'commit' | 'findReusable' | 'readItems' | 'gather' | 'resolve';

export function createJobEngine(deps: JobEngineDeps): JobEngine {
  const store: Store<MlTables> = deps.store;
  const leaving = new AbortController();
  const active = new Map<string, ActiveJob>();
  const keyOf = (workspaceId: string, name: string) => `${workspaceId}/${name}`;

  const lead: ActiveJobDeps['lead'] = async (jobType, run) => {
    const type = deps.jobTypes.find((one) => one.jobType === jobType);
    if (type?.lead) return type.lead(deps.leading, run);
    const message = `'${run.plan.displayName}' is of the type ${jobType}, which this server does not lead. Start the version of Millrace that took the job.`;
    return { status: 'Failed', error: { code: 'SystemError', message } };
  };

  const { data } = deps.plan;
  const findReusable = createReusableFinder((workspaceId, keys) => readReusable(store, workspaceId, keys));
  const activeDeps: ActiveJobDeps = {
    ...deps,
    lead,
    leave: leaving.signal,
    register: async (workspace, plan, outputs) => {
      if (!hasNamedOutputs(plan)) return;
      await store.write((writer) =>
        registerOutputs(writer, workspace.id, { plan, state: { outputs } }, deps.clock.now()),
      );
    },
    commit: (workspace, job, change) =>
      store.write((writer) => writeChange(writer, workspace.id, job, change, deps.clock.now())),
    findReusable: (workspace, key) => findReusable(workspace.id, key),
    readItems: (workspace, text, body) => readLoopItems(data, workspace, text, body),
    gather: (workspace, loop, iterations) => gatherLoop(data, workspace, loop, iterations),
    resolve: async (workspace, uri) => (await data.resolve(workspace, uri)).uri,
  };

  const finish = async (workspace: Workspace, name: string) => {
    const job = active.get(keyOf(workspace.id, name));
    const status = job?.runs.get(name)?.state.status ?? 'Failed';
    // Webhooks before the mark: a crash between the two calls them again, never not at all.
    await deps.webhooks.fire(workspace.id, name, status);
    await store.write((writer) =>
      writer
        .updateTable('ml_jobs')
        .set({ ended: 1 })
        .where('workspace_id', '=', workspace.id)
        .where('name', '=', name)
        .execute(),
    );
    active.delete(keyOf(workspace.id, name));
    deps.events.publish(jobTopic(workspace.id, name));
  };

  /** A job is taken up once, whether a request or the start of the server was first. */
  const activate = (workspace: Workspace, name: string, runs: readonly StoredRun[], recovered: boolean) => {
    if (active.has(keyOf(workspace.id, name))) return;
    const job = runJob(activeDeps, workspace, name, runs, recovered, () => finish(workspace, name));
    active.set(keyOf(workspace.id, name), job);
    job.post({ kind: 'advance' });
  };

  const activeRun = (workspaceId: string, runId: string) => {
    const own = active.get(keyOf(workspaceId, runId));
    if (own) return { name: runId, job: own };
    for (const [key, job] of active)
      if (key.startsWith(`${workspaceId}/`) && job.runs.has(runId))
        return { name: key.slice(workspaceId.length + 1), job };
    return undefined;
  };

  /** Takes up a job that is open in the store: requests arrive while the server still starts. */
  const takeUp = async (workspace: Workspace, name: string): Promise<boolean> => {
    const row = await store.read
      .selectFrom('ml_jobs')
      .select('ended')
      .where('workspace_id', '=', workspace.id)
      .where('name', '=', name)
      .executeTakeFirst();
    if (row?.ended !== 0) return false;
    const runs = await readRuns(store, workspace.id, name);
    if (runs.length > 0) activate(workspace, name, runs, true);
    return true;
  };

  const cancel: JobEngine['cancel'] = async (workspace, runId) => {
    const stored = activeRun(workspace.id, runId) ? undefined : await readRun(store, workspace.id, runId);
    if (stored) await takeUp(workspace, stored.job);
    const found = activeRun(workspace.id, runId);
    const status = found?.job.runs.get(runId)?.state.status;
    if (!found || status === undefined || isTerminal(status)) {
      if (!found && !stored) throw jobNotFound(runId);
      throw invalid(`The job '${runId}' has ended and cannot be cancelled.`, {
        wire: 'UserError',
        details: ['BadArgument', 'ArgumentInvalid', 'CancelPipelineRunInTerminalStatus'],
      });
    }
    found.job.post({ kind: 'cancel', runId });
    await found.job.settled();
  };

  return {
    async submit({ workspace, name, properties, apiVersion, createdBy, compute, caller }) {
      const wanted = textField(properties, 'jobType') ?? '';
      const type = deps.jobTypes.find((candidate) => candidate.jobType.toLowerCase() === wanted.toLowerCase());
      if (!type)
        throw invalid(
          `not implemented: jobs of type '${wanted}'. Known: ${deps.jobTypes.map((known) => known.jobType).join(', ')}.`,
          {
            target: 'jobType',
            wire: 'UserError',
          },
        );
      if (await readJob(store, workspace.id, name))
        throw conflict(`There is a job '${name}' already. Choose another name.`, { wire: 'UserError' });
      const now = deps.clock.now().toISOString();
      const plan = await type.plan(
        { ...deps.plan, compute, jobTypes: deps.jobTypes },
        { workspace, name, properties, apiVersion, now },
      );
      await checkEnvironments(deps.plan.versions, workspace, plan.runs);
      const states = new Map(
        plan.runs.map((run, index): [string, RunState] => [
          run.runId,
          { status: index === 0 && run.work.kind === 'pipeline' ? 'Preparing' : 'NotStarted' },
        ]),
      );
      const document: JobDocument = {
        jobType: type.jobType,
        properties: withoutWebhooks(properties),
        createdAt: now,
        createdBy,
        ...(caller === undefined ? {} : { caller }),
      };
      await store.write((writer) => insertJob(writer, workspace.id, name, document, plan, states));
      activate(
        workspace,
        name,
        plan.runs.map((run) => ({ plan: run, state: states.get(run.runId) as RunState })),
        false,
      );
      // Who has the answer may look at the run by MLflow.
      await active.get(keyOf(workspace.id, name))?.tracked;
    },
    job: (workspace, name) => readJob(store, workspace.id, name),
    async run(workspace, runId) {
      const found = activeRun(workspace.id, runId);
      const run = found?.job.runs.get(runId);
      return run && found ? { ...run, job: found.name } : readRun(store, workspace.id, runId);
    },
    async children(workspace, runId) {
      const found = activeRun(workspace.id, runId);
      if (found) return found.job.children(runId);
      return readChildren(store, workspace.id, runId);
    },
    cancel,
    async cancelSubmitted(isOver) {
      const asked = new Map<string, Promise<boolean>>();
      for (const row of await readOpenJobs(store)) {
        const { caller } = row.document;
        // Asked once: the second time would be taken to mean the last node of a pipeline, too.
        const isAsked =
          activeRun(row.workspaceId, row.name)?.job.runs.get(row.name)?.state.status === 'CancelRequested';
        if (caller === undefined || isAsked) continue;
        const answer = asked.get(caller) ?? isOver(caller);
        asked.set(caller, answer);
        const workspace = (await answer) ? await deps.workspaces.byId(row.workspaceId) : undefined;
        // One that ended in the meantime needs no canceling.
        if (workspace) await cancel(workspace, row.name).catch(ignoreEnded);
      }
    },
    async remove(workspace, name) {
      if (active.has(keyOf(workspace.id, name)) || (await takeUp(workspace, name)))
        throw conflict(`The job '${name}' still runs. Cancel it first.`, { wire: 'UserError' });
      if (!(await readJob(store, workspace.id, name))) throw jobNotFound(name);
      const runs = await readRuns(store, workspace.id, name);
      await store.write(async (writer) => {
        await forgetOutputs(writer, workspace.id, runs);
        await writer
          .deleteFrom('ml_reusable')
          .where('workspace_id', '=', workspace.id)
          .where('job', '=', name)
          .execute();
        await deleteRuns(writer, workspace.id, name);
        await writer
          .deleteFrom('ml_webhooks')
          .where('workspace_id', '=', workspace.id)
          .where('job', '=', name)
          .execute();
        await writer.deleteFrom('ml_jobs').where('workspace_id', '=', workspace.id).where('name', '=', name).execute();
      });
    },
    async updateDocument(workspace, name, document) {
      await store.write((writer) =>
        writer
          .updateTable('ml_jobs')
          .set({ document: JSON.stringify(document) })
          .where('workspace_id', '=', workspace.id)
          .where('name', '=', name)
          .execute(),
      );
    },
    async setWebhooks(workspace, name, webhooks) {
      await deps.webhooks.set(workspace.id, name, webhooks);
      // Looked at after the rows are there: a job that ends in between calls them itself, and a second call finds nothing owed.
      const run = await readRun(store, workspace.id, name);
      if (run && isTerminal(run.state.status)) await deps.webhooks.fire(workspace.id, name, run.state.status);
    },
    async canceled(milliseconds) {
      const isEnding = () =>
        [...active.values()].some((job) =>
          [...job.runs.values()].some((run) => run.state.status === 'CancelRequested'),
        );
      const end = performance.now() + milliseconds;
      while (isEnding() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    async start() {
      for (const row of await readOpenJobs(store)) {
        const workspace = await deps.workspaces.byId(row.workspaceId);
        const runs = await readRuns(store, row.workspaceId, row.name);
        if (workspace && runs.length > 0) activate(workspace, row.name, runs, true);
      }
      const owed = await store.read
        .selectFrom('ml_webhooks')
        .select(['workspace_id', 'job'])
        .distinct()
        .where('state', '=', 'owed')
        .execute();
      for (const row of owed) {
        const run = await readRun(store, row.workspace_id, row.job);
        if (run && isTerminal(run.state.status)) await deps.webhooks.fire(row.workspace_id, row.job, run.state.status);
      }
    },
    async stop() {
      leaving.abort(new Error('The server is stopping.'));
      deps.webhooks.stop();
      await Promise.allSettled([...active.values()].map((job) => job.settled()));
    },
  };
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof DomainError) || (error.code !== 'invalid' && error.code !== 'not-found')) throw error;
}

export function jobNotFound(name: string) {
  return notFound(`There is no job '${name.slice(0, 200)}' in this workspace. 'az ml job list' shows those that are.`, {
    wire: 'UserError',
    details: ['NotFound', 'JobNotFound'],
  });
}

/** Webhooks carry tokens: they are kept sealed in rows of their own, never in the job's document. */
function withoutWebhooks(properties: Json): Json {
  const setting = objectField(properties, 'notificationSetting');
  if (fieldOf(setting, 'webhooks') === undefined) return properties;
  const without = (object: Json, name: string) =>
    Object.fromEntries(Object.entries(object).filter(([key]) => key.replaceAll('_', '').toLowerCase() !== name));
  return { ...without(properties, 'notificationsetting'), notificationSetting: without(setting, 'webhooks') };
}
