import { lstatSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { notFound } from '../../kernel/errors.ts';
import { copyTree } from '../data/copy-tree.ts';
import type { ReadOnlyMount } from '../data/read-only-mount.ts';
import type { Workspace } from '../types.ts';
import type { DataReferences } from './data-reference.ts';
import type { RunPlaces } from './job-variables.ts';
import { placeInput } from './place-input.ts';
import type { PlannedOutput, RunPlan } from './plan.ts';

/** What a run leaves in these folders of its working folder becomes its artifacts. */
export const ARTIFACT_FOLDERS = ['outputs', 'logs'];

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

/**
 * Makes the folders of a run: a private copy of the code as working folder, with the folders for artifacts in it; the inputs by name (`placeInput`); the
 * outputs where their data is to lie, those that are uploaded in a folder of the run's own first.
 * @param folder the run's own folder; what an earlier attempt that never launched left there is removed
 */
export async function makeRunFolders(
  folder: string,
  workspace: Workspace,
  plan: RunPlan,
  codePath: string | undefined,
  data: DataReferences,
  signal: AbortSignal,
): Promise<RunPlaces> {
  const workingFolder = join(folder, 'wd');
  const dataFolder = join(folder, 'data');
  const temporaryFolder = join(folder, 'tmp');
  // Small and many: the synchronous calls cost a tenth of a trip through the thread pool, and a pipeline waits for each of them.
  // What the launch itself wrote stays: it is what keeps a second launch from starting anything.
  for (const made of [workingFolder, dataFolder, temporaryFolder])
    if (statSync(made, { throwIfNoEntry: false })) rmSync(made, { recursive: true, force: true });
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  mkdirSync(temporaryFolder);
  if (codePath === undefined) mkdirSync(workingFolder);
  else
    await copyTree(codePath, workingFolder).catch((error) => {
      throw isMissing(error)
        ? notFound(`The code of '${plan.displayName}' was never uploaded: nothing is stored under its snapshot.`)
        : error;
    });
  // A script writes to them without making them (documented: `echo hello > ./outputs/helloworld.txt`).
  for (const name of ARTIFACT_FOLDERS) {
    const made = join(workingFolder, name);
    if (!lstatSync(made, { throwIfNoEntry: false })) mkdirSync(made);
  }

  const mounts: ReadOnlyMount[] = [];
  const inputs: Record<string, string> = {};
  for (const [name, input] of Object.entries(plan.inputs)) {
    if (input.value.kind === 'literal') inputs[name] = input.value.value;
    else if (input.mode === 'Direct') inputs[name] = input.value.uri;
    else
      inputs[name] = await placeInput(
        dataFolder,
        { name, type: input.value.type, uri: input.value.uri, mode: input.mode },
        { workspace, data, signal, mounts },
      );
  }
  const outputs: Record<string, string> = {};
  for (const [name, output] of Object.entries(plan.outputs)) {
    if (output.mode === 'Direct') {
      outputs[name] = output.uri;
      continue;
    }
    const target = await data.localPath(workspace, output.uri);
    const path = output.mode === 'Upload' ? uploadPath(folder, name, output, target) : target;
    mkdirSync(output.type === 'uri_file' ? join(path, '..') : path, { recursive: true, mode: 0o700 });
    outputs[name] = path;
  }
  return { inputs, outputs, dataFolder, workingFolder, temporaryFolder, mounts };
}

/** Where a run writes an output that is uploaded when it has ended. */
function uploadPath(folder: string, name: string, output: PlannedOutput, target: string): string {
  const own = join(folder, 'data', name);
  return output.type === 'uri_file' ? join(own, basename(target)) : own;
}

/** Copies the outputs that are uploaded to where they are to lie. What the run did not write is left out. */
export async function uploadOutputs(
  folder: string,
  workspace: Workspace,
  plan: RunPlan,
  data: DataReferences,
): Promise<void> {
  for (const [name, output] of Object.entries(plan.outputs)) {
    if (output.mode !== 'Upload') continue;
    const target = await data.localPath(workspace, output.uri);
    const made = uploadPath(folder, name, output, target);
    if (!statSync(made, { throwIfNoEntry: false })) continue;
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    await copyTree(made, target);
  }
}
