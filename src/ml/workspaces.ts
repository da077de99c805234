import type { Clock } from '../kernel/clock.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Store } from '../store/index.ts';
import { checkResourceStays } from './locations.ts';
import { ARTIFACT_CONTAINER, defaultContainer, REGION, storageAccountOf, workspaceResourceId } from './places.ts';
import type { StoredResources } from './stored-resources.ts';
import { type MlTables, nextSequence } from './tables.ts';
import type { Workspace, WorkspaceReader, WorkspaceScope } from './types.ts';

/** A workspace with what only its own resource shows: the properties that a client set. */
export type WorkspaceRecord = Workspace & {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly kind: string;
  readonly identity?: unknown;
};

export type Workspaces = Omit<WorkspaceReader, 'find'> & {
  find(scope: WorkspaceScope): Promise<WorkspaceRecord | undefined>;
  list(subscriptionId: string, resourceGroup?: string): Promise<readonly WorkspaceRecord[]>;
  /** Makes the workspace with its resource group and its datastores, or changes the one that is there. */
  put(
    scope: WorkspaceScope,
    change: Partial<Pick<WorkspaceRecord, 'location' | 'properties' | 'tags' | 'kind' | 'identity'>>,
  ): Promise<{ workspace: WorkspaceRecord; created: boolean }>;
  /** Removes the workspace and every row that belongs to it; its files stay. */
  remove(workspace: Workspace): Promise<void>;
  hasGroup(subscriptionId: string, name: string): Promise<boolean>;
  /** Makes the group if it isn't there. @returns whether it was made */
  ensureGroup(subscriptionId: string, name: string, location?: string): Promise<boolean>;
};

const keyOf = (scope: WorkspaceScope) => ({
  subscription_key: scope.subscriptionId.toLowerCase(),
  group_key: scope.resourceGroup.toLowerCase(),
  name_key: scope.name.toLowerCase(),
});

/** The datastores that a new workspace comes with (recorded): name, kind, container or share. */
function systemDatastores(workspaceId: string) {
  return [
    {
      name: 'workspaceblobstore',
      type: 'AzureBlob',
      place: { containerName: defaultContainer(workspaceId) },
      isDefault: 1,
    },
    { name: 'workspaceartifactstore', type: 'AzureBlob', place: { containerName: ARTIFACT_CONTAINER }, isDefault: 0 },
    {
      name: 'workspacefilestore',
      type: 'AzureFile',
      place: { fileShareName: `azureml-filestore-${workspaceId}` },
      isDefault: 0,
    },
    {
      name: 'workspaceworkingdirectory',
      type: 'AzureFile',
      place: { fileShareName: `code-${workspaceId}` },
      isDefault: 0,
    },
  ];
}

/** The workspaces of this server. Reads are kept in memory: each request and each tracking call needs one. */
export function createWorkspaces(deps: {
  store: Store<MlTables>;
  clock: Clock;
  resources: StoredResources;
}): Workspaces {
  const { store, clock, resources } = deps;
  const known = new Map<string, WorkspaceRecord>();
  const cacheKey = (scope: WorkspaceScope) => Object.values(keyOf(scope)).join('/');

  const find = async (scope: WorkspaceScope) => {
    const key = cacheKey(scope);
    const cached = known.get(key);
    if (cached) return cached;
    const wanted = keyOf(scope);
    const row = await store.read
      .selectFrom('ml_workspaces')
      .select('document')
      .where('subscription_key', '=', wanted.subscription_key)
      .where('group_key', '=', wanted.group_key)
      .where('name_key', '=', wanted.name_key)
      .executeTakeFirst();
    if (!row) return undefined;
    const record = JSON.parse(row.document) as WorkspaceRecord;
    known.set(key, record);
    return record;
  };

  const ensureGroup = (subscriptionId: string, name: string, location: string = REGION) =>
    store.write(async (writer) => {
      const id = { subscription_id: subscriptionId.toLowerCase(), name_key: name.toLowerCase() };
      const found = await writer
        .selectFrom('ml_groups')
        .select('name_key')
        .where('subscription_id', '=', id.subscription_id)
        .where('name_key', '=', id.name_key)
        .executeTakeFirst();
      if (found) return false;
      await writer
        .insertInto('ml_groups')
        .values({ ...id, document: JSON.stringify({ subscriptionId, name, location, tags: {} }) })
        .execute();
      return true;
    });

  const locationOfGroup = async (scope: WorkspaceScope): Promise<string> => {
    const group = await store.read
      .selectFrom('ml_groups')
      .select('document')
      .where('subscription_id', '=', scope.subscriptionId.toLowerCase())
      .where('name_key', '=', scope.resourceGroup.toLowerCase())
      .executeTakeFirstOrThrow();
    return (JSON.parse(group.document) as { location: string }).location;
  };

  return {
    find,
    ensureGroup,
    async hasGroup(subscriptionId, name) {
      const row = await store.read
        .selectFrom('ml_groups')
        .select('name_key')
        .where('subscription_id', '=', subscriptionId.toLowerCase())
        .where('name_key', '=', name.toLowerCase())
        .executeTakeFirst();
      return row !== undefined;
    },
    async byId(workspaceId) {
      for (const record of known.values()) if (record.id === workspaceId) return record;
      const row = await store.read
        .selectFrom('ml_workspaces')
        .select('document')
        .where('id', '=', workspaceId)
        .executeTakeFirst();
      return row && (JSON.parse(row.document) as WorkspaceRecord);
    },
    async first() {
      const row = await store.read
        .selectFrom('ml_workspaces')
        .select('document')
        .orderBy('sequence')
        .limit(1)
        .executeTakeFirst();
      return row && (JSON.parse(row.document) as WorkspaceRecord);
    },
    async list(subscriptionId, resourceGroup) {
      let query = store.read
        .selectFrom('ml_workspaces')
        .select('document')
        .where('subscription_key', '=', subscriptionId.toLowerCase());
      if (resourceGroup !== undefined) query = query.where('group_key', '=', resourceGroup.toLowerCase());
      const rows = await query.orderBy('sequence').execute();
      return rows.map((row) => JSON.parse(row.document) as WorkspaceRecord);
    },
    async put(scope, change) {
      const existing = await find(scope);
      const now = clock.now();
      if (existing) checkResourceStays(existing, change.location);
      else await ensureGroup(scope.subscriptionId, scope.resourceGroup, change.location);
      const id = existing?.id ?? newGuid();
      const workspace: WorkspaceRecord = {
        id,
        subscriptionId: existing?.subscriptionId ?? scope.subscriptionId,
        resourceGroup: existing?.resourceGroup ?? scope.resourceGroup,
        name: existing?.name ?? scope.name,
        location: existing?.location ?? change.location ?? (await locationOfGroup(scope)),
        storageAccount: existing?.storageAccount ?? storageAccountOf(id),
        createdAt: existing?.createdAt ?? now.toISOString(),
        properties: { ...existing?.properties, ...change.properties },
        tags: change.tags ?? existing?.tags ?? {},
        kind: change.kind ?? existing?.kind ?? 'Default',
        ...((change.identity ?? existing?.identity) ? { identity: change.identity ?? existing?.identity } : {}),
      };
      await store.write(async (writer) => {
        const document = JSON.stringify(workspace);
        if (existing) return writer.updateTable('ml_workspaces').set({ document }).where('id', '=', id).execute();
        await writer
          .insertInto('ml_workspaces')
          .values({ id, ...keyOf(scope), document, sequence: nextSequence(now) })
          .execute();
        for (const store of systemDatastores(id)) {
          await writer
            .insertInto('ml_datastores')
            .values({
              workspace_id: id,
              name: store.name,
              document: JSON.stringify({
                datastoreType: store.type,
                accountName: workspace.storageAccount,
                ...store.place,
                endpoint: 'core.windows.net',
                protocol: 'https',
                serviceDataAccessAuthIdentity: 'None',
                credentials: { credentialsType: 'AccountKey' },
                createdAt: workspace.createdAt,
              }),
              secrets: null,
              is_default: store.isDefault,
              sequence: nextSequence(now),
            })
            .execute();
        }
      });
      known.set(cacheKey(scope), workspace);
      return { workspace, created: !existing };
    },
    async remove(workspace) {
      known.delete(cacheKey(workspace));
      await store.write(async (writer) => {
        await writer.deleteFrom('ml_workspaces').where('id', '=', workspace.id).execute();
        for (const table of [
          'ml_computes',
          'ml_datastores',
          'ml_containers',
          'ml_versions',
          'ml_pending_uploads',
          'ml_schedules',
          'ml_schedule_firings',
          'ml_webhooks',
          'ml_runs',
          'ml_jobs',
        ] as const)
          await writer.deleteFrom(table).where('workspace_id', '=', workspace.id).execute();
      });
      await resources.removeBelow(workspaceResourceId(workspace));
    },
  };
}
