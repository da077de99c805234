import { createHash } from 'node:crypto';
import { type BigIntStats, constants, createReadStream } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../kernel/clock.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Files, Store } from '../store/index.ts';
import { BlobError, blobNotFound, containerNotFound } from './blob-error.ts';
import { type BlobName, blobPath, folderPath } from './names.ts';
import { type BlobProperties, type BlobState, decodeProperties, derivedState } from './properties.ts';
import type { BlobsTables } from './tables.ts';

/** A written file that is not a blob yet. */
export type Draft = { readonly path: string; readonly size: number; readonly md5: string };

/** Asked with the present state under the blob's lock; throws when the write must not happen. */
export type Check = (current: BlobState | undefined) => void;

/** Blobs as files below a root, and beside them what files do not keep. Files that others put there are blobs too. */
export type BlobStore = {
  readonly root: string;
  hasContainer(account: string, container: string): Promise<boolean>;
  /** @throws BlobError BlobNotFound, ContainerNotFound */
  state(blob: BlobName): Promise<BlobState>;
  /** The state, and the file opened in that very state; the caller closes it. */
  open(blob: BlobName): Promise<{ state: BlobState; file: FileHandle }>;
  /** Writes a stream aside, synced to disk. @throws BlobError when it has more than `limit` bytes */
  draft(body: Readable, limit: number): Promise<Draft>;
  discard(draft: Draft): Promise<void>;
  /** A fresh path for a draft that the caller writes. */
  draftPath(): Promise<string>;
  /** Puts a draft in the blob's place, whole. The draft is gone afterwards, whatever happens. */
  commit(blob: BlobName, draft: Draft, properties: BlobProperties, check: Check): Promise<BlobState>;
  /** Changes what is kept beside the bytes; new ETag and time unless `quiet`. */
  update(
    blob: BlobName,
    change: (state: BlobState) => BlobProperties,
    check: Check,
    quiet?: boolean,
  ): Promise<BlobState>;
  /** Adds to the end of the file. `check` sees the state before. */
  append(blob: BlobName, draft: Draft, check: Check): Promise<{ state: BlobState; offset: number }>;
  remove(blob: BlobName, check: Check): Promise<void>;
  /** The states of these names, in their order; undefined for one that is gone. */
  states(account: string, container: string, names: readonly string[]): Promise<(BlobState | undefined)[]>;
};

type Row = BlobsTables['blobs_properties'];

export function openBlobStore(deps: {
  readonly files: Files;
  readonly store: Store<BlobsTables>;
  readonly clock: Clock;
}): BlobStore {
  const { store, clock } = deps;
  const root = deps.files.root;
  const drafts = join(root, '_drafts');
  const exclusive = createLocks();

  const rowOf = (blob: BlobName) =>
    store.read
      .selectFrom('blobs_properties')
      .selectAll()
      .where('account', '=', blob.account)
      .where('container', '=', blob.container)
      .where('name', '=', blob.name)
      .executeTakeFirst();

  const hasContainer = async (account: string, container: string) => {
    const found = await stat(folderPath(root, account, container, '')).catch(missing);
    return found?.isDirectory() === true;
  };

  const current = async (blob: BlobName): Promise<BlobState | undefined> => {
    const found = await stat(blobPath(root, blob), { bigint: true }).catch(missing);
    return found?.isFile() ? stateOf(found, await rowOf(blob)) : undefined;
  };

  const absent = async (blob: BlobName) =>
    (await hasContainer(blob.account, blob.container)) ? blobNotFound() : containerNotFound();

  const save = async (
    blob: BlobName,
    found: BigIntStats,
    properties: BlobProperties,
    before: BlobState | undefined,
    quiet = false,
  ): Promise<BlobState> => {
    const now = clock.now().toISOString();
    const row: Row = {
      account: blob.account,
      container: blob.container,
      name: blob.name,
      size: Number(found.size),
      modified_ns: String(found.mtimeNs),
      etag: quiet && before ? before.etag : `0x8D${newGuid().replaceAll('-', '').slice(0, 13).toUpperCase()}`,
      modified_at: quiet && before ? before.modified.toISOString() : now,
      created_at: before?.created.toISOString() ?? now,
      properties: JSON.stringify(properties),
    };
    await store.write((writer) =>
      writer
        .insertInto('blobs_properties')
        .values(row)
        .onConflict((on) => on.columns(['account', 'container', 'name']).doUpdateSet(row))
        .execute(),
    );
    return stateOf(found, row);
  };

  const draftPath = async () => {
    await mkdir(drafts, { recursive: true, mode: 0o700 });
    return join(drafts, newGuid());
  };

  return {
    root,
    hasContainer,
    draftPath,
    async state(blob) {
      return (await current(blob)) ?? Promise.reject(await absent(blob));
    },
    async open(blob) {
      const file = await open(blobPath(root, blob), 'r').catch(missing);
      if (!file) throw await absent(blob);
      try {
        const found = await file.stat({ bigint: true });
        if (!found.isFile()) throw await absent(blob);
        return { state: stateOf(found, await rowOf(blob)), file };
      } catch (error) {
        await file.close();
        throw error;
      }
    },
    async draft(body, limit) {
      const path = await draftPath();
      try {
        const file = await open(path, 'wx', 0o600);
        const meter = createMeter(limit);
        await pipeline(body, meter.stream, file.createWriteStream({ flush: true }));
        return { path, size: meter.size(), md5: meter.md5() };
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    discard: (draft) => rm(draft.path, { force: true }),
    async commit(blob, draft, properties, check) {
      const target = blobPath(root, blob);
      try {
        return await exclusive(target, async () => {
          const before = await current(blob);
          if (!before && !(await hasContainer(blob.account, blob.container))) throw containerNotFound();
          check(before);
          const found = await stat(draft.path, { bigint: true });
          await moveInto(draft.path, target);
          return save(blob, found, properties, before);
        });
      } finally {
        await rm(draft.path, { force: true });
      }
    },
    async update(blob, change, check, quiet) {
      const target = blobPath(root, blob);
      return exclusive(target, async () => {
        const found = await stat(target, { bigint: true }).catch(missing);
        if (!found?.isFile()) throw await absent(blob);
        const before = stateOf(found, await rowOf(blob));
        check(before);
        return save(blob, found, change(before), before, quiet);
      });
    },
    async append(blob, draft, check) {
      const target = blobPath(root, blob);
      try {
        return await exclusive(target, async () => {
          const before = await current(blob);
          if (!before) throw await absent(blob);
          check(before);
          const file = await open(target, 'a');
          try {
            for await (const piece of createReadStream(draft.path)) await file.appendFile(piece as Buffer);
            await file.sync();
            const properties = { ...before.properties, appendedBlocks: (before.properties.appendedBlocks ?? 0) + 1 };
            delete properties.contentMd5;
            const state = await save(blob, await file.stat({ bigint: true }), properties, before);
            return { state, offset: before.size };
          } finally {
            await file.close();
          }
        });
      } finally {
        await rm(draft.path, { force: true });
      }
    },
    async remove(blob, check) {
      const target = blobPath(root, blob);
      await exclusive(target, async () => {
        const before = await current(blob);
        if (!before) throw await absent(blob);
        check(before);
        await rm(target, { force: true });
        await store.write((writer) =>
          writer
            .deleteFrom('blobs_properties')
            .where('account', '=', blob.account)
            .where('container', '=', blob.container)
            .where('name', '=', blob.name)
            .execute(),
        );
        await removeEmptyFolders(dirname(target), folderPath(root, blob.account, blob.container, ''));
      });
    },
    async states(account, container, names) {
      const rows = new Map<string, Row>();
      // Below the number of parameters that every SQLite takes in one statement.
      for (let start = 0; start < names.length; start += 500) {
        const part = await store.read
          .selectFrom('blobs_properties')
          .selectAll()
          .where('account', '=', account)
          .where('container', '=', container)
          .where('name', 'in', names.slice(start, start + 500))
          .execute();
        for (const row of part) rows.set(row.name, row);
      }
      return Promise.all(
        names.map(async (name) => {
          const found = await stat(blobPath(root, { account, container, name }), { bigint: true }).catch(missing);
          return found?.isFile() ? stateOf(found, rows.get(name)) : undefined;
        }),
      );
    },
  };
}

/** The row counts while the file is the one it was written for. An append blob may have grown since. */
function stateOf(found: BigIntStats, row: Row | undefined): BlobState {
  const size = Number(found.size);
  if (!row) return derivedState(found);
  const properties = decodeProperties(row.properties);
  const same = Number(row.size) === size && row.modified_ns === String(found.mtimeNs);
  if (same)
    return {
      size,
      etag: row.etag,
      modified: new Date(row.modified_at),
      created: new Date(row.created_at),
      properties,
    };
  if (properties.type === 'AppendBlob' && size >= Number(row.size))
    return { ...derivedState(found), created: new Date(row.created_at), properties };
  return derivedState(found);
}

/** Makes a folder's parents and renames into place. A blob cannot lie where others have a folder, nor below a blob. */
async function moveInto(draft: string, target: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(draft, target);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A concurrent delete may take the emptied folder away between the two calls.
      if (code === 'ENOENT' && attempt < 5) continue;
      if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST' || code === 'ENOTEMPTY')
        throw new BlobError(
          409,
          'PathConflict',
          'A name cannot be both a blob and a folder of blobs here. Choose another name, or delete what has it.',
        );
      if (code === 'ENOSPC')
        throw new BlobError(507, 'InsufficientStorage', 'The disk is full. Make room and send it again.');
      throw error;
    }
  }
}

async function removeEmptyFolders(folder: string, top: string): Promise<void> {
  for (let at = folder; at.startsWith(`${top}/`); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
}

/** Copies a file for a draft, sharing its blocks where the file system can. */
export async function copyToDraft(store: BlobStore, source: string): Promise<string> {
  const path = await store.draftPath();
  await copyFile(source, path, constants.COPYFILE_FICLONE);
  return path;
}

function createMeter(limit: number): { stream: Transform; size(): number; md5(): string } {
  const hash = createHash('md5');
  let size = 0;
  const stream = new Transform({
    transform(piece: Buffer, _encoding, done) {
      size += piece.length;
      if (size > limit)
        return done(new BlobError(413, 'RequestBodyTooLarge', `The body is larger than the ${limit} bytes allowed.`));
      hash.update(piece);
      done(null, piece);
    },
  });
  return { stream, size: () => size, md5: () => hash.digest('base64') };
}

/** Runs work on one path at a time. */
function createLocks(): <T>(path: string, work: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>();
  return async (path, work) => {
    const before = tails.get(path) ?? Promise.resolve();
    const mine = before.then(work, work);
    const tail = mine.catch(() => {});
    tails.set(path, tail);
    try {
      return await mine;
    } finally {
      if (tails.get(path) === tail) tails.delete(path);
    }
  };
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
