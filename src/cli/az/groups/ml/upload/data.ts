import { basename } from 'node:path';
import { newGuid } from '../../../../../kernel/ids.ts';
import type { AssetScope } from '../asset/asset-scope.ts';
import { openDatastore } from '../datastore/storage.ts';
import type { Workspace } from '../workspace/scope.ts';
import { objectHash } from './hash.ts';
import { ignoreNothing, readIgnore } from './ignore.ts';
import { localContent } from './local-content.ts';
import { type ContentOf, uploadToRegistry } from './registry-content.ts';
import { type UploadLabel, upload } from './upload.ts';

export const DEFAULT_DATASTORE = 'workspaceblobstore';

/** Where local content went: the datastore and the path in it, and whether it is a folder. */
export type UploadedData = {
  readonly datastore: string;
  readonly path: string;
  readonly folder: boolean;
  readonly hash: string;
  readonly label: UploadLabel;
};

/**
 * Uploads a local file or folder to a datastore, at a place named by its content, so that the same content is sent once.
 * @param path relative to `folder`
 */
export async function uploadData(
  workspace: Workspace,
  path: string,
  folder: string,
  datastore = DEFAULT_DATASTORE,
): Promise<UploadedData> {
  const { root, stats } = localContent(path, folder);
  const ignore = stats.isDirectory() ? readIgnore(root) : ignoreNothing;
  const hash = objectHash(root, ignore);
  const container = await openDatastore(workspace, datastore);
  const prefix = `LocalUpload/${hash}`;
  const label = await upload(container, root, prefix, { name: newGuid(), version: newGuid() }, ignore);
  return { datastore, path: `${prefix}/${basename(root)}`, folder: stats.isDirectory(), hash, label };
}

/**
 * Sends the local content of an asset that is to be made: to a datastore of its workspace, or to the registry's own storage.
 * @returns both spellings of its address; they differ in workspaces only
 */
export async function uploadAsset(
  scope: AssetScope,
  asset: ContentOf,
  path: string,
  folder: string,
  datastore: string | undefined,
): Promise<{ readonly short: string; readonly long: string }> {
  if (scope.kind === 'registry') {
    const uri = await uploadToRegistry(scope, asset, path, folder);
    return { short: uri, long: uri };
  }
  const sent = await uploadData(scope, path, folder, datastore?.replace(/^azureml:/, ''));
  return { short: shortDatastoreUri(sent), long: longDatastoreUri(scope, sent) };
}

/** The short form of a datastore path. */
export const shortDatastoreUri = (data: UploadedData) => `azureml://datastores/${data.datastore}/paths/${data.path}`;

/** The long form, which names the workspace too. */
const longDatastoreUri = (workspace: Workspace, data: UploadedData) =>
  `azureml://subscriptions/${workspace.subscription}/resourcegroups/${workspace.group}/workspaces/${workspace.name}/datastores/${data.datastore}/paths/${data.path}`;
