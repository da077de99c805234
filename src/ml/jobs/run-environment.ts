import { dirname, join } from 'node:path';
import { readGitContext } from '../git-context.ts';
import type { BuiltEnvironment } from '../types.ts';
import type { CommandRun, ExecuteDeps } from './command-run.ts';
import { readEnvironment } from './environment-reference.ts';
import { processVariables, type RunPlaces } from './job-variables.ts';
import { appendLog, logName, runArtifact } from './run-logs.ts';

/** Builds or finds the environment of a run; the build is told in its logs as it goes. */
export async function environmentOf(
  deps: ExecuteDeps,
  run: CommandRun,
  signal: AbortSignal,
): Promise<BuiltEnvironment> {
  const { build, ...asked } = await readEnvironment(deps.versions, run.workspace, run.plan.work.environment);
  const git = build && readGitContext(build.contextUri);
  const context = build && (git ? { git } : { folder: await deps.data.localPath(run.workspace, build.contextUri) });
  const request = build && context ? { ...asked, build: { ...context, dockerfile: build.dockerfile } } : asked;
  const lines: string[] = [];
  let flushing: Promise<void> = Promise.resolve();
  // In its own log as in the service, and in the run's, which is what clients follow once it is there.
  const count = processVariables(run.plan.work.nodes, run.plan.work.distribution, 0).length;
  const logs = ['azureml-logs/20_image_build_log.txt', logName(0, count)].map((name) =>
    runArtifact(deps.blobs, run.workspace, run.plan.runId, name),
  );
  // The first line of a build says that the run is not merely starting.
  const log = (line: string) => {
    if (lines.length === 0) run.phase('Preparing');
    lines.push(line);
    flushing = flushing.then(() => appendAll(logs, line)).catch(() => {});
  };
  try {
    return await deps.environments.ensure(request, log, signal, run.plan.launchId);
  } finally {
    await flushing;
  }
}

async function appendAll(files: readonly string[], line: string): Promise<void> {
  for (const file of files) await appendLog(file, [line]);
}

/** What the launch held of environments is free, and no container of it is left. */
export async function letGo(deps: ExecuteDeps, { plan }: CommandRun): Promise<void> {
  await deps.environments.release(plan.launchId).catch((error) => {
    deps.log.warn({ error, run: plan.runId }, 'the environment of a run could not be let go');
  });
}

/** The folders that a run's processes read and write: its own, those of its outputs, and the data that it may write in place. */
export async function foldersOf(
  deps: ExecuteDeps,
  { workspace, plan }: CommandRun,
  places: RunPlaces,
): Promise<string[]> {
  const folders = [join(deps.runsFolder, plan.launchId)];
  for (const [name, output] of Object.entries(plan.outputs)) {
    if (output.mode !== 'ReadWriteMount') continue;
    const path = places.outputs[name] as string;
    folders.push(output.type === 'uri_file' ? dirname(path) : path);
  }
  for (const { value, mode } of Object.values(plan.inputs)) {
    if (value.kind !== 'asset' || mode !== 'ReadWriteMount') continue;
    folders.push(await deps.data.localPath(workspace, value.uri));
  }
  return [...new Set(folders)];
}
