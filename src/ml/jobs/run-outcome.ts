import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { LaunchState } from '../../drivers/driver.ts';
import { messageOf } from '../../kernel/errors.ts';
import { storageFault } from '../../kernel/storage-fault.ts';
import { copyTree } from '../data/copy-tree.ts';
import type { RunError, RunValue } from '../types.ts';
import type { CommandRun, ExecuteDeps, Outcome } from './command-run.ts';
import { processVariables } from './job-variables.ts';
import { ARTIFACT_FOLDERS, uploadOutputs } from './run-folders.ts';
import { logName, runArtifact } from './run-logs.ts';

/** How much of a failed run's log its error shows. */
const ERROR_LINES = 20;
const ERROR_BYTES = 8 * 1024;

export const DISK_FULL = "the disk of Millrace's data directory is full. Free some space, then submit the job again.";

/** How a run ended, in the words that its user reads. */
export async function outcomeOf(deps: ExecuteDeps, run: CommandRun, state: LaunchState): Promise<Outcome> {
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

/** Keeps outputs and artifacts. @returns how the run ends when they could not be kept; undefined when they are */
export async function keepWhatWasMade(deps: ExecuteDeps, run: CommandRun): Promise<Outcome | undefined> {
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

const isEmptyFolder = (path: string) => statSync(path).isDirectory() && readdirSync(path).length === 0;

/** What the command left in `./outputs` and `./logs` becomes artifacts of the run. */
async function keepArtifacts(deps: ExecuteDeps, run: CommandRun): Promise<void> {
  const working = join(deps.runsFolder, run.plan.launchId, 'wd');
  for (const name of ARTIFACT_FOLDERS) {
    const made = join(working, name);
    if (existsSync(made) && !isEmptyFolder(made))
      await copyTree(made, runArtifact(deps.blobs, run.workspace, run.plan.runId, name));
  }
}
