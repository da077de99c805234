import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CODE_HASH_VERSION } from '../../../../../contracts/code-hash.ts';
import { newGuid } from '../../../../../kernel/ids.ts';
import type { AssetScope } from '../asset/asset-scope.ts';
import { ASSET_API } from '../references.ts';
import { segment } from '../workspace/scope.ts';
import { openContainer } from './blob-container.ts';
import { codeHash } from './hash.ts';
import { readIgnore, withoutCaches } from './ignore.ts';
import { uploadToRegistry } from './registry-content.ts';
import { type UploadLabel, upload } from './upload.ts';

type PendingUpload = { blobReferenceForConsumption: { blobUri: string; credential: { sasUri: string } } };

/**
 * Makes a local folder or file a code asset of the workspace or registry; in a workspace the same content becomes the same asset again (recorded order:
 * look up by hash, start an upload, upload, register).
 * @param path relative to `folder`
 * @param component component code leaves out `__pycache__`
 * @returns the code version's resource id
 */
export async function uploadCode(scope: AssetScope, path: string, folder: string, component: boolean): Promise<string> {
  const root = resolve(folder, path);
  const rules = statSync(root, { throwIfNoEntry: false })?.isDirectory() ? readIgnore(root) : () => false;
  const ignore = component ? withoutCaches(rules) : rules;
  const hash = codeHash(root, ignore);
  const { arm } = scope;
  const guid = newGuid();
  if (scope.kind === 'registry') {
    const uri = await uploadToRegistry(scope, { type: 'codes', name: guid, version: '1' }, path, folder, ignore);
    return putCode(scope, { name: guid, version: '1' }, hash, uri);
  }
  const versions = `/codes/${guid}/versions`;
  const same = await arm.json<{ value?: { id: string }[] }>({
    path: scope.path(versions),
    apiVersion: ASSET_API.codes,
    query: { hash, hashVersion: CODE_HASH_VERSION },
  });
  const known = same.value?.[0]?.id;
  if (known) return known;
  const pending = await arm.json<PendingUpload>({
    method: 'POST',
    path: scope.path(`${versions}/1/startPendingUpload`),
    apiVersion: ASSET_API.codes,
    body: { pendingUploadType: 'TemporaryBlobReference' },
    repeatable: true,
  });
  const { blobUri, credential } = pending.blobReferenceForConsumption;
  const sas = new URL(credential.sasUri);
  const container = openContainer(arm.http, blobUri, { sas: sas.search });
  const label = await upload(container, root, '', { name: guid, version: '1' }, ignore);
  return putCode(scope, label, hash, `${blobUri.replace(/\/+$/, '')}/${basename(root)}`);
}

async function putCode(scope: AssetScope, label: UploadLabel, hash: string, codeUri: string): Promise<string> {
  const created = await scope.arm.json<{ id: string }>({
    method: 'PUT',
    path: scope.path(`/codes/${segment(label.name)}/versions/${segment(label.version)}`),
    apiVersion: ASSET_API.codes,
    body: {
      properties: {
        properties: { hash_sha256: hash, hash_version: CODE_HASH_VERSION },
        isAnonymous: true,
        isArchived: false,
        codeUri,
      },
    },
  });
  return created.id;
}
