import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { Store, Vault } from '../store/index.ts';
import { localFolderOf } from './local-folder.ts';
import { LAKE_CONTAINER } from './places.ts';
import { type MlTables, nextSequence } from './tables.ts';
import type { Workspace } from './types.ts';
import { type Json, textField } from './wire-fields.ts';

export type DatastoreRecord = { readonly name: string; readonly isDefault: boolean; readonly document: Json };

export type Datastores = {
  find(workspaceId: string, name: string): Promise<DatastoreRecord | undefined>;
  list(workspaceId: string): Promise<readonly DatastoreRecord[]>;
  default(workspace: Workspace): Promise<string>;
  /** @param secrets what only listSecrets gives back; sealed at rest. `keep`: those that are there @returns whether it was made */
  put(workspaceId: string, name: string, document: Json, secrets: Json | 'keep' | undefined): Promise<boolean>;
  /** Makes one the default, and no other. */
  makeDefault(workspaceId: string, name: string): Promise<void>;
  /** Whether another datastore than the named one, of any workspace, is a folder of this machine under the same account and container. */
  isElsewhere(
    place: { readonly account: string; readonly container: string },
    workspaceId: string,
    name: string,
  ): Promise<boolean>;
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
  const lakehouse = textField(document['artifact'], 'artifactName');
  if (lakehouse !== undefined)
    return {
      account: ONE_LAKE_ACCOUNT,
      container: oneLakeContainer(textField(document, 'oneLakeWorkspaceName') ?? '', lakehouse),
    };
  const container =
    textField(document, 'containerName') ?? textField(document, 'fileShareName') ?? textField(document, 'filesystem');
  if (container === undefined) return undefined;
  return { account: textField(document, 'accountName') ?? workspace.storageAccount, container };
}

/** One account stands for all of OneLake, as its one public name does. */
const ONE_LAKE_ACCOUNT = 'onelake';

/** Workspaces and lakehouses have names of any letters; a container has few: their hash keeps two apart that would be written alike. */
function oneLakeContainer(workspace: string, lakehouse: string): string {
  const words = `${workspace}-${lakehouse}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const hash = createHash('sha256').update(`${workspace}/${lakehouse}`).digest('hex').slice(0, 12);
  return `${words.slice(0, 48).replace(/^-+|-+$/g, '')}-${hash}`.replace(/^-+/, '');
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
      const sealed = secrets === undefined || secrets === 'keep' ? null : vault.seal(JSON.stringify(secrets));
      await store.write(async (writer) => {
        const values = { document: JSON.stringify(document), ...(secrets === 'keep' ? {} : { secrets: sealed }) };
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
            .values({
              workspace_id: workspaceId,
              name,
              document: values.document,
              secrets: sealed,
              is_default: 0,
              sequence: nextSequence(clock.now()),
            })
            .execute();
      });
      return !existing;
    },
    async makeDefault(workspaceId, name) {
      await store.write(async (writer) => {
        await writer
          .updateTable('ml_datastores')
          .set({ is_default: 0 })
          .where('workspace_id', '=', workspaceId)
          .execute();
        await writer
          .updateTable('ml_datastores')
          .set({ is_default: 1 })
          .where('workspace_id', '=', workspaceId)
          .where('name', '=', name)
          .execute();
      });
    },
    async isElsewhere(place, workspaceId, name) {
      const rows = await store.read.selectFrom('ml_datastores').select(['workspace_id', 'name', 'document']).execute();
      return rows.some((row) => {
        if (row.workspace_id === workspaceId && row.name === name) return false;
        const document = JSON.parse(row.document) as Json;
        return (
          textField(document, 'accountName') === place.account &&
          textField(document, 'containerName') === place.container &&
          localFolderOf(textField(document, 'endpoint')) !== undefined
        );
      });
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
