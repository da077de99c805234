import type { BigIntStats } from 'node:fs';
import type { Clock } from '../kernel/clock.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Store } from '../store/index.ts';
import type { BlobName } from './names.ts';
import { type BlobProperties, type BlobState, decodeProperties, derivedState } from './properties.ts';
import type { BlobsTables } from './tables.ts';

export type BlobRow = BlobsTables['blobs_properties'];

/** What files do not keep of blobs: properties, metadata, ETag, times. */
export type BlobRows = {
  find(blob: BlobName): Promise<BlobRow | undefined>;
  /** Those of the names that have a row, by name. */
  findAll(account: string, container: string, names: readonly string[]): Promise<ReadonlyMap<string, BlobRow>>;
  /** Keeps properties for the file as it is now; new ETag and time unless `quiet`. */
  save(
    blob: BlobName,
    found: BigIntStats,
    properties: BlobProperties,
    before: BlobState | undefined,
    quiet?: boolean,
  ): Promise<BlobState>;
  remove(blob: BlobName): Promise<void>;
};

export function createBlobRows(store: Store<BlobsTables>, clock: Clock): BlobRows {
  return {
    find: (blob) =>
      store.read
        .selectFrom('blobs_properties')
        .selectAll()
        .where('account', '=', blob.account)
        .where('container', '=', blob.container)
        .where('name', '=', blob.name)
        .executeTakeFirst(),
    async findAll(account, container, names) {
      const rows = new Map<string, BlobRow>();
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
      return rows;
    },
    async save(blob, found, properties, before, quiet = false) {
      const now = clock.now().toISOString();
      const row: BlobRow = {
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
    },
    async remove(blob) {
      await store.write((writer) =>
        writer
          .deleteFrom('blobs_properties')
          .where('account', '=', blob.account)
          .where('container', '=', blob.container)
          .where('name', '=', blob.name)
          .execute(),
      );
    },
  };
}

/** The row counts while the file is the one it was written for. An append blob may have grown since. */
export function stateOf(found: BigIntStats, row: BlobRow | undefined): BlobState {
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
