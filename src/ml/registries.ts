import type { Clock } from '../kernel/clock.ts';
import { conflict } from '../kernel/errors.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Store } from '../store/index.ts';
import { checkResourceStays } from './locations.ts';
import { CURATED_REGISTRY, REGION, storageAccountOf } from './places.ts';
import { type MlTables, nextSequence } from './tables.ts';
import type { WorkspaceScope } from './types.ts';

/** A registry: assets that the workspaces of a tenant share. */
export type Registry = {
  /** Its GUID; its assets are kept under it. */
  readonly id: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly location: string;
  readonly storageAccount: string;
  /** `properties` as the client sent them. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly identity?: unknown;
  readonly sku?: unknown;
  readonly createdAt: string;
  readonly modifiedAt?: string;
};

const CURATED_ID = '00000000-0000-0000-0000-00000000a21e';

/**
 * The registry with the curated environments. It is no row: it is everywhere, in nobody's subscription or group, and clients come to it by its discovery.
 */
const curatedRegistry: Registry = {
  id: CURATED_ID,
  subscriptionId: '00000000-0000-0000-0000-000000000000',
  resourceGroup: CURATED_REGISTRY,
  name: CURATED_REGISTRY,
  location: REGION,
  storageAccount: storageAccountOf(CURATED_ID),
  properties: {},
  tags: {},
  createdAt: '2025-01-01T00:00:00.000Z',
};

/** Whether it is the registry with the curated environments, which is read and never written. */
export const isCuratedRegistry = (registry: Registry): boolean => registry.id === CURATED_ID;

export type RegistryChange = Partial<Pick<Registry, 'location' | 'properties' | 'tags' | 'identity' | 'sku'>>;

export type Registries = {
  find(scope: WorkspaceScope): Promise<Registry | undefined>;
  /** Its name is its own in the whole tenant (documented). `azureml` is the one with the curated environments, unless an older Millrace let somebody make it. */
  byName(name: string): Promise<Registry | undefined>;
  list(subscriptionId: string, resourceGroup?: string): Promise<readonly Registry[]>;
  /** Makes it or changes what is there. @throws conflict where another group has the name, or it would move */
  put(scope: WorkspaceScope, change: RegistryChange): Promise<{ registry: Registry; created: boolean }>;
  /** Removes it with its assets; its files stay. */
  remove(registry: Registry): Promise<void>;
};

/** The registries of this server. */
export function createRegistries(deps: { store: Store<MlTables>; clock: Clock }): Registries {
  const { store, clock } = deps;
  const byName = async (name: string): Promise<Registry | undefined> => {
    const row = await store.read
      .selectFrom('ml_registries')
      .select('document')
      .where('name_key', '=', name.toLowerCase())
      .executeTakeFirst();
    if (row) return JSON.parse(row.document) as Registry;
    return name.toLowerCase() === CURATED_REGISTRY ? curatedRegistry : undefined;
  };
  const isAt = (registry: Registry, subscriptionId: string, resourceGroup: string | undefined) =>
    registry.subscriptionId.toLowerCase() === subscriptionId.toLowerCase() &&
    (resourceGroup === undefined || registry.resourceGroup.toLowerCase() === resourceGroup.toLowerCase());
  return {
    byName,
    async find(scope) {
      const found = await byName(scope.name);
      return found && isAt(found, scope.subscriptionId, scope.resourceGroup) ? found : undefined;
    },
    async list(subscriptionId, resourceGroup) {
      const rows = await store.read.selectFrom('ml_registries').select('document').orderBy('sequence').execute();
      return rows
        .map((row) => JSON.parse(row.document) as Registry)
        .filter((registry) => isAt(registry, subscriptionId, resourceGroup));
    },
    async put(scope, change) {
      const now = clock.now();
      return store.write(async (writer) => {
        const row = await writer
          .selectFrom('ml_registries')
          .select('document')
          .where('name_key', '=', scope.name.toLowerCase())
          .executeTakeFirst();
        const existing = row && (JSON.parse(row.document) as Registry);
        if (!existing && scope.name.toLowerCase() === CURATED_REGISTRY)
          throw conflict(
            `The registry '${CURATED_REGISTRY}' is the one with the curated environments. Choose another name.`,
            { wire: 'RegistryNameNotAvailable' },
          );
        if (existing && !isAt(existing, scope.subscriptionId, scope.resourceGroup))
          throw conflict(`There is a registry '${existing.name}' in another resource group. Choose another name.`, {
            wire: 'RegistryNameNotAvailable',
          });
        if (existing) checkResourceStays(existing, change.location);
        const id = existing?.id ?? newGuid();
        const identity = change.identity ?? existing?.identity;
        const sku = change.sku ?? existing?.sku;
        const registry: Registry = {
          id,
          subscriptionId: existing?.subscriptionId ?? scope.subscriptionId,
          resourceGroup: existing?.resourceGroup ?? scope.resourceGroup,
          name: existing?.name ?? scope.name,
          location: existing?.location ?? change.location ?? REGION,
          storageAccount: existing?.storageAccount ?? storageAccountOf(id),
          properties: { ...existing?.properties, ...change.properties },
          tags: change.tags ?? existing?.tags ?? {},
          ...(identity === undefined ? {} : { identity }),
          ...(sku === undefined ? {} : { sku }),
          createdAt: existing?.createdAt ?? now.toISOString(),
          ...(existing ? { modifiedAt: now.toISOString() } : {}),
        };
        const document = JSON.stringify(registry);
        await writer
          .insertInto('ml_registries')
          .values({ id, name_key: scope.name.toLowerCase(), document, sequence: nextSequence(now) })
          .onConflict((found) => found.column('id').doUpdateSet({ document }))
          .execute();
        return { registry, created: !existing };
      });
    },
    async remove(registry) {
      await store.write(async (writer) => {
        await writer.deleteFrom('ml_registries').where('id', '=', registry.id).execute();
        for (const table of ['ml_containers', 'ml_versions', 'ml_pending_uploads'] as const)
          await writer.deleteFrom(table).where('workspace_id', '=', registry.id).execute();
      });
    },
  };
}
