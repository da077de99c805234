import type { Clock } from '../kernel/clock.ts';
import { conflict } from '../kernel/errors.ts';
import type { Reader, Store, Writer } from '../store/index.ts';
import { parseRegistryReference } from './registry-reference.ts';
import { type MlTables, nextSequence } from './tables.ts';
import type { AssetKind, StoredKind } from './types.ts';

export type { AssetKind };

export type AssetVersion = {
  readonly name: string;
  readonly version: string;
  /** `properties` as the client sent them, read-only fields left out. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly createdBy?: string;
  readonly modifiedAt?: string;
  readonly modifiedBy?: string;
};

/** What is written of a version. */
export type AssetChange = {
  readonly name: string;
  readonly version: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The hash by which the same content is found again. */
  readonly contentHash?: string;
  /** What made it, where it was no client: there is at most one version of an origin, whatever its kind. */
  readonly origin?: string;
  /** Who writes it. */
  readonly by?: string;
};

/** Which versions of a name are asked for, newest first unless `oldestFirst`. */
export type VersionQuery = {
  readonly view: 'active' | 'archived' | 'all';
  readonly oldestFirst: boolean;
  /** Where the last page ended: only what comes after it. */
  readonly after?: number;
};

/** The versions of a workspace's assets, whatever their kind; a registry is asked by its own id, as if it were a workspace. */
export type AssetVersions = {
  find(workspaceId: string, kind: AssetKind, name: string, version: string): Promise<AssetVersion | undefined>;
  /** The newest version that is not archived; where all are, the newest. */
  latest(workspaceId: string, kind: AssetKind, name: string): Promise<AssetVersion | undefined>;
  /** 1 above the highest whole number among the versions; other words count for nothing (recorded). */
  nextVersion(workspaceId: string, kind: AssetKind, name: string): Promise<string>;
  /** An asset of a registry by its reference, `azureml://registries/…`. Undefined for another text, and for what isn't there. */
  fromRegistry(kind: AssetKind, reference: string): Promise<AssetVersion | undefined>;
  /** The versions with some content, under whatever name. */
  withContent(workspaceId: string, kind: AssetKind, contentHash: string): Promise<readonly AssetVersion[]>;
  /** The name and version of everything of a kind. */
  names(workspaceId: string, kind: AssetKind): Promise<readonly Pick<AssetVersion, 'name' | 'version'>[]>;
  /** The version of an origin, with its kind. */
  ofOrigin(workspaceId: string, origin: string): Promise<{ kind: AssetKind; asset: AssetVersion } | undefined>;
  /** The versions of a name in order, read a few at a time: a name can have thousands, and a page wants a hundred. */
  each(
    workspaceId: string,
    kind: AssetKind,
    name: string,
    query: VersionQuery,
  ): AsyncGenerator<{ asset: AssetVersion; sequence: number }>;
  /**
   * Makes the version, and its container where there is none, or changes the one that is there.
   * @param check sees the version that is there, in the transaction that changes it; throws to refuse
   */
  put(
    workspaceId: string,
    kind: AssetKind,
    change: AssetChange,
    check?: (existing: AssetVersion) => void,
  ): Promise<{ asset: AssetVersion; created: boolean }>;
  /** Makes the version. @throws conflict when it is there */
  add(workspaceId: string, kind: AssetKind, change: AssetChange): Promise<AssetVersion>;
  /** @returns whether it was there */
  remove(workspaceId: string, kind: AssetKind, name: string, version: string): Promise<boolean>;
};

type Row = { name: string; version: string; document: string };

const CHUNK = 100;

/** Turns a row of `ml_versions` into the asset. */
export function assetOf(row: Row): AssetVersion {
  return {
    name: row.name,
    version: row.version,
    ...(JSON.parse(row.document) as Omit<AssetVersion, 'name' | 'version'>),
  };
}

/**
 * Makes the container of a name where there is none. One that only anonymous versions have is not shown in lists.
 * @param writer in whose transaction
 */
async function ensureContainer(
  writer: Writer<MlTables>,
  workspaceId: string,
  kind: StoredKind,
  name: string,
  isAnonymous: boolean,
  now: Date,
): Promise<void> {
  await writer
    .insertInto('ml_containers')
    .values({
      workspace_id: workspaceId,
      kind,
      name,
      document: JSON.stringify({ createdAt: now.toISOString() }),
      sequence: nextSequence(now),
      archived: 0,
      hidden: isAnonymous ? 1 : 0,
    })
    .onConflict((found) => {
      const columns = found.columns(['workspace_id', 'kind', 'name']);
      return isAnonymous ? columns.doNothing() : columns.doUpdateSet({ hidden: 0 });
    })
    .execute();
}

/** `AssetVersions.nextVersion`, inside a transaction or not. */
export async function nextVersionOf(
  reader: Reader<MlTables>,
  workspaceId: string,
  kind: AssetKind,
  name: string,
): Promise<string> {
  const rows = await reader
    .selectFrom('ml_versions')
    .select('version')
    .where('workspace_id', '=', workspaceId)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .execute();
  let highest = 0;
  for (const { version } of rows) if (/^\d{1,15}$/.test(version)) highest = Math.max(highest, Number(version));
  return String(highest + 1);
}

/** `AssetVersions.put` inside a transaction. */
export async function putVersion(
  writer: Writer<MlTables>,
  workspaceId: string,
  kind: StoredKind,
  change: AssetChange,
  now: Date,
  check?: (existing: AssetVersion) => void,
): Promise<{ asset: AssetVersion; created: boolean }> {
  const { name, version, properties, by } = change;
  const row = await writer
    .selectFrom('ml_versions')
    .select(['name', 'version', 'document'])
    .where('workspace_id', '=', workspaceId)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('version', '=', version)
    .executeTakeFirst();
  const existing = row && assetOf(row);
  if (existing) check?.(existing);
  const createdBy = existing ? existing.createdBy : by;
  const stored = {
    properties,
    createdAt: existing?.createdAt ?? now.toISOString(),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(existing ? { modifiedAt: now.toISOString(), ...(by === undefined ? {} : { modifiedBy: by }) } : {}),
  };
  const values = {
    document: JSON.stringify(stored),
    archived: properties['isArchived'] === true ? 1 : 0,
  };
  if (existing)
    await writer
      .updateTable('ml_versions')
      .set(values)
      .where('workspace_id', '=', workspaceId)
      .where('kind', '=', kind)
      .where('name', '=', name)
      .where('version', '=', version)
      .execute();
  else {
    await ensureContainer(writer, workspaceId, kind, name, properties['isAnonymous'] === true, now);
    await writer
      .insertInto('ml_versions')
      .values({
        workspace_id: workspaceId,
        kind,
        name,
        version,
        ...values,
        content_hash: change.contentHash ?? null,
        origin: change.origin ?? null,
        sequence: nextSequence(now),
      })
      .execute();
  }
  return { asset: { name, version, ...stored }, created: !existing };
}

export function createAssetVersions(deps: { store: Store<MlTables>; clock: Clock }): AssetVersions {
  const { store, clock } = deps;
  const select = (workspaceId: string, kind: AssetKind) =>
    store.read
      .selectFrom('ml_versions')
      .select(['name', 'version', 'document'])
      .where('workspace_id', '=', workspaceId)
      .where('kind', '=', kind);

  const put: AssetVersions['put'] = (workspaceId, kind, change, check) =>
    store.write((writer) => putVersion(writer, workspaceId, kind, change, clock.now(), check));

  const find: AssetVersions['find'] = async (workspaceId, kind, name, version) => {
    const row = await select(workspaceId, kind)
      .where('name', '=', name)
      .where('version', '=', version)
      .executeTakeFirst();
    return row && assetOf(row);
  };
  const latest: AssetVersions['latest'] = async (workspaceId, kind, name) => {
    const row = await select(workspaceId, kind)
      .where('name', '=', name)
      .orderBy('archived')
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && assetOf(row);
  };

  return {
    put,
    find,
    latest,
    async fromRegistry(kind, reference) {
      const named = parseRegistryReference(reference);
      if (named?.kind !== kind) return undefined;
      const registry = await store.read
        .selectFrom('ml_registries')
        .select('id')
        .where('name_key', '=', named.registry.toLowerCase())
        .executeTakeFirst();
      if (!registry) return undefined;
      return named.version === undefined
        ? latest(registry.id, kind, named.name)
        : find(registry.id, kind, named.name, named.version);
    },
    nextVersion: (workspaceId, kind, name) => nextVersionOf(store.read, workspaceId, kind, name),
    names: (workspaceId, kind) =>
      store.read
        .selectFrom('ml_versions')
        .select(['name', 'version'])
        .where('workspace_id', '=', workspaceId)
        .where('kind', '=', kind)
        .execute(),
    async ofOrigin(workspaceId, origin) {
      const row = await store.read
        .selectFrom('ml_versions')
        .select(['kind', 'name', 'version', 'document'])
        .where('workspace_id', '=', workspaceId)
        .where('origin', '=', origin)
        .executeTakeFirst();
      return row && { kind: row.kind as AssetKind, asset: assetOf(row) };
    },
    async withContent(workspaceId, kind, contentHash) {
      const rows = await select(workspaceId, kind)
        .where('content_hash', '=', contentHash)
        .orderBy('sequence', 'desc')
        .limit(CHUNK)
        .execute();
      return rows.map(assetOf);
    },
    async *each(workspaceId, kind, name, query) {
      let { after } = query;
      for (;;) {
        let rows = select(workspaceId, kind)
          .select('sequence')
          .where('name', '=', name)
          .orderBy('sequence', query.oldestFirst ? 'asc' : 'desc')
          .limit(CHUNK);
        if (query.view !== 'all') rows = rows.where('archived', '=', query.view === 'archived' ? 1 : 0);
        if (after !== undefined) rows = rows.where('sequence', query.oldestFirst ? '>' : '<', after);
        const found = await rows.execute();
        for (const row of found) {
          after = Number(row.sequence);
          yield { asset: assetOf(row), sequence: after };
        }
        if (found.length < CHUNK) return;
      }
    },
    async add(workspaceId, kind, change) {
      const { asset } = await put(workspaceId, kind, change, () => {
        throw conflict(`There is a version ${change.version} of '${change.name}' already.`, { wire: 'UserError' });
      });
      return asset;
    },
    async remove(workspaceId, kind, name, version) {
      const removed = await store.write((writer) =>
        writer
          .deleteFrom('ml_versions')
          .where('workspace_id', '=', workspaceId)
          .where('kind', '=', kind)
          .where('name', '=', name)
          .where('version', '=', version)
          .returning('name')
          .executeTakeFirst(),
      );
      return removed !== undefined;
    },
  };
}
