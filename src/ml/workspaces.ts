import { mkdir } from 'node:fs/promises';
import type { Clock } from '../kernel/clock.ts';
import { invalid } from '../kernel/errors.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Store } from '../store/index.ts';
import type { AssociatedResources } from './associated-resources.ts';
import { checkResourceStays } from './locations.ts';
import { ARTIFACT_CONTAINER, defaultContainer, REGION, storageAccountOf, workspaceResourceId } from './places.ts';
import type { StoredResources } from './stored-resources.ts';
import { type MlTables, nextSequence } from './tables.ts';
import type { BlobAccess, Workspace, WorkspaceReader, WorkspaceScope } from './types.ts';

/** A workspace with what only its own resource shows: the properties that a client set. */
export type WorkspaceRecord = Workspace & {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly kind: string;
  readonly identity?: unknown;
  /** When it was deleted, while it can be recovered. ISO-8601. */
  readonly deletedAt?: string;
};

/** What a request asks of a workspace that it makes or changes. */
export type WorkspaceChange = Partial<
  Pick<WorkspaceRecord, 'location' | 'properties' | 'tags' | 'kind' | 'identity' | 'storageAccount'>
> & {
  /** A deleted workspace of the name comes back instead of being refused. */
  readonly recover?: boolean;
  /** Who asks. */
  readonly by?: string;
};

export type Workspaces = Omit<WorkspaceReader, 'find'> & {
  find(scope: WorkspaceScope): Promise<WorkspaceRecord | undefined>;
  list(subscriptionId: string, resourceGroup?: string): Promise<readonly WorkspaceRecord[]>;
  /**
   * Makes the workspace with its resource group, its datastores and what it is associated with, or changes the one that is there.
   * @throws invalid when a deleted one of the name can still be recovered
   */
  put(
    scope: WorkspaceScope,
    change: WorkspaceChange,
  ): Promise<{ workspace: WorkspaceRecord; created: boolean; recovered: boolean }>;
  /** A deleted workspace that can still be recovered. */
  findDeleted(scope: WorkspaceScope): Promise<WorkspaceRecord | undefined>;
  /** Deleted workspaces of a group that are still kept. */
  listDeleted(subscriptionId: string, resourceGroup: string): Promise<readonly WorkspaceRecord[]>;
  /** Puts the workspace away: nobody finds it, and for 14 days it can be recovered with all that belongs to it. */
  softDelete(workspace: WorkspaceRecord): Promise<void>;
  /** Removes the workspace and every row that belongs to it; its files stay. */
  remove(workspace: Workspace): Promise<void>;
  /** Undefined when there is no such group. */
  locationOfGroup(subscriptionId: string, name: string): Promise<string | undefined>;
  hasGroup(subscriptionId: string, name: string): Promise<boolean>;
  /** Makes the group if it isn't there. @returns whether it was made */
  ensureGroup(subscriptionId: string, name: string, location?: string): Promise<boolean>;
};

/** For how long a deleted workspace can be recovered (documented): 14 days. */
const RETENTION_MS = 14 * 24 * 3600 * 1000;

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
  associated: AssociatedResources;
  blobs: Pick<BlobAccess, 'pathOf'>;
  /** Removes what tracking has of a workspace. */
  removeTracked: (workspaceId: string) => Promise<void>;
}): Workspaces {
  const { store, clock, resources, associated, blobs } = deps;
  const known = new Map<string, WorkspaceRecord>();
  let firstKnown: WorkspaceRecord | undefined;
  const cacheKey = (scope: WorkspaceScope) => Object.values(keyOf(scope)).join('/');
  /** To be called when the change is on disk: who reads until then may remember what was. */
  const forget = (scope: WorkspaceScope) => {
    known.delete(cacheKey(scope));
    firstKnown = undefined;
  };

  const read = async (scope: WorkspaceScope) => {
    const wanted = keyOf(scope);
    const row = await store.read
      .selectFrom('ml_workspaces')
      .select('document')
      .where('subscription_key', '=', wanted.subscription_key)
      .where('group_key', '=', wanted.group_key)
      .where('name_key', '=', wanted.name_key)
      .executeTakeFirst();
    return row && (JSON.parse(row.document) as WorkspaceRecord);
  };
  const find = async (scope: WorkspaceScope) => {
    const key = cacheKey(scope);
    const cached = known.get(key);
    if (cached) return cached;
    const record = await read(scope);
    if (!record || record.deletedAt !== undefined) return undefined;
    known.set(key, record);
    return record;
  };
  const readAll = async (subscriptionId: string, resourceGroup?: string) => {
    let query = store.read
      .selectFrom('ml_workspaces')
      .select('document')
      .where('subscription_key', '=', subscriptionId.toLowerCase());
    if (resourceGroup !== undefined) query = query.where('group_key', '=', resourceGroup.toLowerCase());
    const rows = await query.orderBy('sequence').execute();
    return rows.map((row) => JSON.parse(row.document) as WorkspaceRecord);
  };
  const isLive = (record: WorkspaceRecord) => record.deletedAt === undefined;
  const isRecoverable = (record: WorkspaceRecord) =>
    record.deletedAt !== undefined && clock.now().getTime() - Date.parse(record.deletedAt) < RETENTION_MS;

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

  const locationOfGroup = async (subscriptionId: string, name: string) => {
    const group = await store.read
      .selectFrom('ml_groups')
      .select('document')
      .where('subscription_id', '=', subscriptionId.toLowerCase())
      .where('name_key', '=', name.toLowerCase())
      .executeTakeFirst();
    return group && (JSON.parse(group.document) as { location: string }).location;
  };

  return {
    find,
    ensureGroup,
    locationOfGroup,
    hasGroup: async (subscriptionId, name) => (await locationOfGroup(subscriptionId, name)) !== undefined,
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
      if (firstKnown) return firstKnown;
      const rows = await store.read.selectFrom('ml_workspaces').select('document').orderBy('sequence').execute();
      firstKnown = rows.map((row) => JSON.parse(row.document) as WorkspaceRecord).find(isLive);
      return firstKnown;
    },
    list: async (subscriptionId, resourceGroup) => (await readAll(subscriptionId, resourceGroup)).filter(isLive),
    listDeleted: async (subscriptionId, resourceGroup) =>
      (await readAll(subscriptionId, resourceGroup)).filter((record) => !isLive(record)),
    async put(scope, change) {
      const kept = await read(scope);
      const recovered = kept !== undefined && change.recover === true && isRecoverable(kept);
      if (kept && !recovered && isRecoverable(kept))
        // Status and words as users of the service quote them.
        throw invalid(
          `Soft-deleted workspace exists. Please purge or recover it: delete ${kept.name} with forceToPurge=true, or put it with allowRecoverSoftDeletedWorkspace.`,
          { wire: 'BadRequest' },
        );
      if (kept && !isLive(kept) && !recovered) await remove(kept);
      const existing = kept && (isLive(kept) || recovered) ? kept : undefined;
      const now = clock.now();
      if (existing) checkResourceStays(existing, change.location);
      else await ensureGroup(scope.subscriptionId, scope.resourceGroup, change.location);
      const id = existing?.id ?? newGuid();
      const location =
        existing?.location ??
        change.location ??
        (await locationOfGroup(scope.subscriptionId, scope.resourceGroup)) ??
        REGION;
      const storageAccount = existing?.storageAccount ?? change.storageAccount ?? storageAccountOf(id);
      const own = existing ? {} : await associate(scope, change, storageAccount, location);
      const workspace: WorkspaceRecord = {
        id,
        subscriptionId: existing?.subscriptionId ?? scope.subscriptionId,
        resourceGroup: existing?.resourceGroup ?? scope.resourceGroup,
        name: existing?.name ?? scope.name,
        location,
        storageAccount,
        createdAt: existing?.createdAt ?? now.toISOString(),
        properties: { ...existing?.properties, ...own, ...change.properties },
        tags: change.tags ?? existing?.tags ?? {},
        kind: change.kind ?? existing?.kind ?? 'Default',
        ...((change.identity ?? existing?.identity) ? { identity: change.identity ?? existing?.identity } : {}),
      };
      // The service makes them with the workspace: clients list and mount what nobody has written to yet. Before its rows, so that no crash
      // leaves a workspace without them; what one leaves then is empty, and nobody's.
      if (!existing)
        for (const container of [defaultContainer(id), ARTIFACT_CONTAINER])
          await mkdir(blobs.pathOf(storageAccount, container, ''), { recursive: true });
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
      forget(scope);
      return { workspace, created: !existing, recovered };
    },
    async findDeleted(scope) {
      const record = await read(scope);
      return record && isRecoverable(record) ? record : undefined;
    },
    async softDelete(workspace) {
      const deleted: WorkspaceRecord = { ...workspace, deletedAt: clock.now().toISOString() };
      await store.write((writer) =>
        writer
          .updateTable('ml_workspaces')
          .set({ document: JSON.stringify(deleted) })
          .where('id', '=', workspace.id)
          .execute(),
      );
      forget(workspace);
    },
    remove,
  };

  async function remove(workspace: Workspace): Promise<void> {
    // The workspace goes last: what a crash leaves of it is removed when it is deleted again.
    await deps.removeTracked(workspace.id);
    await resources.removeBelow(workspaceResourceId(workspace));
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
        'ml_run_states',
        'ml_reusable',
        'ml_runs',
        'ml_jobs',
      ] as const)
        await writer.deleteFrom(table).where('workspace_id', '=', workspace.id).execute();
    });
    forget(workspace);
  }

  /** Records what a new workspace is associated with and no request named: a storage account, a vault, insights. */
  async function associate(
    scope: WorkspaceScope,
    change: WorkspaceChange,
    storageAccount: string,
    location: string,
  ): Promise<Record<string, string>> {
    const group = `/subscriptions/${scope.subscriptionId}/resourceGroups/${scope.resourceGroup}/providers`;
    const made: Record<string, string> = {};
    const make = async (property: string, id: string) => {
      await associated.put(id, { location }, change.by ?? 'Millrace');
      made[property] = id;
    };
    if (change.storageAccount === undefined)
      await make('storageAccount', `${group}/Microsoft.Storage/storageAccounts/${storageAccount}`);
    if (change.properties?.['keyVault'] === undefined)
      await make('keyVault', `${group}/Microsoft.Keyvault/vaults/${`kv${storageAccount}`.slice(0, 24)}`);
    if (change.properties?.['applicationInsights'] === undefined)
      await make('applicationInsights', `${group}/Microsoft.insights/components/ai${storageAccount}`);
    return made;
  }
}
