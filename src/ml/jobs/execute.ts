import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LaunchHandle } from '../../drivers/driver.ts';
import { DomainError, messageOf } from '../../kernel/errors.ts';
import { storageFault } from '../../kernel/storage-fault.ts';
import type { NodesRequest, Release, ScaleSettings } from '../compute/cluster.ts';
import { priorityOf } from '../compute/queue.ts';
import { withMounts } from '../data/read-only-mount.ts';
import { parseRegistryReference } from '../registry-reference.ts';
import type { BuiltEnvironment } from '../types.ts';
import type { CommandRun, ExecuteDeps, Outcome } from './command-run.ts';
import { distributedCommand } from './distributed-command.ts';
import { jobVariables, processVariables } from './job-variables.ts';
import type { RunPlan } from './plan.ts';
import { renderCommand } from './render.ts';
import { environmentOf, foldersOf, letGo } from './run-environment.ts';
import { makeRunFolders } from './run-folders.ts';
import { appendLog, logName, runArtifact } from './run-logs.ts';
import { DISK_FULL, keepWhatWasMade, outcomeOf } from './run-outcome.ts';

/** Time between SIGTERM and SIGKILL of a cancelled run. */
const STOP_GRACE_SECONDS = 10;
const TOKEN_DAYS = 30;
/** What became of the run's nodes (documented folder). */
const LIFECYCLE_LOG = 'system_logs/lifecycler/lifecycler.log';
const REMOVE_AFTER_MS = 2_000;

/** Whether a launch with the run's id was ever started. */
export async function wasLaunched(deps: Pick<ExecuteDeps, 'driver' | 'runsFolder'>, plan: RunPlan): Promise<boolean> {
  const handle = { id: plan.launchId, folder: join(deps.runsFolder, plan.launchId, 'launch') };
  return (await deps.driver.recover(handle)).kind !== 'unknown';
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
  let goesOn = false;
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
    const unwatch = deps.watchMachine(run.workspace.id, run.plan.runId);
    state = await deps.driver.wait(handle, run.leave).finally(unwatch);
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
    if (run.leave.aborted) {
      goesOn = true;
      return undefined;
    }
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
    if (!goesOn) await letGo(deps, run);
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
    PATH: [
      ...(environment.binFolder ? [environment.binFolder] : []),
      outside['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    ].join(':'),
    // The log is read while the job runs.
    PYTHONUNBUFFERED: '1',
    ...jobVariables(workspace, plan, { rootRunId: run.rootRunId, experimentId, token, tokenExpires: expires, places }),
  };
  const command = renderCommand(plan.work.command, places);
  const { nodes, distribution } = plan.work;
  const port = portOf(plan.launchId);
  const processes = processVariables(nodes, distribution, port);
  const begun = distributedCommand(command, distribution, nodes, port, plan.launchId);
  const inside = environment.inside;
  const warnings = [
    ...environment.warnings,
    ...(plan.work.dockerArguments !== undefined && !inside
      ? ['docker_args are for a container, and the job runs without one: they are left out.']
      : []),
  ];
  if (warnings.length > 0) {
    run.warn(warnings);
    const log = runArtifact(deps.blobs, workspace, plan.runId, logName(0, processes.length));
    await appendLog(
      log,
      warnings.map((warning) => `Warning: ${warning}`),
    );
  }
  const folders = inside ? await foldersOf(deps, run, places) : [];
  await deps.driver.launch(handle, {
    processes: processes.map((own, index) => {
      const bare = {
        command: ['bash', '-c', begun.text],
        cwd: places.workingFolder,
        env: { ...base, ...own, ...begun.env, ...plan.work.environmentVariables },
        logFile: runArtifact(deps.blobs, workspace, plan.runId, logName(index, processes.length)),
      };
      if (!inside) return { ...bare, command: withMounts(places.mounts, bare.command) };
      return inside(bare, {
        user: plan.launchId,
        index,
        folders,
        mounts: places.mounts,
        home: places.temporaryFolder,
        shmSize: plan.work.shmSize ?? '2g',
        variables: plan.work.environmentVariables,
        ...(plan.work.dockerArguments === undefined ? {} : { dockerArguments: plan.work.dockerArguments }),
      });
    }),
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

/** The launch's own folder stays: it tells what became of it. */
async function removeWorkingFolders(deps: ExecuteDeps, run: CommandRun): Promise<void> {
  for (const name of ['wd', 'data', 'tmp']) {
    await rm(join(deps.runsFolder, run.plan.launchId, name), { recursive: true, force: true }).catch((error) =>
      deps.log.warn({ error, run: run.plan.runId }, 'the working folder of a run could not be removed'),
    );
  }
}
