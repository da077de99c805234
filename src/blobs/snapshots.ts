import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Store } from '../store/index.ts';
import { blobNotFound } from './blob-error.ts';
import type { BlobName } from './names.ts';
import { type BlobProperties, type BlobState, decodeProperties } from './properties.ts';
import type { BlobsTables } from './tables.ts';

/** Beside the accounts, below the root of the service. */
export const SNAPSHOTS_FOLDER = '_snapshots';

/** What a blob was at a moment. */
export type Snapshot = { readonly snapshot: string; readonly state: BlobState; readonly path: string };

/** Snapshots: their bytes lie in a folder of their own, beside the accounts, where no list and no program comes across them. */
export type Snapshots = {
  /** @throws BlobError BlobNotFound */
  find(blob: BlobName, snapshot: string): Promise<Snapshot>;
  /** Those of the names that have some, each name's from the oldest on. */
  list(account: string, container: string, names: readonly string[]): Promise<ReadonlyMap<string, readonly Snapshot[]>>;
  /** The names below a prefix that have some, in order. */
  names(account: string, container: string, prefix: string): Promise<string[]>;
  /** Takes over the file at `path`. */
  add(blob: BlobName, path: string, state: BlobState, properties: BlobProperties): Promise<Snapshot>;
  remove(blob: BlobName, snapshots: readonly Snapshot[]): Promise<void>;
};

export function createSnapshots(deps: {
  readonly root: string;
  readonly store: Store<BlobsTables>;
  readonly clock: Clock;
}): Snapshots {
  const { store, clock } = deps;
  const folder = join(deps.root, SNAPSHOTS_FOLDER);
  type Row = BlobsTables['blobs_snapshots'];
  const read = async (row: Row): Promise<Snapshot | undefined> => {
    const path = join(folder, row.file);
    const found = await stat(path).catch(() => undefined);
    if (!found) return undefined;
    const state = {
      size: found.size,
      etag: row.etag,
      modified: new Date(row.modified_at),
      created: new Date(row.created_at),
      properties: decodeProperties(row.properties),
    };
    return { snapshot: row.snapshot, state, path };
  };
  const rowsOf = (account: string, container: string, names: readonly string[]) =>
    store.read
      .selectFrom('blobs_snapshots')
      .selectAll()
      .where('account', '=', account)
      .where('container', '=', container)
      .where('name', 'in', names)
      .orderBy('snapshot')
      .execute();
  const list: Snapshots['list'] = async (account, container, names) => {
    const found = new Map<string, Snapshot[]>();
    // Below the number of parameters that every SQLite takes in one statement.
    for (let start = 0; start < names.length; start += 500)
      for (const row of await rowsOf(account, container, names.slice(start, start + 500))) {
        const snapshot = await read(row);
        if (snapshot) found.set(row.name, [...(found.get(row.name) ?? []), snapshot]);
      }
    return found;
  };
  return {
    list,
    async find(blob, snapshot) {
      const rows = await rowsOf(blob.account, blob.container, [blob.name]);
      const row = rows.find((candidate) => candidate.snapshot === snapshot);
      const found = row && (await read(row));
      if (!found) throw blobNotFound();
      return found;
    },
    async names(account, container, prefix) {
      const rows = await store.read
        .selectFrom('blobs_snapshots')
        .select('name')
        .distinct()
        .where('account', '=', account)
        .where('container', '=', container)
        .execute();
      return rows
        .map((row) => row.name)
        .filter((name) => name.startsWith(prefix))
        .sort();
    },
    async add(blob, path, state, properties) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = newGuid();
      await rename(path, join(folder, file));
      const taken = new Set((await rowsOf(blob.account, blob.container, [blob.name])).map((row) => row.snapshot));
      const row: Row = {
        account: blob.account,
        container: blob.container,
        name: blob.name,
        snapshot: momentOf(clock.now(), taken),
        file,
        etag: state.etag,
        modified_at: state.modified.toISOString(),
        created_at: state.created.toISOString(),
        properties: JSON.stringify(properties),
      };
      await store.write((writer) => writer.insertInto('blobs_snapshots').values(row).execute());
      return { snapshot: row.snapshot, state: { ...state, properties }, path: join(folder, file) };
    },
    async remove(blob, snapshots) {
      if (snapshots.length === 0) return;
      await store.write((writer) =>
        writer
          .deleteFrom('blobs_snapshots')
          .where('account', '=', blob.account)
          .where('container', '=', blob.container)
          .where('name', '=', blob.name)
          .where(
            'snapshot',
            'in',
            snapshots.map(({ snapshot }) => snapshot),
          )
          .execute(),
      );
      for (const { path } of snapshots) await rm(path, { force: true });
    },
  };
}

/** A time with seven digits of a second, as the service writes it, that the blob has no snapshot of yet. */
function momentOf(now: Date, taken: ReadonlySet<string>): string {
  for (let tick = 0; ; tick++) {
    const moment = `${now.toISOString().slice(0, 23)}${String(tick).padStart(4, '0')}Z`;
    if (!taken.has(moment)) return moment;
  }
}
