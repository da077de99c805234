import type { Clock } from '../kernel/clock.ts';
import type { Store, Vault } from '../store/index.ts';
import { LAKE_CONTAINER } from './places.ts';
import { type MlTables, nextSequence } from './tables.ts';
import type { Workspace } from './types.ts';
import { type Json, textField } from './wire-fields.ts';

export type DatastoreRecord = { readonly name: string; readonly isDefault: boolean; readonly document: Json };

export type Datastores = {
  find(workspaceId: string, name: string): Promise<DatastoreRecord | undefined>;
  list(workspaceId: string): Promise<readonly DatastoreRecord[]>;
  default(workspace: Workspace): Promise<string>;
  /** @param secrets what only listSecrets gives back; sealed at rest */
  put(workspaceId: string, name: string, document: Json, secrets: Json | undefined): Promise<boolean>;
  secrets(workspaceId: string, name: string): Promise<Json | undefined>;
  remove(workspaceId: string, name: string): Promise<boolean>;
};

/**
 * The container in which a datastore's data is kept here, whatever kind of storage it names: a container, a file share, a file system.
 * @returns undefined for a kind that names none of these
 */
export function datastorePlace(
  workspace: Workspace,
  { document }: DatastoreRecord,
): { readonly account: string; readonly container: string } | undefined {
  const lake = textField(document, 'storeName');
  if (lake !== undefined) return { account: lake.toLowerCase(), container: LAKE_CONTAINER };
  const container =
    textField(document, 'containerName') ?? textField(document, 'fileShareName') ?? textField(document, 'filesystem');
  if (container === undefined) return undefined;
  return { account: textField(document, 'accountName') ?? workspace.storageAccount, container };
}

/** The datastores of workspaces. */
export function createDatastores(deps: { store: Store<MlTables>; vault: Vault; clock: Clock }): Datastores {
  const { store, vault, clock } = deps;
  const recordOf = (row: { name: string; document: string; is_default: number }): DatastoreRecord => ({
    name: row.name,
    isDefault: row.is_default === 1,
    document: JSON.parse(row.document) as Json,
  });
  const find: Datastores['find'] = async (workspaceId, name) => {
    const row = await store.read
      .selectFrom('ml_datastores')
      .select(['name', 'document', 'is_default'])
      .where('workspace_id', '=', workspaceId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row && recordOf(row);
  };
  return {
    find,
    async list(workspaceId) {
      const rows = await store.read
        .selectFrom('ml_datastores')
        .select(['name', 'document', 'is_default'])
        .where('workspace_id', '=', workspaceId)
        .orderBy('sequence')
        .execute();
      return rows.map(recordOf);
    },
    async default(workspace) {
      const row = await store.read
        .selectFrom('ml_datastores')
        .select('name')
        .where('workspace_id', '=', workspace.id)
        .where('is_default', '=', 1)
        .executeTakeFirst();
      return row?.name ?? 'workspaceblobstore';
    },
    async put(workspaceId, name, document, secrets) {
      const existing = await find(workspaceId, name);
      const sealed = secrets === undefined ? null : vault.seal(JSON.stringify(secrets));
      await store.write(async (writer) => {
        const values = { document: JSON.stringify(document), secrets: sealed };
        if (existing)
          await writer
            .updateTable('ml_datastores')
            .set(values)
            .where('workspace_id', '=', workspaceId)
            .where('name', '=', name)
            .execute();
        else
          await writer
            .insertInto('ml_datastores')
            .values({ workspace_id: workspaceId, name, ...values, is_default: 0, sequence: nextSequence(clock.now()) })
            .execute();
      });
      return !existing;
    },
    async secrets(workspaceId, name) {
      const row = await store.read
        .selectFrom('ml_datastores')
        .select('secrets')
        .where('workspace_id', '=', workspaceId)
        .where('name', '=', name)
        .executeTakeFirst();
      return row?.secrets ? (JSON.parse(vault.open(row.secrets)) as Json) : undefined;
    },
    async remove(workspaceId, name) {
      const existing = await find(workspaceId, name);
      if (existing)
        await store.write((writer) =>
          writer.deleteFrom('ml_datastores').where('workspace_id', '=', workspaceId).where('name', '=', name).execute(),
        );
      return existing !== undefined;
    },
  };
}
