import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { newGuid } from '../../../../../kernel/ids.ts';
import { commandError } from '../../../errors.ts';
import { openDatastore } from '../datastore/storage.ts';
import type { Workspace } from '../workspace/scope.ts';
import { objectHash } from './hash.ts';
import { ignoreNothing, readIgnore } from './ignore.ts';
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
  const root = resolve(folder, path.replace(/^file:(?:\/\/)?/, ''));
  const stats = statSync(root, { throwIfNoEntry: false });
  if (!stats)
    throw commandError(
      `The path ${root} does not exist. Relative paths start at the folder of the YAML file that holds them.`,
    );
  const ignore = stats.isDirectory() ? readIgnore(root) : ignoreNothing;
  const hash = objectHash(root, ignore);
  const container = await openDatastore(workspace, datastore);
  const prefix = `LocalUpload/${hash}`;
  const label = await upload(container, root, prefix, { name: newGuid(), version: newGuid() }, ignore);
  return { datastore, path: `${prefix}/${basename(root)}`, folder: stats.isDirectory(), hash, label };
}

/** The short form of a datastore path. */
export const shortDatastoreUri = (data: UploadedData) => `azureml://datastores/${data.datastore}/paths/${data.path}`;

/** The long form, which names the workspace too. */
export const longDatastoreUri = (workspace: Workspace, data: UploadedData) =>
  `azureml://subscriptions/${workspace.subscription}/resourcegroups/${workspace.group}/workspaces/${workspace.name}/datastores/${data.datastore}/paths/${data.path}`;
