import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { JobEndpoint, JobRequest, TimelineResult, VariableValue } from '../contracts/agent.ts';
import type { TaskRepository } from '../contracts/task.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Connection } from './connection.ts';
import { withoutAgentSecrets } from './environment.ts';
import { logTime, startingLine } from './log-text.ts';
import { createMasker, type Masker } from './masking.ts';
import { createPlanClient } from './plan-client.ts';
import { createProcesses, type Graces } from './processes.ts';
import { jobStatusOf, mergeResults, mergeStepIntoJob } from './results.ts';
import { failCommand } from './run-commands.ts';
import { createStepOutput } from './step-output.ts';
import { runStep, type StepsScope } from './step-runner.ts';
import { createStepState, type StepState } from './step-state.ts';
import type { TaskLoader } from './task-loader.ts';
import { createTaskServer } from './task-server.ts';
import { createUploads } from './uploads.ts';
import { createVariables } from './variables.ts';
import type { Watchdog } from './watchdog.ts';
import { clearTemp, prepareWorkspace, type Workspace } from './workspace.ts';

export type JobOptions = {
  readonly connection: Connection;
  readonly job: JobRequest;
  readonly agentName: string;
  readonly agentVersion: string;
  readonly workFolder: string;
  readonly homeFolder: string;
  readonly tasks: TaskLoader;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly watchdog: Watchdog;
  /** Aborted when the server cancels the job. */
  readonly canceled: AbortController;
  /** Aborted when all must end at once. The job is then not reported: it isn't ours any more, or the server is away for good. */
  readonly lost: AbortController;
  /** Aborted when the cancel time is over: what still runs is killed, the job is reported. */
  readonly expired: AbortSignal;
  /** Aborted when the agent is asked to end: then it tries to report for a quarter of a minute, and no longer. */
  readonly asked: AbortSignal;
  readonly graces?: Graces;
};

/** How long an agent that was asked to end tries to report a job whose steps are over, in milliseconds: its claim lasts no longer than twice this. */
const askedReportMs = 15_000;

/** Parameters of a connection that are no secrets (agent source). */
const openParameters = new Set(
  [
    'role',
    'scope',
    'tenantid',
    'issuedAt',
    'expiresAt',
    'audience',
    'authenticationType',
    'authorizationType',
    'accessTokenType',
    'accessTokenFetchingMethod',
    'useWindowsSecurity',
    'unsecured',
    'OAuthAccessTokenIsSupplied',
    'completeCallbackPayload',
    'acceptUntrustedCerts',
    'serviceprincipalid',
    'username',
    'workloadIdentityFederationIssuer',
    'workloadIdentityFederationSubject',
  ].map((name) => name.toLowerCase()),
);

/** What a job's message alone settles. It is in memory and nothing of the job has happened: it can be made before the job is ours. */
export type PreparedJob = ReturnType<typeof prepareJob>;

/** Reads a job's secrets and variables, and opens what it will report by. */
export function prepareJob(options: JobOptions) {
  const { connection, job, clock, lost } = options;
  const masker = createMasker();
  addSecrets(masker, job, connection.token(), options.env);
  const variables = createVariables(job.variables, options.env, (value) => masker.add(value));
  const jobToken = job.resources.endpoints.find((one) => one.name === 'SystemVssConnection')?.authorization.parameters[
    'AccessToken'
  ];
  const client = createPlanClient(connection, job, jobToken, lost.signal);
  const uploads = createUploads({
    client,
    clock,
    jobRecordId: job.jobId,
    time: () => logTime(clock.now()),
    onFailure: () => lost.abort(),
  });
  const processes = createProcesses(`vsts_${newGuid()}`, options.graces);
  return { masker, variables, jobToken, client, uploads, processes };
}

/**
 * Runs a job that is acknowledged: prepares its folders, runs the steps, then what they left for the end, stops what still runs, and
 * reports everything. Throws nothing for a failure of the user's; the job's record tells.
 * @returns the result, after the server has acknowledged it; `abandoned` when the job was lost
 */
export async function runJob(
  options: JobOptions,
  prepared: PreparedJob = prepareJob(options),
): Promise<TimelineResult> {
  const { connection, job, clock, canceled, lost } = options;
  const { masker, variables, jobToken, client, uploads, processes } = prepared;
  options.watchdog.guard(processes.lookupId);
  const onLost = () => uploads.abandon();
  lost.signal.addEventListener('abort', onLost, { once: true });

  let result: TimelineResult = 'succeeded';
  const outputs: Record<string, VariableValue> = {};
  const endActions: { name: string; action: (state: StepState) => Promise<void> }[] = [];
  const now = () => clock.now().toISOString();
  const setStatus = () => variables.set('Agent.JobStatus', canceled.signal.aborted ? 'Canceled' : jobStatusOf(result));
  const initializeId = newGuid();
  const finalizeId = newGuid();
  let order = 1;
  const stopped = AbortSignal.any([lost.signal, options.expired]);
  let workspace: Workspace | undefined;

  uploads.record({ id: job.jobId, state: 'inProgress', startTime: now(), workerName: options.agentName });
  const records = [
    { id: initializeId, name: 'Initialize job', refName: 'JobExtension_Init' },
    ...job.steps.map((step) => ({ id: step.id, name: masker.mask(step.displayName || step.name), refName: step.name })),
    { id: finalizeId, name: 'Finalize Job', refName: 'JobExtension_Final' },
  ];
  for (const record of records) {
    // The last record's place is open: what runs after the steps is known only when they have run.
    const place = record.id === finalizeId ? job.steps.length + 1000 : order++;
    uploads.record({ ...record, parentId: job.jobId, type: 'Task', order: place, state: 'pending' });
  }
  /** A phase of the agent's own: a record, a log, and a failure that is ours. */
  const phase = async (
    record: { id: string; name: string },
    work: (state: StepState) => void | Promise<void>,
  ): Promise<boolean> => {
    const output = createStepOutput(record.id, uploads, masker);
    const state = createStepState({ id: record.id, name: record.name, named: false }, output, masker, uploads);
    uploads.record({ id: record.id, state: 'inProgress', startTime: now() });
    output.printPlain(startingLine(record.name));
    try {
      await work(state);
      for (const error of await state.settle()) failCommand(state, messageOf(error));
    } catch (error) {
      failCommand(state, messageOf(error));
    }
    const end = state.result() ?? 'succeeded';
    output.finish(record.name);
    const issues = state.issues();
    uploads.record({
      id: record.id,
      state: 'completed',
      result: end,
      finishTime: now(),
      ...(issues.errorCount + issues.warningCount > 0 ? issues : {}),
    });
    result = mergeStepIntoJob(result, end);
    setStatus();
    return end === 'succeeded';
  };
  const cancelTimer =
    job.timeoutInMinutes > 0 ? clock.after(job.timeoutInMinutes * 60_000, () => canceled.abort()) : () => {};
  canceled.signal.addEventListener('abort', setStatus, { once: true });

  const ready = await phase({ id: initializeId, name: 'Initialize job' }, ({ output }) => {
    output.print(`Agent name: '${options.agentName}'`);
    output.print(`Agent version: '${options.agentVersion}'`);
    workspace = prepareWorkspace(options.workFolder, job, variables, {
      name: options.agentName,
      version: options.agentVersion,
      homeFolder: options.homeFolder,
    });
    output.print(`Work folder: '${options.workFolder}'`);
    output.print(`Build folder: '${workspace.build}'`);
    output.print('Processes that the steps leave running are stopped at the end of the job.');
  });
  if (ready && workspace) {
    const server = createTaskServer({
      connection,
      client,
      job,
      jobToken,
      variables,
      masker,
      signal: stopped,
    });
    const scope: StepsScope = {
      job,
      variables,
      masker,
      uploads,
      commandServer: server,
      prependedPath: [],
      endpoints: [...job.resources.endpoints],
      workspace,
      processes,
      server,
      repositories: job.resources.repositories.map(taskRepository),
      tasks: options.tasks,
      clock,
      env: withoutAgentSecrets(options.env),
      added: { ...azureFolders(options.env, workspace.temp, options.workFolder), ...job.processEnvironment },
      jobResult: () => result,
      canceled: canceled.signal,
      stopped,
      atJobEnd: (name, action) => endActions.push({ name, action }),
    };
    for (const step of job.steps) {
      if (lost.signal.aborted) break;
      const end = await runStep(scope, step);
      result = mergeStepIntoJob(result, end.result);
      if (end.state.outputs.size > 0 && step.named) {
        for (const [name, value] of end.state.outputs) outputs[`${step.name}.${name}`] = value;
      }
      setStatus();
    }
    for (const { name, action } of endActions.reverse()) {
      if (lost.signal.aborted) break;
      const id = newGuid();
      const title = `Post-job: ${name}`;
      uploads.record({
        id,
        parentId: job.jobId,
        type: 'Task',
        name: masker.mask(title),
        refName: title,
        order: order++,
      });
      await phase({ id, name: title }, action);
    }
  } else {
    for (const step of job.steps) {
      uploads.record({ id: step.id, state: 'completed', result: 'skipped', finishTime: now() });
    }
  }
  cancelTimer();
  uploads.record({ id: finalizeId, order: order++ });
  await phase({ id: finalizeId, name: 'Finalize Job' }, async ({ output }) => {
    for (const left of await processes.sweep()) {
      output.print(`Stopped a process that was left running: ${left.name} (${left.pid})`);
    }
    if (workspace) clearTemp(workspace);
  });
  options.watchdog.release();
  lost.signal.removeEventListener('abort', onLost);
  if (lost.signal.aborted) return 'abandoned';
  if (canceled.signal.aborted) result = mergeResults(result === 'failed' ? 'succeeded' : result, 'canceled');
  uploads.record({ id: job.jobId, state: 'completed', result, finishTime: now() });
  uploads.endLog(job.jobId);
  const endPatience = afterAbort(options.asked, () => clock.after(askedReportMs, () => lost.abort()));
  try {
    await uploads.finish();
    await client.completeJob({ name: 'JobCompleted', jobId: job.jobId, requestId: job.requestId, result, outputs });
  } finally {
    endPatience();
  }
  return result;
}

/** Starts a timer when the signal aborts, or at once when it has. @returns what ends both */
function afterAbort(signal: AbortSignal, start: () => () => void): () => void {
  let stopTimer = () => {};
  const onAbort = () => {
    stopTimer = start();
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal.removeEventListener('abort', onAbort);
    stopTimer();
  };
}

function taskRepository(one: JobRequest['resources']['repositories'][number]): TaskRepository {
  const { name, url, ref, version, source } = one.properties;
  return { alias: one.alias, type: one.type, name, url, ref, version, source };
}

/**
 * Where `az` keeps a job's login: a folder of the job's own, so that the user's is neither read nor overwritten. Extensions are shared: the
 * user's where there are some, else a folder that lasts from job to job.
 */
function azureFolders(
  env: Readonly<Record<string, string | undefined>>,
  temp: string,
  work: string,
): Record<string, string> {
  const users = join(env['AZURE_CONFIG_DIR'] || join(env['HOME'] || homedir(), '.azure'), 'cliextensions');
  const extensions = env['AZURE_EXTENSION_DIR'] || (existsSync(users) ? users : join(work, '_tool', 'az-extensions'));
  return { AZURE_CONFIG_DIR: join(temp, '.azure'), AZURE_EXTENSION_DIR: extensions };
}

/** Everything in a job's message that must not show: secret variables, patterns, connections, and credentials in addresses. */
function addSecrets(
  masker: Masker,
  job: JobRequest,
  agentToken: string,
  env: Readonly<Record<string, string | undefined>>,
): void {
  masker.add(agentToken);
  masker.add(job.lockToken);
  for (const { type, value } of job.mask) if (type === 'regex') masker.addPattern(value);
  for (const endpoint of job.resources.endpoints) addEndpointSecrets(masker, endpoint);
  for (const [name, value] of Object.entries({ ...env, ...job.processEnvironment })) {
    if (value === undefined) continue;
    if (/^(IDENTITY_HEADER|MSI_SECRET)$/.test(name)) masker.add(value);
    for (const match of value.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:([^/\s@]+)@/gi))
      masker.add(match[1] as string);
  }
}

function addEndpointSecrets(masker: Masker, endpoint: JobEndpoint): void {
  for (const [name, value] of Object.entries(endpoint.authorization.parameters)) {
    if (value && !openParameters.has(name.toLowerCase())) masker.add(value);
  }
}
