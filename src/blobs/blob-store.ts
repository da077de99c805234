import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import type { Files, Store } from '../store/index.ts';
import { BlobError, blobNotFound, containerNotFound } from './blob-error.ts';
import { createBlobRows, stateOf } from './blob-rows.ts';
import { createDrafts, type Draft, type Drafts, moveInto } from './drafts.ts';
import { isHeld } from './lease-state.ts';
import { type BlobName, blobPath, folderPath } from './names.ts';
import { createPathLocks } from './path-locks.ts';
import type { BlobProperties, BlobState } from './properties.ts';
import { createSnapshots, type Snapshots } from './snapshots.ts';
import type { BlobsTables } from './tables.ts';

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
  /** Where bytes are written before they are a blob's. */
  readonly drafts: Drafts;
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
  /**
   * Removes the blob, or the one snapshot that is named.
   * @param snapshots what becomes of a blob's snapshots; without a word a blob that has some stays
   */
  remove(blob: BlobName, check: Check, snapshots?: 'include' | 'only'): Promise<void>;
  /** Keeps what the blob is now. @param metadata instead of the blob's own */
  snapshot(
    blob: BlobName,
    metadata: Readonly<Record<string, string>> | undefined,
    check: Check,
  ): Promise<{ snapshot: string; state: BlobState }>;
  readonly snapshots: Pick<Snapshots, 'list' | 'names'>;
  /** A draft with the bytes of a blob or snapshot, and its state. */
  copyOf(blob: BlobName): Promise<{ path: string; state: BlobState }>;
  /** The states of these names, in their order; undefined for one that is gone. */
  states(account: string, container: string, names: readonly string[]): Promise<(BlobState | undefined)[]>;
};

export function openBlobStore(deps: {
  readonly files: Files;
  readonly store: Store<BlobsTables>;
  readonly clock: Clock;
}): BlobStore {
  const root = deps.files.root;
  const drafts = createDrafts(join(root, '_drafts'));
  const rows = createBlobRows(deps.store, deps.clock);
  const snapshots = createSnapshots({ root, store: deps.store, clock: deps.clock });
  const exclusive = createPathLocks();

  const hasContainer = async (account: string, container: string) => {
    const found = await stat(folderPath(root, account, container, '')).catch(missing);
    return found?.isDirectory() === true;
  };

  const current = async (blob: BlobName): Promise<BlobState | undefined> => {
    const found = await stat(blobPath(root, blob), { bigint: true }).catch(missing);
    return found?.isFile() ? stateOf(found, await rows.find(blob)) : undefined;
  };

  const absent = async (blob: BlobName) =>
    (await hasContainer(blob.account, blob.container)) ? blobNotFound() : containerNotFound();

  return {
    root,
    hasContainer,
    drafts,
    snapshots,
    async state(blob) {
      if (blob.snapshot !== undefined) return (await snapshots.find(blob, blob.snapshot)).state;
      return (await current(blob)) ?? Promise.reject(await absent(blob));
    },
    async open(blob) {
      if (blob.snapshot !== undefined) {
        const { state, path } = await snapshots.find(blob, blob.snapshot);
        return { state, file: await open(path, 'r') };
      }
      const file = await open(blobPath(root, blob), 'r').catch(missing);
      if (!file) throw await absent(blob);
      try {
        const found = await file.stat({ bigint: true });
        if (!found.isFile()) throw await absent(blob);
        return { state: stateOf(found, await rows.find(blob)), file };
      } catch (error) {
        await file.close();
        throw error;
      }
    },
    async commit(blob, draft, properties, check) {
      const target = blobPath(root, blob);
      try {
        return await exclusive(target, async () => {
          const before = await current(blob);
          if (!before && !(await hasContainer(blob.account, blob.container))) throw containerNotFound();
          check(before);
          const found = await stat(draft.path, { bigint: true });
          await moveInto(draft.path, target);
          // Whoever holds a lease on a blob holds it on what takes its place.
          const lease = before?.properties.lease;
          const kept = lease && isHeld(lease, deps.clock.now()) ? { ...properties, lease } : properties;
          return rows.save(blob, found, kept, before);
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
        const before = stateOf(found, await rows.find(blob));
        check(before);
        return rows.save(blob, found, change(before), before, quiet);
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
            const state = await rows.save(blob, await file.stat({ bigint: true }), properties, before);
            return { state, offset: before.size };
          } finally {
            await file.close();
          }
        });
      } finally {
        await rm(draft.path, { force: true });
      }
    },
    async remove(blob, check, which) {
      const target = blobPath(root, blob);
      if (blob.snapshot !== undefined) return snapshots.remove(blob, [await snapshots.find(blob, blob.snapshot)]);
      await exclusive(target, async () => {
        const before = await current(blob);
        if (!before) throw await absent(blob);
        check(before);
        const older = (await snapshots.list(blob.account, blob.container, [blob.name])).get(blob.name) ?? [];
        if (older.length > 0 && which === undefined)
          throw new BlobError(
            409,
            'SnapshotsPresent',
            'The blob has snapshots. Say whether they are to be deleted too.',
          );
        if (which !== undefined) await snapshots.remove(blob, older);
        if (which === 'only') return;
        await rm(target, { force: true });
        await rows.remove(blob);
        await removeEmptyFolders(dirname(target), folderPath(root, blob.account, blob.container, ''));
      });
    },
    async snapshot(blob, metadata, check) {
      const target = blobPath(root, blob);
      return exclusive(target, async () => {
        const before = await current(blob);
        if (!before) throw await absent(blob);
        check(before);
        const { lease: _lease, ...properties } = before.properties;
        const path = await drafts.copyOf(target);
        return snapshots.add(blob, path, before, metadata ? { ...properties, metadata: { ...metadata } } : properties);
      });
    },
    async copyOf(blob) {
      const source = blob.snapshot === undefined ? undefined : await snapshots.find(blob, blob.snapshot);
      if (source) return { path: await drafts.copyOf(source.path), state: source.state };
      const target = blobPath(root, blob);
      return exclusive(target, async () => {
        const state = await current(blob);
        if (!state) throw await absent(blob);
        return { path: await drafts.copyOf(target), state };
      });
    },
    async states(account, container, names) {
      const known = await rows.findAll(account, container, names);
      return Promise.all(
        names.map(async (name) => {
          const found = await stat(blobPath(root, { account, container, name }), { bigint: true }).catch(missing);
          return found?.isFile() ? stateOf(found, known.get(name)) : undefined;
        }),
      );
    },
  };
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

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
