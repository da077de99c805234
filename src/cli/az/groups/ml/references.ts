import { commandError } from '../../errors.ts';
import { type AssetScope, placeName, versionId } from './asset/asset-scope.ts';

/** The asset types, by their segment in resource ids, and the api-version each is asked with (client source). */
export const ASSET_API = {
  codes: '2023-04-01',
  components: '2024-01-01-preview',
  computes: '2023-08-01-preview',
  data: '2023-04-01-preview',
  datastores: '2024-07-01-preview',
  environments: '2023-04-01-preview',
  models: '2023-08-01-preview',
} as const;
export type AssetType = keyof typeof ASSET_API;

/** Types that have versions. */
export type VersionedType = 'components' | 'data' | 'environments' | 'models';

const WORKSPACE_ID =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.MachineLearningServices\/workspaces\/([^/]+)\/(\w+)\/([^/]+)(?:\/(versions|labels)\/([^/]+))?$/i;

/** Whether a text names an asset or resource, and not a local path. */
export function isReference(text: string): boolean {
  return text.startsWith('azureml:') || /^\/subscriptions\/[^/]+\/resourceGroups\//i.test(text);
}

/** Whether a text is an address of storage or a run: passed on as it is. */
export function isUri(text: string): boolean {
  return /^(https?|azureml|wasbs?|abfss?|adl|runs|s3|gs):\/\//i.test(text) || /^runs:\//.test(text);
}

/**
 * Resolves a versioned asset's reference to what goes on the wire: a resource id of the workspace; registry, curated and asset
 * ids as they are. A registry's assets name no others than a registry's (client source). Labels other than `latest` are not known client-side (documented).
 * @throws for a reference that does not parse, or whose label or version is missing
 */
export async function resolveAsset(scope: AssetScope, type: VersionedType, reference: string): Promise<string> {
  const text =
    reference.startsWith('azureml:/') && !reference.startsWith('azureml://')
      ? reference.slice('azureml:'.length)
      : reference;
  if (text.startsWith('azureml://') || text.startsWith('/')) return text;
  const body = text.replace(/^azureml:/, '');
  if (type === 'environments' && body.startsWith('AzureML-')) return `azureml:${body}`;
  if (scope.kind === 'registry')
    throw commandError(
      `'${reference}' names an asset of a workspace, which a registry's assets cannot use. Name one of a registry: azureml://registries/${scope.name}/${type}/<name>/versions/<version>.`,
    );
  if (body.includes('/'))
    throw commandError(
      `'${reference}' is not a reference to ${type}: use azureml:<name>:<version> or azureml:<name>@latest.`,
    );
  const at = body.lastIndexOf('@');
  if (at > 0) {
    const name = body.slice(0, at);
    const label = body.slice(at + 1);
    if (label !== 'latest' && !(type === 'components' && label === 'default')) {
      throw commandError(
        `Asset ${name} has a label of ${label} that is not supported. Only the label latest resolves.`,
      );
    }
    return latestVersionId(scope, type, name);
  }
  const colon = body.indexOf(':');
  if (colon < 0) {
    // A component or an environment without a version means its newest one.
    if (type === 'components' || type === 'environments') return latestVersionId(scope, type, body);
    throw commandError(`'${reference}' names no version. Use azureml:${body}:<version> or azureml:${body}@latest.`);
  }
  return `${scope.id}/${type}/${body.slice(0, colon)}/versions/${body.slice(colon + 1)}`;
}

/** The resource id of an asset's newest version. @throws when there is none */
export async function latestVersionId(scope: AssetScope, type: VersionedType, name: string): Promise<string> {
  const path = `/${type}/${encodeURIComponent(name)}`;
  if (type === 'data') {
    const container = await scope.arm.json<{ properties: { latestVersion?: string } }>({
      path: scope.path(path),
      apiVersion: ASSET_API.data,
    });
    const version = container.properties.latestVersion;
    if (!version) throw commandError(`Asset ${name} has no versions.`);
    return versionId(scope, 'data', name, version);
  }
  const page = await scope.arm.json<{ value?: { id: string }[] }>({
    path: scope.path(`${path}/versions`),
    apiVersion: ASSET_API[type],
    query: { $orderBy: 'createdtime desc', $top: '1' },
  });
  const id = page.value?.[0]?.id;
  if (!id)
    throw commandError(
      `Asset ${name} does not exist in ${placeName(scope)}: azureml:${name}@latest has nothing to resolve to.`,
    );
  return id;
}

/** A compute's or datastore's resource id from `azureml:name`, a bare name or an id. `serverless` and `local` stay words. */
export function resolveByName(scope: AssetScope, type: 'computes' | 'datastores', reference: string): string {
  const text = reference.replace(/^azureml:/, '');
  if (text.startsWith('/')) return text;
  if (type === 'computes' && (text === 'serverless' || text === 'local')) return text;
  if (scope.kind === 'registry')
    throw commandError(
      `'${reference}' is one of a workspace's ${type}, and the registry ${scope.name} has none. Leave it out: the job that uses the component names its own.`,
    );
  return `${scope.id}/${type}/${text}`;
}

/** A resource id as the clients show it: `azureml:name[:version]` inside a workspace; other ids with `azureml:` before them. */
export function shortReference(id: string): string {
  const match = WORKSPACE_ID.exec(id);
  if (!match) return id.startsWith('/') ? `azureml:${id}` : id;
  const [, , , , , name, kind, version] = match;
  if (kind === 'labels') return `azureml:${name}@${version}`;
  return version === undefined ? `azureml:${name}` : `azureml:${name}:${version}`;
}

/** An asset's id as its own entity has it: a registry's as it is, a workspace's with the prefix of references (recorded). */
export const prefixedId = (id: string): string => (id.startsWith('/') ? `azureml:${id}` : id);

/** Name and version of a versioned resource id. */
export function nameAndVersion(id: string): { name: string; version: string | undefined } {
  const match = /\/([^/]+)\/(?:versions|labels)\/([^/]+)$/.exec(id);
  return { name: match?.[1] ?? id.split('/').at(-1) ?? id, version: match?.[2] };
}
