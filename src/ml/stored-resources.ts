import type { Clock } from '../kernel/clock.ts';
import { invalid } from '../kernel/errors.ts';
import type { Store, Vault } from '../store/index.ts';
import { type MlTables, nextSequence } from './tables.ts';
import type { Json } from './wire-fields.ts';

/** A resource of Resource Manager that is kept as it was sent: a workspace's connection, its vault, a role assignment. */
export type StoredResource = {
  /** The whole resource id, as it was first written. Found in any casing. */
  readonly id: string;
  readonly document: Json;
  /** ISO-8601. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly modifiedAt?: string;
};

export type StoredResources = {
  find(id: string): Promise<StoredResource | undefined>;
  /** Those directly in a collection: `{workspace id}/connections`. Oldest first. */
  list(collection: string): Promise<readonly StoredResource[]>;
  /** Everything below an id, at any depth. Oldest first. */
  below(id: string): Promise<readonly StoredResource[]>;
  /**
   * Makes the resource or changes the one that is there.
   * @param secrets what no document holds; sealed at rest. Absent: the secrets that are there stay
   */
  put(
    id: string,
    document: Json,
    by: string,
    secrets?: Json,
  ): Promise<{ readonly resource: StoredResource; readonly created: boolean }>;
  secrets(id: string): Promise<Json | undefined>;
  /** Removes the resource and everything below it. @returns whether it was there */
  remove(id: string): Promise<boolean>;
  /** Removes everything below an id. */
  removeBelow(id: string): Promise<void>;
};

const LONGEST_ID = 1024;

const keyOf = (id: string) => id.toLowerCase().replace(/\/+$/, '');

/** The collection that a resource is in: its id without the name at the end. */
const collectionOf = (key: string) => key.slice(0, key.lastIndexOf('/'));

/** Opens the stored resources. */
export function createStoredResources(deps: { store: Store<MlTables>; clock: Clock; vault: Vault }): StoredResources {
  const { store, clock, vault } = deps;
  const resourceOf = (row: { document: string }) => JSON.parse(row.document) as StoredResource;
  const find = async (id: string) => {
    const row = await store.read
      .selectFrom('ml_resources')
      .select('document')
      .where('id_key', '=', keyOf(id))
      .executeTakeFirst();
    return row && resourceOf(row);
  };
  // The keys below `a` begin with `a/`: they lie between `a/` and `a0`, since `0` follows `/`.
  const removeBelow = (id: string) =>
    store.write(async (writer) => {
      await writer
        .deleteFrom('ml_resources')
        .where('id_key', '>', `${keyOf(id)}/`)
        .where('id_key', '<', `${keyOf(id)}0`)
        .execute();
    });
  return {
    find,
    removeBelow,
    async list(collection) {
      const rows = await store.read
        .selectFrom('ml_resources')
        .select('document')
        .where('collection_key', '=', keyOf(collection))
        .orderBy('sequence')
        .execute();
      return rows.map(resourceOf);
    },
    async below(id) {
      const rows = await store.read
        .selectFrom('ml_resources')
        .select('document')
        .where('id_key', '>', `${keyOf(id)}/`)
        .where('id_key', '<', `${keyOf(id)}0`)
        .orderBy('sequence')
        .execute();
      return rows.map(resourceOf);
    },
    async put(id, document, by, secrets) {
      if (id.length > LONGEST_ID) throw invalid(`A resource's id has at most ${LONGEST_ID} characters.`);
      const existing = await find(id);
      const now = clock.now();
      const resource: StoredResource = {
        id: existing?.id ?? id.replace(/\/+$/, ''),
        document,
        createdAt: existing?.createdAt ?? now.toISOString(),
        createdBy: existing?.createdBy ?? by,
        ...(existing ? { modifiedAt: now.toISOString() } : {}),
      };
      const row = {
        document: JSON.stringify(resource),
        ...(secrets === undefined ? {} : { secrets: vault.seal(JSON.stringify(secrets)) }),
      };
      const key = keyOf(id);
      await store.write((writer) =>
        writer
          .insertInto('ml_resources')
          .values({
            id_key: key,
            collection_key: collectionOf(key),
            secrets: null,
            sequence: nextSequence(now),
            ...row,
          })
          .onConflict((on) => on.column('id_key').doUpdateSet(row))
          .execute(),
      );
      return { resource, created: !existing };
    },
    async secrets(id) {
      const row = await store.read
        .selectFrom('ml_resources')
        .select('secrets')
        .where('id_key', '=', keyOf(id))
        .executeTakeFirst();
      return row?.secrets ? (JSON.parse(vault.open(row.secrets)) as Json) : undefined;
    },
    async remove(id) {
      const existing = await find(id);
      if (!existing) return false;
      await removeBelow(id);
      await store.write((writer) => writer.deleteFrom('ml_resources').where('id_key', '=', keyOf(id)).execute());
      return true;
    },
  };
}
