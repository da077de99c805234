import { constants, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { notFound } from '../../kernel/errors.ts';
import type { Workspace } from '../types.ts';
import type { DataReferences } from './data-reference.ts';
import type { RunPlaces } from './job-variables.ts';
import type { RunPlan } from './plan.ts';

/** Copies a file or a folder with everything below it; as a clone where the file system can. Links are followed. */
export async function copyTree(from: string, to: string): Promise<void> {
  const info = await stat(from);
  if (!info.isDirectory()) return copyFile(from, to, constants.COPYFILE_FICLONE);
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from)) await copyTree(join(from, entry), join(to, entry));
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

/**
 * Makes the folders of a run: a private copy of the code as working folder, the inputs by name, the outputs where their data is to lie.
 * Mounted inputs are links to the data, downloaded ones copies, direct ones stay URIs.
 * @param folder the run's own folder; what an earlier attempt that never launched left there is removed
 */
export async function makeRunFolders(
  folder: string,
  workspace: Workspace,
  plan: RunPlan,
  codePath: string | undefined,
  data: DataReferences,
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

  const inputs: Record<string, string> = {};
  for (const [name, input] of Object.entries(plan.inputs)) {
    if (input.value.kind === 'literal') inputs[name] = input.value.value;
    else if (input.mode === 'Direct') inputs[name] = input.value.uri;
    else inputs[name] = await placeInput(dataFolder, workspace, name, input.value, input.mode, data);
  }
  const outputs: Record<string, string> = {};
  for (const [name, output] of Object.entries(plan.outputs)) {
    if (output.mode === 'Direct') {
      outputs[name] = output.uri;
      continue;
    }
    const path = await data.localPath(workspace, output.uri);
    mkdirSync(output.type === 'uri_file' ? join(path, '..') : path, { recursive: true, mode: 0o700 });
    outputs[name] = path;
  }
  return { inputs, outputs, dataFolder, workingFolder, temporaryFolder };
}

async function placeInput(
  dataFolder: string,
  workspace: Workspace,
  name: string,
  value: { readonly type: string; readonly uri: string },
  mode: string,
  data: DataReferences,
): Promise<string> {
  const source = await data.localPath(workspace, value.uri);
  const info = statSync(source, { throwIfNoEntry: false });
  if (!info) throw notFound(`There is no data for the input '${name}': ${value.uri} is empty.`);
  const root = join(dataFolder, `INPUT_${name}`);
  let target = root;
  if (!info.isDirectory()) {
    // A file keeps its name: what reads it may go by the extension.
    mkdirSync(root);
    target = join(root, basename(source));
  }
  if (mode === 'Download' || mode === 'EvalDownload') await copyTree(source, target);
  else symlinkSync(source, target);
  return target;
}
