import { statSync } from 'node:fs';
import { glob, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { invalid, notFound } from '../../kernel/errors.ts';
import { insideRoot } from '../../kernel/paths.ts';
import { copyTree } from '../data/copy-tree.ts';
import { readTablePaths, splitPattern, type TablePath } from '../data/mltable.ts';
import { canMount, isCostlyToCopy, type ReadOnlyMount } from '../data/read-only-mount.ts';
import type { AssetType, Workspace } from '../types.ts';
import type { DataReferences } from './data-reference.ts';
import type { InputMode } from './plan.ts';

export type InputToPlace = {
  readonly name: string;
  readonly type: AssetType;
  readonly uri: string;
  readonly mode: Exclude<InputMode, 'Direct'>;
};

type Placing = {
  readonly workspace: Workspace;
  readonly data: DataReferences;
  readonly signal: AbortSignal;
  /** Takes the mounts that the run's processes are to have. */
  readonly mounts: ReadOnlyMount[];
};

/** Most files that an evaluated table may come to. */
const TABLE_FILES = 100_000;

/**
 * Puts an input where its run reads it: a copy for a download and for a read-only mount, so that no run can change the data of others (as clones that
 * share their blocks where the file system can; the files of a mount cannot be written), a link for a mount that may be written. Much data that can't be
 * cloned is mounted where the system allows it. The files of a table in the modes `eval_…` are those that its paths name.
 * @param folder the run's folder of inputs
 * @returns the path that the command gets: a file keeps its name, since what reads it may go by the extension
 * @throws not-found when there is no data
 */
export async function placeInput(folder: string, input: InputToPlace, placing: Placing): Promise<string> {
  const { workspace, data, signal } = placing;
  const root = join(folder, `INPUT_${input.name}`);
  return data.withLocal(workspace, input.uri, signal, async (source, isWeb) => {
    const info = statSync(source, { throwIfNoEntry: false });
    if (!info) throw notFound(`There is no data for the input '${input.name}': ${input.uri} is empty.`);
    if (isWeb && input.type !== 'uri_file')
      throw invalid(
        `The input '${input.name}' is a ${input.type} at ${input.uri.split('?')[0]}: only a single file can be read over http. Give it the type uri_file, or copy the folder into a datastore.`,
        { wire: 'UserError' },
      );
    if (isWeb && input.mode === 'ReadWriteMount')
      throw invalid(
        `The input '${input.name}' is read over http and can't be mounted for writing: use ro_mount or download.`,
        {
          wire: 'UserError',
        },
      );
    const isEvaluated = input.type === 'mltable' && (input.mode === 'EvalMount' || input.mode === 'EvalDownload');
    if (isEvaluated && info.isDirectory()) {
      await placeTable(source, root, input, placing);
      return root;
    }
    const target = info.isDirectory() ? root : join(root, basename(source));
    const mount = { source, target };
    const isReadOnly = input.mode === 'ReadOnlyMount' || input.mode === 'EvalMount';
    if (isReadOnly && !isWeb && (await isCostlyToCopy(source, folder))) {
      await mkdir(info.isDirectory() ? target : root, { recursive: true });
      if (!info.isDirectory()) await writeFile(target, '');
      if (await canMount(mount)) {
        placing.mounts.push(mount);
        return target;
      }
    }
    await place(source, target, input.mode);
    return target;
  });
}

async function place(source: string, target: string, mode: InputToPlace['mode']): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if (mode === 'ReadWriteMount') await symlink(source, target);
  else await copyTree(source, target, { readOnly: mode === 'ReadOnlyMount' || mode === 'EvalMount' });
}

/** What the paths of a table come to: those of its own folder under their names there, those of elsewhere under their own. */
async function placeTable(source: string, root: string, input: InputToPlace, placing: Placing): Promise<void> {
  const text = await readFile(join(source, 'MLTable'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw invalid(`The input '${input.name}' is an mltable, and ${input.uri} holds no file MLTable.`);
    throw error;
  });
  await mkdir(root);
  let count = 0;
  const add = async (from: string, as: string) => {
    if (++count > TABLE_FILES) throw invalid(`The table '${input.name}' comes to more than ${TABLE_FILES} files.`);
    await place(from, insideRoot(root, as), input.mode);
  };
  for (const path of readTablePaths(text)) {
    const { base, glob: pattern } = path.kind === 'pattern' ? splitPattern(path.place) : { base: path.place, glob: '' };
    const isElsewhere = /^[a-z]+:/i.test(base);
    const each = async (from: string) => {
      for (const found of pattern === '' ? [from] : await matches(from, pattern))
        await add(found, isElsewhere ? nameFrom(from, found) : relative(source, found));
    };
    if (!isElsewhere) await each(await there(insideRoot(source, base), path, input));
    else {
      const { uri } = await placing.data.resolve(placing.workspace, base);
      await placing.data.withLocal(placing.workspace, uri, placing.signal, async (from) =>
        each(await there(from, path, input)),
      );
    }
  }
}

/** A file's own name, or its path below the folder that a pattern searches. */
function nameFrom(from: string, found: string): string {
  return from === found ? basename(found) : relative(from, found);
}

async function there(path: string, { place: named }: TablePath, input: InputToPlace): Promise<string> {
  if (!(await stat(path).catch(() => undefined)))
    throw notFound(`The table '${input.name}' names '${named}', and there is no such data.`);
  return path;
}

/** The files that match below a folder, in order. */
async function matches(folder: string, pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const name of glob(pattern, { cwd: folder })) {
    const path = insideRoot(folder, name);
    if ((await stat(path)).isFile()) found.push(path);
  }
  return found.sort();
}
