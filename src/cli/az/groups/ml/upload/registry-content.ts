import { basename } from 'node:path';
import { newGuid } from '../../../../../kernel/ids.ts';
import { AzError, commandError } from '../../../errors.ts';
import { type RegistryScope, versionId } from '../asset/asset-scope.ts';
import { ASSET_API, type AssetType } from '../references.ts';
import { segment } from '../workspace/scope.ts';
import { openContainer } from './blob-container.ts';
import { type Ignore, ignoreNothing, readIgnore } from './ignore.ts';
import { localContent } from './local-content.ts';
import { upload } from './upload.ts';

/** The asset whose content is meant: its type by the segment of ids, its name and version. */
export type ContentOf = { readonly type: AssetType; readonly name: string; readonly version: string };

type Granted = {
  readonly blobReferenceForConsumption: {
    readonly blobUri: string;
    readonly credential: { readonly credentialType?: string; readonly sasUri?: string };
  };
};

/**
 * Sends the content of a registry's asset to the place that the registry gives for it, before the asset is made (recorded order).
 * @param path relative to `folder`
 * @returns the address of the file or folder there
 * @throws when the registry has that version already: its content never changes
 */
export async function uploadToRegistry(
  registry: RegistryScope,
  asset: ContentOf,
  path: string,
  folder: string,
  ignore?: Ignore,
): Promise<string> {
  const { root, stats } = localContent(path, folder);
  const { blobUri, credential } = await placeFor(registry, asset);
  const container = openContainer(registry.arm.http, blobUri, { sas: new URL(credential.sasUri ?? blobUri).search });
  const leftOut = ignore ?? (stats.isDirectory() ? readIgnore(root) : ignoreNothing);
  await upload(container, root, '', { name: newGuid(), version: asset.version }, leftOut);
  return `${blobUri.replace(/\/+$/, '')}/${basename(root)}`;
}

async function placeFor(registry: RegistryScope, { type, name, version }: ContentOf) {
  try {
    const granted = await registry.arm.json<Granted>({
      method: 'PUT',
      path: registry.path(`/tempdatarefs/${segment(name)}/versions/${segment(version)}`),
      apiVersion: ASSET_API[type],
      body: {
        assetId: versionId(registry, type, name, version),
        temporaryDataReferenceType: 'TemporaryBlobReference',
      },
    });
    return granted.blobReferenceForConsumption;
  } catch (error) {
    if (!(error instanceof AzError) || error.status !== 409) throw error;
    throw commandError(
      `The registry ${registry.name} has ${name}:${version} already, and its content cannot change. Choose a new version; tags and description are changed by 'update'.`,
      { cause: error },
    );
  }
}

/** Downloads the content of a registry's asset into a folder. @returns how many files */
export async function downloadFromRegistry(
  registry: RegistryScope,
  asset: ContentOf,
  uri: string,
  folder: string,
): Promise<number> {
  const granted = await registry.arm.json<Granted>({
    method: 'POST',
    path: registry.path(`/datarefs/${segment(asset.name)}/versions/${segment(asset.version)}`),
    apiVersion: ASSET_API[asset.type],
    body: { assetId: versionId(registry, asset.type, asset.name, asset.version), blobUri: uri },
    repeatable: true,
  });
  const [, container = '', below = ''] = /^(https?:\/\/[^/]+\/[^/]+)\/?(.*)$/.exec(uri) ?? [];
  if (!container) throw commandError(`The asset ${asset.name}:${asset.version} lies at '${uri}', which is no storage.`);
  const { sasUri } = granted.blobReferenceForConsumption.credential;
  return openContainer(
    registry.arm.http,
    container,
    sasUri ? { sas: new URL(sasUri).search } : { headers: {} },
  ).download(decodeURIComponent(below), folder);
}
