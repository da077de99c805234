import type { Clock } from '../kernel/clock.ts';
import type { Store, Writer } from '../store/index.ts';
import { type MlTables, nextSequence } from './tables.ts';
import type { StoredKind } from './types.ts';
import type { AssetKind, VersionQuery } from './versions.ts';
import type { Json } from './wire-fields.ts';

/** What the versions of one name have in common. */
export type AssetContainer = {
  readonly name: string;
  /** `properties` as a client set them; empty for a container that came with its first version. */
  readonly properties: Json;
  readonly createdAt: string;
  readonly modifiedAt?: string;
  readonly sequence: number;
};

export type AssetContainers = {
  find(workspaceId: string, kind: AssetKind, name: string): Promise<AssetContainer | undefined>;
  /** Those with a registered version, or set by a client; the newest first. At most `limit`, after the first `offset`. */
  list(
    workspaceId: string,
    kind: AssetKind,
    query: Pick<VersionQuery, 'view' | 'after'> & { readonly limit: number; readonly offset?: number },
  ): Promise<readonly AssetContainer[]>;
  /** Makes it or sets its properties. */
  put(workspaceId: string, kind: AssetKind, name: string, properties: Json): Promise<boolean>;
  /** Removes the container with its versions. @returns whether it was there */
  remove(workspaceId: string, kind: AssetKind, name: string): Promise<boolean>;
};

type Row = { name: string; document: string; sequence: number };

/** Turns a row of `ml_containers` into the container. */
export function containerOf(row: Row): AssetContainer {
  const stored = JSON.parse(row.document) as { properties?: Json; createdAt?: string; modifiedAt?: string };
  const sequence = Number(row.sequence);
  return {
    name: row.name,
    properties: stored.properties ?? {},
    // A container of an older Millrace doesn't say when it was made; its number is near the microsecond.
    createdAt: stored.createdAt ?? new Date(sequence / 1000).toISOString(),
    ...(stored.modifiedAt === undefined ? {} : { modifiedAt: stored.modifiedAt }),
    sequence,
  };
}

/** `AssetContainers.put` inside a transaction. */
export async function putContainer(
  writer: Writer<MlTables>,
  workspaceId: string,
  kind: StoredKind,
  name: string,
  properties: Json,
  now: Date,
): Promise<boolean> {
  const archived = properties['isArchived'] === true ? 1 : 0;
  const row = await writer
    .selectFrom('ml_containers')
    .select(['name', 'document', 'sequence'])
    .where('workspace_id', '=', workspaceId)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst();
  if (row) {
    const { createdAt } = containerOf(row);
    const document = JSON.stringify({ properties, createdAt, modifiedAt: now.toISOString() });
    await writer
      .updateTable('ml_containers')
      .set({ document, archived, hidden: 0 })
      .where('workspace_id', '=', workspaceId)
      .where('kind', '=', kind)
      .where('name', '=', name)
      .execute();
    return false;
  }
  const document = JSON.stringify({ properties, createdAt: now.toISOString() });
  const sequence = nextSequence(now);
  await writer
    .insertInto('ml_containers')
    .values({ workspace_id: workspaceId, kind, name, document, sequence, archived, hidden: 0 })
    .execute();
  return true;
}

/** The containers of assets of a workspace or a registry. */
export function createAssetContainers(deps: { store: Store<MlTables>; clock: Clock }): AssetContainers {
  const { store, clock } = deps;
  return {
    async find(workspaceId, kind, name) {
      const row = await store.read
        .selectFrom('ml_containers')
        .select(['name', 'document', 'sequence'])
        .where('workspace_id', '=', workspaceId)
        .where('kind', '=', kind)
        .where('name', '=', name)
        .executeTakeFirst();
      return row && containerOf(row);
    },
    async list(workspaceId, kind, query) {
      let rows = store.read
        .selectFrom('ml_containers')
        .select(['name', 'document', 'sequence'])
        .where('workspace_id', '=', workspaceId)
        .where('kind', '=', kind)
        .where('hidden', '=', 0)
        .orderBy('sequence', 'desc')
        .limit(query.limit)
        .offset(query.offset ?? 0);
      if (query.view !== 'all') rows = rows.where('archived', '=', query.view === 'archived' ? 1 : 0);
      if (query.after !== undefined) rows = rows.where('sequence', '<', query.after);
      return (await rows.execute()).map(containerOf);
    },
    put(workspaceId, kind, name, properties) {
      return store.write((writer) => putContainer(writer, workspaceId, kind, name, properties, clock.now()));
    },
    async remove(workspaceId, kind, name) {
      return store.write(async (writer) => {
        await writer
          .deleteFrom('ml_versions')
          .where('workspace_id', '=', workspaceId)
          .where('kind', '=', kind)
          .where('name', '=', name)
          .execute();
        const removed = await writer
          .deleteFrom('ml_containers')
          .where('workspace_id', '=', workspaceId)
          .where('kind', '=', kind)
          .where('name', '=', name)
          .returning('name')
          .executeTakeFirst();
        return removed !== undefined;
      });
    },
  };
}
