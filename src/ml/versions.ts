import type { Clock } from '../kernel/clock.ts';
import type { Store } from '../store/index.ts';
import { type MlTables, nextSequence } from './tables.ts';

export type AssetKind = 'codes' | 'components' | 'data' | 'environments' | 'models';

export type AssetVersion = {
  readonly name: string;
  readonly version: string;
  /** `properties` as the client sent them, read-only fields left out. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly modifiedAt?: string;
};

/** The versions of a workspace's assets, whatever their kind. */
export type AssetVersions = {
  find(workspaceId: string, kind: AssetKind, name: string, version: string): Promise<AssetVersion | undefined>;
  latest(workspaceId: string, kind: AssetKind, name: string): Promise<AssetVersion | undefined>;
  /** 1 above the highest whole number among the versions; other words count for nothing (recorded). */
  nextVersion(workspaceId: string, kind: AssetKind, name: string): Promise<string>;
  put(
    workspaceId: string,
    kind: AssetKind,
    asset: { name: string; version: string; properties: Readonly<Record<string, unknown>>; contentHash?: string },
  ): Promise<{ asset: AssetVersion; created: boolean }>;
};

type Row = { name: string; version: string; document: string };

/** Turns a row of `ml_versions` into the asset. */
export function assetOf(row: Row): AssetVersion {
  return {
    name: row.name,
    version: row.version,
    ...(JSON.parse(row.document) as Omit<AssetVersion, 'name' | 'version'>),
  };
}

export function createAssetVersions(deps: { store: Store<MlTables>; clock: Clock }): AssetVersions {
  const { store, clock } = deps;
  const find: AssetVersions['find'] = async (workspaceId, kind, name, version) => {
    const row = await store.read
      .selectFrom('ml_versions')
      .select(['name', 'version', 'document'])
      .where('workspace_id', '=', workspaceId)
      .where('kind', '=', kind)
      .where('name', '=', name)
      .where('version', '=', version)
      .executeTakeFirst();
    return row && assetOf(row);
  };
  return {
    find,
    async latest(workspaceId, kind, name) {
      const row = await store.read
        .selectFrom('ml_versions')
        .select(['name', 'version', 'document'])
        .where('workspace_id', '=', workspaceId)
        .where('kind', '=', kind)
        .where('name', '=', name)
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && assetOf(row);
    },
    async nextVersion(workspaceId, kind, name) {
      const rows = await store.read
        .selectFrom('ml_versions')
        .select('version')
        .where('workspace_id', '=', workspaceId)
        .where('kind', '=', kind)
        .where('name', '=', name)
        .execute();
      const whole = rows.map((row) => row.version).filter((version) => /^\d{1,15}$/.test(version));
      return String(Math.max(0, ...whole.map(Number)) + 1);
    },
    async put(workspaceId, kind, asset) {
      const existing = await find(workspaceId, kind, asset.name, asset.version);
      const now = clock.now();
      const stored = {
        properties: asset.properties,
        createdAt: existing?.createdAt ?? now.toISOString(),
        ...(existing ? { modifiedAt: now.toISOString() } : {}),
      };
      const document = JSON.stringify(stored);
      await store.write(async (writer) => {
        if (existing) {
          await writer
            .updateTable('ml_versions')
            .set({ document })
            .where('workspace_id', '=', workspaceId)
            .where('kind', '=', kind)
            .where('name', '=', asset.name)
            .where('version', '=', asset.version)
            .execute();
          return;
        }
        await writer
          .insertInto('ml_versions')
          .values({
            workspace_id: workspaceId,
            kind,
            name: asset.name,
            version: asset.version,
            document,
            content_hash: asset.contentHash ?? null,
            sequence: nextSequence(now),
          })
          .execute();
      });
      return { asset: { name: asset.name, version: asset.version, ...stored }, created: !existing };
    },
  };
}
