import { existsSync, readFileSync, statSync } from 'node:fs';
import { appendFile, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Driver, LaunchHandle, LaunchState } from '../../drivers/driver.ts';
import type { Clock } from '../../kernel/clock.ts';
import { DomainError, messageOf } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { storageFault } from '../../kernel/storage-fault.ts';
import type { Clusters, NodesRequest, Release, ScaleSettings } from '../compute/cluster.ts';
import { priorityOf } from '../compute/queue.ts';
import { copyTree } from '../data/copy-tree.ts';
import { ARTIFACT_CONTAINER, artifactPrefix } from '../places.ts';
import { parseRegistryReference } from '../registry-reference.ts';
import type { BlobAccess, BuiltEnvironment, EnvironmentBuilder, RunError, RunValue, Workspace } from '../types.ts';
import type { AssetVersions } from '../versions.ts';
import type { DataReferences } from './data-reference.ts';
import { readEnvironment } from './environment-reference.ts';
import { jobVariables, processVariables } from './job-variables.ts';
import type { CommandWork, RunPlan } from './plan.ts';
import { renderCommand } from './render.ts';
import { makeRunFolders, uploadOutputs } from './run-folders.ts';

/** Time between SIGTERM and SIGKILL of a cancelled run. */
const STOP_GRACE_SECONDS = 10;
const TOKEN_DAYS = 30;
/** What became of the run's nodes (documented folder). */
const LIFECYCLE_LOG = 'system_logs/lifecycler/lifecycler.log';
const REMOVE_AFTER_MS = 2_000;
/** How much of a failed run's log its error shows. */
const ERROR_LINES = 20;
const ERROR_BYTES = 8 * 1024;

/** What a run's processes get of the outside: the gateway's variables, mlflow's, PATH. */
export type JobEnvironment = (run: {
  workspace: Workspace;
  runId: string;
  experimentId: string;
  experimentName: string;
  token: string;
}) => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;

export type ExecuteDeps = {
  /** Absolute folder of the runs' own folders. */
  readonly runsFolder: string;
  readonly blobs: BlobAccess;
  readonly versions: AssetVersions;
  readonly data: DataReferences;
  readonly environments: EnvironmentBuilder;
  readonly clusters: Clusters;
  readonly scaleOf: (workspace: Workspace, compute: string) => Promise<ScaleSettings>;
  readonly driver: Driver;
  readonly runToken: (claims: { workspaceId: string; runId: string; expires: Date }) => Promise<string>;
  readonly jobEnvironment: JobEnvironment;
  readonly clock: Clock;
  readonly log: Log;
};

export type CommandRun = {
  readonly workspace: Workspace;
  readonly plan: RunPlan & { readonly work: { readonly kind: 'command' } & CommandWork };
  readonly rootRunId: string;
  /** Known once tracking has the run. */
  readonly experimentId: () => Promise<string>;
  /** Aborted when the run is cancelled. */
  readonly cancelled: AbortSignal;
  /** Aborted when the server stops: the processes go on. */
  readonly leave: AbortSignal;
  readonly phase: (status: 'Preparing' | 'Queued' | 'Running' | 'Finalizing') => void;
  readonly warn: (warnings: readonly string[]) => void;
};

export type Outcome = {
  /** `Requeued`: the machine was taken away; the run is to be executed anew, under another launch id. */
  readonly status: 'Completed' | 'Failed' | 'Canceled' | 'Requeued';
  readonly error?: RunError;
  /** Values that the command wrote for its primitive outputs. */
  readonly outputs?: Readonly<Record<string, RunValue>>;
};

/** Whether a launch with the run's id was ever started. */
export async function wasLaunched(deps: Pick<ExecuteDeps, 'driver' | 'runsFolder'>, plan: RunPlan): Promise<boolean> {
  const handle = { id: plan.launchId, folder: join(deps.runsFolder, plan.launchId, 'launch') };
  return (await deps.driver.recover(handle)).kind !== 'unknown';
}

/** Where a run's log lies: it is a blob of the run's artifacts from its first line on. */
export function runArtifact(blobs: BlobAccess, workspace: Workspace, runId: string, path: string): string {
  return blobs.pathOf(workspace.storageAccount, ARTIFACT_CONTAINER, `${artifactPrefix(runId)}/${path}`);
}

/** The log's name for one of a launch's processes (documented; names whose digits are all 0 are streamed by clients). */
export function logName(index: number, count: number): string {
  return count === 1 ? 'user_logs/std_log.txt' : `user_logs/std_log_process_${String(index).padStart(2, '0')}.txt`;
}

/**
 * Executes a command run to its end: environment, nodes, folders, launch, outputs. May be called again after a restart of the server for a
 * run in any stage: a launch that was started is waited for, never repeated.
 * @returns undefined when the server is stopping and the run goes on without it
 */
export async function executeCommand(deps: ExecuteDeps, run: CommandRun): Promise<Outcome | undefined> {
  const handle: LaunchHandle = { id: run.plan.launchId, folder: join(deps.runsFolder, run.plan.launchId, 'launch') };
  const stop = AbortSignal.any([run.cancelled, run.leave]);
  let release: Release | undefined;
  try {
    const scale = await deps.scaleOf(run.workspace, run.plan.work.compute);
    const nodes = nodesRequest(run, scale);
    let state = await deps.driver.recover(handle);
    if (run.cancelled.aborted) await deps.driver.stop(handle, STOP_GRACE_SECONDS);
    else if (state.kind === 'unknown') {
      const environment = await environmentOf(deps, run, stop);
      release = await deps.clusters.acquire(nodes, stop, () => run.phase('Queued'));
      await launch(deps, run, handle, environment, stop);
      run.phase('Running');
    } else {
      release = deps.clusters.occupy(nodes);
      run.phase('Running');
    }
    const stopping = () =>
      void deps.driver
        .stop(handle, STOP_GRACE_SECONDS)
        .catch((error) => deps.log.error({ error, run: run.plan.runId }, 'a cancelled run could not be stopped'));
    run.cancelled.addEventListener('abort', stopping, { once: true });
    if (run.cancelled.aborted) stopping();
    state = await deps.driver.wait(handle, run.leave);
    run.cancelled.removeEventListener('abort', stopping);
    release?.(state.kind === 'lost' ? 'lost' : undefined);
    release = undefined;
    if (state.kind === 'lost' && scale.preemptible && !run.cancelled.aborted) {
      const note =
        'The node was taken away while the command ran on it: the job goes back into the queue and begins anew.';
      await appendLog(runArtifact(deps.blobs, run.workspace, run.plan.runId, LIFECYCLE_LOG), [note]);
      return { status: 'Requeued' };
    }
    const unkept = await keepWhatWasMade(deps, run);
    const outcome = unkept ?? (await outcomeOf(deps, run, state));
    // Not at once: the next node of a pipeline starts now.
    deps.clock.after(REMOVE_AFTER_MS, () => void removeWorkingFolders(deps, run));
    return outcome;
  } catch (error) {
    if (run.leave.aborted) return undefined;
    if (run.cancelled.aborted) {
      await deps.driver.stop(handle, STOP_GRACE_SECONDS);
      return { status: 'Canceled' };
    }
    const known = error instanceof DomainError && error.code !== 'internal';
    if (!known) deps.log.error({ error, run: run.plan.runId }, 'a run could not be executed');
    const why = storageFault(error) === 'full' ? DISK_FULL : messageOf(error);
    const message = `'${run.plan.displayName}' could not be started: ${why}`;
    await appendLog(runArtifact(deps.blobs, run.workspace, run.plan.runId, logName(0, 1)), [message]).catch(() => {});
    return { status: 'Failed', error: { code: known ? 'UserError' : 'SystemError', message } };
  } finally {
    release?.();
  }
}

function nodesRequest({ workspace, plan }: CommandRun, scale: ScaleSettings): NodesRequest {
  return {
    cluster: `${workspace.id}/${plan.work.compute.toLowerCase()}`,
    scale,
    nodes: plan.work.nodes,
    runId: plan.runId,
    experiment: `${workspace.id}/${plan.experimentName}`,
    // A job that was accepted before there were priorities has none.
    priority: plan.work.priority ?? priorityOf(undefined, undefined),
  };
}

async function environmentOf(deps: ExecuteDeps, run: CommandRun, signal: AbortSignal): Promise<BuiltEnvironment> {
  const request = await readEnvironment(deps.versions, run.workspace, run.plan.work.environment);
  const lines: string[] = [];
  let flushing: Promise<void> = Promise.resolve();
  const buildLog = runArtifact(deps.blobs, run.workspace, run.plan.runId, 'azureml-logs/20_image_build_log.txt');
  // The first line of a build says that the run is not merely starting.
  const log = (line: string) => {
    if (lines.length === 0) run.phase('Preparing');
    lines.push(line);
    flushing = flushing.then(() => appendLog(buildLog, [line])).catch(() => {});
  };
  try {
    return await deps.environments.ensure(request, log, signal);
  } finally {
    await flushing;
  }
}

async function appendLog(file: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, lines.map((line) => `${line}\n`).join(''));
}

/** A port of its own for each launch, as good as unused: the documented 6105 would be shared by all jobs of this machine. */
function portOf(launchId: string): number {
  return 20_000 + (Number.parseInt(launchId.slice(0, 8), 16) % 20_000);
}

async function launch(
  deps: ExecuteDeps,
  run: CommandRun,
  handle: LaunchHandle,
  environment: BuiltEnvironment,
  stop: AbortSignal,
): Promise<void> {
  const { plan, workspace } = run;
  // A shell that the last server started in its last moment may have been slow to say so: its folders are not to be made anew.
  if ((await deps.driver.recover(handle)).kind !== 'unknown') return;
  const expires = new Date(deps.clock.now().getTime() + TOKEN_DAYS * 24 * 3600 * 1000);
  const [token, experimentId, places] = await Promise.all([
    deps.runToken({ workspaceId: workspace.id, runId: plan.runId, expires }),
    run.experimentId(),
    codePathOf(deps, run).then((code) =>
      makeRunFolders(join(deps.runsFolder, plan.launchId), workspace, plan, code, deps.data, stop),
    ),
  ]);
  const outside = await deps.jobEnvironment({
    workspace,
    runId: plan.runId,
    experimentId,
    experimentName: plan.experimentName,
    token,
  });
  const base: Record<string, string> = {
    ...outside,
    ...environment.env,
    PATH: [environment.binFolder, outside['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'].join(':'),
    // The log is read while the job runs.
    PYTHONUNBUFFERED: '1',
    ...jobVariables(workspace, plan, { rootRunId: run.rootRunId, experimentId, token, tokenExpires: expires, places }),
  };
  const command = renderCommand(plan.work.command, places);
  const processes = processVariables(plan.work.nodes, plan.work.distribution, portOf(plan.launchId));
  if (environment.warnings.length > 0) {
    run.warn(environment.warnings);
    const log = runArtifact(deps.blobs, workspace, plan.runId, logName(0, processes.length));
    await appendLog(
      log,
      environment.warnings.map((warning) => `Warning: ${warning}`),
    );
  }
  await deps.driver.launch(handle, {
    processes: processes.map((own, index) => ({
      command: ['bash', '-c', command],
      cwd: places.workingFolder,
      env: { ...base, ...own, ...plan.work.environmentVariables },
      logFile: runArtifact(deps.blobs, workspace, plan.runId, logName(index, processes.length)),
    })),
    ...(plan.work.timeoutSeconds === undefined ? {} : { timeoutSeconds: plan.work.timeoutSeconds }),
  });
}

/** The folder of the code snapshot on disk. */
async function codePathOf(deps: ExecuteDeps, run: CommandRun): Promise<string | undefined> {
  const { codeId } = run.plan.work;
  if (codeId === undefined) return undefined;
  const match = /\/codes\/([^/]+)\/versions\/([^/]+)$/i.exec(codeId) ?? /^azureml:([^/:]+):([^/:]+)$/i.exec(codeId);
  const code = parseRegistryReference(codeId)
    ? await deps.versions.fromRegistry('codes', codeId)
    : match && (await deps.versions.find(run.workspace.id, 'codes', match[1] as string, match[2] as string));
  const uri = code?.properties['codeUri'];
  if (typeof uri !== 'string')
    throw new DomainError('not-found', `The code '${codeId.slice(0, 300)}' of '${run.plan.displayName}' is not there.`);
  return deps.data.localPath(run.workspace, uri);
}

async function outcomeOf(deps: ExecuteDeps, run: CommandRun, state: LaunchState): Promise<Outcome> {
  const name = run.plan.displayName;
  if (run.cancelled.aborted || state.kind === 'stopped') return { status: 'Canceled' };
  if (state.kind === 'exited' && state.exitCode === 0) return completed(deps, run);
  const failed = (code: RunError['code'], message: string): Outcome => ({ status: 'Failed', error: { code, message } });
  if (state.kind === 'exited') {
    const how = state.signal === undefined ? `exited with code ${state.exitCode}` : `was ended by ${state.signal}`;
    const tail = await lastLines(deps, run);
    return failed(
      'UserError',
      `The command of '${name}' ${how}.${tail === '' ? ' It wrote nothing.' : ` Last lines of its log:\n${tail}`}`,
    );
  }
  if (state.kind === 'timed-out')
    return failed(
      'UserError',
      `'${name}' was ended after limits.timeout, ${run.plan.work.timeoutSeconds} seconds. Raise the limit if it needs longer.`,
    );
  return failed(
    'SystemError',
    `The processes of '${name}' are gone and left no exit status: the machine went down under them. Submit the job again.`,
  );
}

/** The longest text that is taken for a value. */
const VALUE_BYTES = 256 * 1024;

/** A command that ended well, with the values that it wrote for its primitive outputs: the text of the file (client source). */
async function completed(deps: ExecuteDeps, run: CommandRun): Promise<Outcome> {
  const outputs: Record<string, RunValue> = {};
  for (const [name, output] of Object.entries(run.plan.outputs)) {
    if (output.primitive === undefined) continue;
    const path = await deps.data.localPath(run.workspace, output.uri);
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    const file = isFolder ? join(path, 'output') : path;
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined || size > VALUE_BYTES) {
      const found = size === undefined ? 'wrote none' : `wrote ${size} bytes, more than ${VALUE_BYTES}`;
      const message = `The output '${name}' of '${run.plan.displayName}' is a ${output.primitive}: its command must write it as text to \${{outputs.${name}}}, and ${found}.`;
      return { status: 'Failed', error: { code: 'UserError', message } };
    }
    outputs[name] = { kind: 'literal', value: readFileSync(file, 'utf8').trim() };
  }
  return { status: 'Completed', ...(Object.keys(outputs).length > 0 ? { outputs } : {}) };
}

async function lastLines(deps: ExecuteDeps, run: CommandRun): Promise<string> {
  const count = processVariables(run.plan.work.nodes, run.plan.work.distribution, 0).length;
  for (let index = 0; index < count; index += 1) {
    const file = await open(runArtifact(deps.blobs, run.workspace, run.plan.runId, logName(index, count))).catch(
      () => undefined,
    );
    if (!file) continue;
    try {
      const { size } = await file.stat();
      const start = Math.max(0, size - ERROR_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
      const text = buffer.toString('utf8', 0, bytesRead).trimEnd();
      if (text !== '') return text.split('\n').slice(-ERROR_LINES).join('\n');
    } finally {
      await file.close();
    }
  }
  return '';
}

const DISK_FULL = "the disk of Millrace's data directory is full. Free some space, then submit the job again.";

/** Keeps outputs and artifacts. @returns how the run ends when they could not be kept; undefined when they are */
async function keepWhatWasMade(deps: ExecuteDeps, run: CommandRun): Promise<Outcome | undefined> {
  try {
    await uploadOutputs(join(deps.runsFolder, run.plan.launchId), run.workspace, run.plan, deps.data);
    await keepArtifacts(deps, run);
    return undefined;
  } catch (error) {
    deps.log.error({ error, run: run.plan.runId }, 'what a run made could not be kept');
    const why = storageFault(error) === 'full' ? DISK_FULL : messageOf(error);
    const message = `What '${run.plan.displayName}' made could not be kept: ${why}`;
    return { status: 'Failed', error: { code: 'SystemError', message } };
  }
}

/** What the command left in `./outputs` and `./logs` becomes artifacts of the run. */
async function keepArtifacts(deps: ExecuteDeps, run: CommandRun): Promise<void> {
  const working = join(deps.runsFolder, run.plan.launchId, 'wd');
  for (const name of ['outputs', 'logs']) {
    const made = join(working, name);
    if (existsSync(made)) await copyTree(made, runArtifact(deps.blobs, run.workspace, run.plan.runId, name));
  }
}

/** The launch's own folder stays: it tells what became of it. */
async function removeWorkingFolders(deps: ExecuteDeps, run: CommandRun): Promise<void> {
  for (const name of ['wd', 'data', 'tmp']) {
    await rm(join(deps.runsFolder, run.plan.launchId, name), { recursive: true, force: true }).catch((error) =>
      deps.log.warn({ error, run: run.plan.runId }, 'the working folder of a run could not be removed'),
    );
  }
}
