import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { folderPath, segmentOf } from './names.ts';

export type Found = { readonly kind: 'blob' | 'prefix'; readonly name: string };

export type WalkRequest = {
  readonly account: string;
  readonly container: string;
  /** Only names that begin with it. */
  readonly prefix: string;
  /** Names up to and including their first `delimiter` after the prefix are given once, as a prefix. Empty: every blob. */
  readonly delimiter: string;
  /** Begin at this name, inclusive. */
  readonly from: string;
};

/**
 * Gives the blobs of a container in the order of their names. It reads only the folders that can hold what is asked for, and one at a
 * time, so that a page of a large container costs what the page costs.
 */
export async function* walk(root: string, request: WalkRequest): AsyncGenerator<Found> {
  const { prefix, delimiter, from } = request;
  const slash = prefix.lastIndexOf('/');
  const base = prefix.slice(0, slash + 1);
  // With the usual delimiter a folder is one prefix, and its contents need no look.
  const stopAtFolders = delimiter === '/';
  let last: string | undefined;
  const start = folderPath(root, request.account, request.container, base);
  for await (const found of below(start, base, { prefix, from, stopAtFolders })) {
    const cut = found.kind === 'blob' && delimiter !== '' ? found.name.indexOf(delimiter, prefix.length) : -1;
    const grouped = cut < 0 ? found : { kind: 'prefix' as const, name: found.name.slice(0, cut + delimiter.length) };
    if (grouped.name < from && grouped.kind === 'prefix') continue;
    if (grouped.kind === 'prefix') {
      if (grouped.name === last) continue;
      last = grouped.name;
    }
    yield grouped;
  }
}

async function* below(
  folder: string,
  base: string,
  limits: { prefix: string; from: string; stopAtFolders: boolean },
): AsyncGenerator<Found> {
  const { prefix, from, stopAtFolders } = limits;
  for (const entry of await entriesOf(folder)) {
    const name = base + entry.key;
    if (entry.isFolder) {
      const reachesPrefix = name.startsWith(prefix) || prefix.startsWith(name);
      const reachesFrom = name >= from || from.startsWith(name);
      if (!reachesPrefix || !reachesFrom) continue;
      const path = join(folder, entry.fileName);
      if (stopAtFolders && name.startsWith(prefix) && name.length > prefix.length) {
        if (await holdsBlobs(path)) yield { kind: 'prefix', name };
      } else yield* below(path, name, limits);
    } else if (name >= from && name.startsWith(prefix)) yield { kind: 'blob', name };
  }
}

type Entry = { readonly key: string; readonly fileName: string; readonly isFolder: boolean };

/** A folder's entries in the order of the names that they lead to: a folder sorts as its name and a slash. */
async function entriesOf(folder: string): Promise<Entry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [] as Dirent[];
    throw error;
  });
  const found: Entry[] = [];
  for (const entry of entries) {
    const segment = segmentOf(entry.name);
    if (entry.isDirectory()) found.push({ key: `${segment}/`, fileName: entry.name, isFolder: true });
    else if (entry.isFile() || (await isLinkToFile(folder, entry)))
      found.push({ key: segment, fileName: entry.name, isFolder: false });
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** A link to a file that a program left among its outputs is a blob; one to a folder could lead in circles, and is none. */
async function isLinkToFile(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  const target = await stat(join(folder, entry.name)).catch(() => undefined);
  return target?.isFile() === true;
}

async function holdsBlobs(folder: string): Promise<boolean> {
  for await (const _found of below(folder, '', { prefix: '', from: '', stopAtFolders: false })) return true;
  return false;
}
