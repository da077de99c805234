import { appendFileSync, createReadStream, createWriteStream, writeFileSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { newGuid } from '../kernel/ids.ts';
import { insideRoot } from '../kernel/paths.ts';

export type FileInfo = { readonly path: string; readonly size: number; readonly modified: Date };

/** Large bytes: logs, artifacts, snapshots, models. Paths are relative, divided by `/`, and stay inside the root. */
export type Files = {
  readonly root: string;
  /** The absolute path of a file, for a process that must read it itself. */
  pathOf(path: string): string;
  /** Writes a whole file so that it is there entirely or not at all, and on disk when the promise resolves. */
  write(path: string, data: Uint8Array | string): Promise<void>;
  /** As `write`, from a stream; nothing is kept of a stream that breaks off. Absent: an empty file. */
  receive(path: string, source: NodeJS.ReadableStream | undefined): Promise<void>;
  append(path: string, data: Uint8Array | string): Promise<void>;
  /** Writes a file in place from its beginning, for one that nobody reads yet. Not on disk for certain when the promise resolves. */
  begin(path: string, data: Uint8Array): Promise<void>;
  read(path: string): Promise<Buffer>;
  /** Bytes `start` to `end`, both inclusive, as a stream. */
  stream(path: string, range?: { start?: number; end?: number }): Readable;
  info(path: string): Promise<FileInfo | undefined>;
  /** Every file below a folder, sorted by path; none when the folder isn't there. */
  list(folder: string): Promise<readonly FileInfo[]>;
  remove(path: string): Promise<void>;
};

/** Bytes that are written at once. */
const SMALL = 64 * 1024;
/** Folders that are remembered as made. */
const MOST_FOLDERS = 10_000;

/** Files below `root`, which is made on the first write. */
export function openFiles(root: string): Files {
  const pathOf = (path: string) => insideRoot(root, path);
  const madeFolders = new Set<string>();
  const ready = async (path: string) => {
    const folder = dirname(path);
    if (!madeFolders.has(folder)) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (madeFolders.size >= MOST_FOLDERS) madeFolders.clear();
      madeFolders.add(folder);
    }
  };
  return {
    root,
    pathOf,
    async write(path, data) {
      const target = pathOf(path);
      await ready(target);
      const draft = `${target}.${newGuid()}.part`;
      try {
        await writeFile(draft, data, { flag: 'wx', mode: 0o600, flush: true });
        await rename(draft, target);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
    async receive(path, source) {
      const target = pathOf(path);
      await ready(target);
      const draft = `${target}.${newGuid()}.part`;
      try {
        await pipeline(
          source ?? Readable.from([]),
          createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }),
        );
        await rename(draft, target);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
    async append(path, data) {
      const target = pathOf(path);
      await ready(target);
      // Handing a small write to another thread and back costs several times the write.
      if (data.length <= SMALL) appendFileSync(target, data, { mode: 0o600 });
      else await appendFile(target, data, { mode: 0o600 });
    },
    async begin(path, data) {
      const target = pathOf(path);
      await ready(target);
      if (data.length <= SMALL) writeFileSync(target, data, { mode: 0o600 });
      else await writeFile(target, data, { mode: 0o600 });
    },
    read: (path) => readFile(pathOf(path)),
    stream: (path, range) => createReadStream(pathOf(path), range),
    info: (path) => infoOf(pathOf(path), path),
    list: (folder) => listBelow(pathOf(folder), folder.replace(/\/+$/, '')),
    async remove(path) {
      madeFolders.clear();
      await rm(pathOf(path), { recursive: true, force: true });
    },
  };
}

async function infoOf(absolute: string, path: string): Promise<FileInfo | undefined> {
  try {
    const found = await stat(absolute);
    return found.isFile() ? { path, size: found.size, modified: found.mtime } : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR')
      return undefined;
    throw error;
  }
}

async function listBelow(absolute: string, prefix: string): Promise<FileInfo[]> {
  const entries = await readdir(absolute, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const found: FileInfo[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = prefix === '' || prefix === '.' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await listBelow(`${absolute}/${entry.name}`, path)));
    else if (!entry.name.endsWith('.part')) {
      const info = await infoOf(`${absolute}/${entry.name}`, path);
      if (info) found.push(info);
    }
  }
  return found;
}
