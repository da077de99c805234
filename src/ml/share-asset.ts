import { cp, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { conflict, notFound } from '../kernel/errors.ts';
import type { DataReferences } from './jobs/data-reference.ts';
import type { PendingUploads } from './pending-uploads.ts';
import type { Registry } from './registries.ts';
import { parseRegistryReference, registryAssetId } from './registry-reference.ts';
import type { BlobAccess, Workspace } from './types.ts';
import type { AssetKind, AssetVersion, AssetVersions } from './versions.ts';
import { isObject, type Json } from './wire-fields.ts';

export type ShareDeps = {
  readonly versions: AssetVersions;
  readonly uploads: PendingUploads;
  readonly data: DataReferences;
  readonly blobs: BlobAccess;
};

export type ShareRequest = {
  readonly workspace: Workspace;
  readonly registry: Registry;
  readonly kind: AssetKind;
  readonly name: string;
  readonly version: string;
  readonly destination: { readonly name: string; readonly version: string };
  readonly by: string;
};

const ASSET = /\/(codes|components|environments)\/([^/]+)\/versions\/([^/]+)$/i;
const NAMED = /^azureml:([^/:@]+):([^/:@]+)$/i;
const CURATED = /^(?:azureml:)?AzureML-/i;
/** Where the content of an asset lies. */
const CONTENT: Partial<Readonly<Record<AssetKind, string>>> = { codes: 'codeUri', data: 'dataUri', models: 'modelUri' };

/**
 * Copies a version of a workspace's asset to a registry, its content too; what a component is made of comes along under its own name and version.
 * @returns the asset in the registry
 * @throws not-found for what isn't there; conflict when the registry has another asset under the name and version
 */
export async function shareAsset(deps: ShareDeps, request: ShareRequest): Promise<AssetVersion> {
  const { workspace, registry, kind, name, version, destination, by } = request;
  const source = await deps.versions.find(workspace.id, kind, name, version);
  if (!source)
    throw notFound(`There is no ${name}:${version} among the ${kind} of the workspace ${workspace.name}.`, {
      wire: 'UserError',
    });
  const existing = await deps.versions.find(registry.id, kind, destination.name, destination.version);
  const contentKey = CONTENT[kind];
  let properties: Json = { ...source.properties, isAnonymous: false, isArchived: false };
  if (kind === 'components') properties = { ...properties, componentSpec: await sharedSpec(deps, request, source) };
  if (contentKey !== undefined) {
    // Content that is there already is not copied again: a version never changes.
    const uri = existing
      ? existing.properties[contentKey]
      : await copyContent(deps, request, String(source.properties[contentKey] ?? ''));
    properties = { ...properties, [contentKey]: uri };
  }
  if (existing) {
    const same = (key: string) => isDeepStrictEqual(existing.properties[key], properties[key]);
    if (['componentSpec', 'image', 'condaFile', 'build', 'dataType', 'modelType'].every(same)) return existing;
    throw conflict(
      `The registry ${registry.name} has another ${destination.name}:${destination.version} among its ${kind}. Use a new version.`,
      { wire: 'UserError' },
    );
  }
  return deps.versions.add(registry.id, kind, { ...destination, properties, by });
}

/** Copies files into a container of the registry. @returns their URL */
async function copyContent(deps: ShareDeps, request: ShareRequest, uri: string): Promise<string> {
  const { workspace, registry, kind, destination } = request;
  const resolved = await deps.data.resolve(workspace, uri);
  const from = await deps.data.localPath(workspace, resolved.uri);
  const found = await stat(from).catch(() => undefined);
  if (!found)
    throw notFound(`The content of ${request.name}:${request.version} is not at ${uri}.`, { wire: 'UserError' });
  const owner = { id: registry.id, account: registry.storageAccount };
  const upload = await deps.uploads.open(owner, kind, destination.name, destination.version);
  const to = join(deps.blobs.pathOf(registry.storageAccount, upload.container, ''), basename(from));
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, dereference: true });
  return `${upload.url}/${encodeURIComponent(basename(from))}`;
}

/** A component's specification with what it names in the workspace shared too, and named as it is in the registry. */
async function sharedSpec(deps: ShareDeps, request: ShareRequest, source: AssetVersion): Promise<unknown> {
  const share = async (reference: unknown, kind: AssetKind): Promise<unknown> => {
    if (typeof reference !== 'string' || parseRegistryReference(reference) || CURATED.test(reference)) return reference;
    const named = ASSET.exec(reference);
    const plain = named ? null : NAMED.exec(reference);
    const [name, version] = named ? [named[2], named[3]] : [plain?.[1], plain?.[2]];
    if (name === undefined || version === undefined) return reference;
    const destination = { name, version };
    const shared = await shareAsset(deps, { ...request, kind, name, version, destination });
    return `azureml:${registryAssetId(request.registry.name, kind, shared.name)}/versions/${shared.version}`;
  };
  const visit = async (value: unknown, key: string): Promise<unknown> => {
    if (key === 'code') return share(value, 'codes');
    if (key === 'environment') return share(value, 'environments');
    if (key === 'componentId') return share(value, 'components');
    if (!isObject(value)) return value;
    const entries = await Promise.all(
      Object.entries(value).map(async ([name, inner]) => [name, await visit(inner, name)] as const),
    );
    return Object.fromEntries(entries);
  };
  return visit(source.properties['componentSpec'], '');
}
