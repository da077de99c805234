import type { Args, Argument } from '../../../command.ts';
import { AzError, commandError } from '../../../errors.ts';
import { fileArgument, nameArgument, setArgument } from '../../../shared-arguments.ts';
import { archivedArguments, listViewType, maxResults, maxResultsArgument } from '../list-arguments.ts';
import { ASSET_API, latestVersionId, nameAndVersion, type VersionedType } from '../references.ts';
import { segment } from '../workspace/scope.ts';
import { type AssetScope, assetScope } from './asset-scope.ts';

/** A version or a container of an asset, as the service has it. */
export type AssetResource = {
  readonly id: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly systemData?: unknown;
};

export const versionArgument = (what: string): Argument => ({
  name: 'version',
  options: ['--version', '-v'],
  kind: 'value',
  help: `Version of the ${what}.`,
});

const labelArgument: Argument = {
  name: 'label',
  options: ['--label', '-l'],
  kind: 'value',
  help: 'Label of the asset. `latest` resolves.',
};

export const showArguments = (what: string): readonly Argument[] => [
  ...assetScope,
  nameArgument(what),
  versionArgument(what),
  labelArgument,
];

export const assetListArguments = (what: string): readonly Argument[] => [
  ...assetScope,
  nameArgument(what, false),
  maxResultsArgument,
  ...archivedArguments,
];

/** What a `create` of an asset from a file takes. */
export const createArguments = (what: string): readonly Argument[] => [
  ...assetScope,
  fileArgument(`Azure ML ${what}`),
  nameArgument(what, false),
  versionArgument(what),
  setArgument,
];

/** Reads the version that `--version` or `--label` names. */
export async function getAssetVersion(scope: AssetScope, type: VersionedType, args: Args): Promise<AssetResource> {
  const name = args.need('name');
  const label = args.text('label');
  let version = args.text('version');
  if (version !== undefined && label !== undefined) throw commandError('Cannot specify both version and label.');
  if (label !== undefined) version = await versionOfLabel(scope, type, name, label);
  if (version === undefined) throw commandError('Must provide either version or label.');
  return scope.arm.json<AssetResource>({
    path: versionPath(scope, type, name, version),
    apiVersion: ASSET_API[type],
  });
}

/** The version that a label stands for. @throws for a label that isn't `latest`, the one that resolves (client source) */
export async function versionOfLabel(
  scope: AssetScope,
  type: VersionedType,
  name: string,
  label: string,
): Promise<string | undefined> {
  if (label !== 'latest') throw commandError(`Asset ${name} has no label '${label}'. Only the label latest resolves.`);
  return nameAndVersion(await latestVersionId(scope, type, name)).version;
}

/** Lists an asset's versions when a name is given, else the containers. */
export async function listAssets(
  scope: AssetScope,
  type: VersionedType,
  args: Args,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<AssetResource[]> {
  const name = args.text('name');
  const below = name === undefined ? `/${type}` : `/${type}/${segment(name)}/versions`;
  return scope.arm.list<AssetResource>(
    { path: scope.path(below), apiVersion: ASSET_API[type], query: { listViewType: listViewType(args), ...query } },
    maxResults(args),
  );
}

const MOST_TRIES = 3;

/**
 * Puts a version of an asset. Without a version it takes the container's next one, and tries again when somebody was quicker
 * (client source).
 */
export async function putAssetVersion(
  scope: AssetScope,
  type: VersionedType,
  name: string,
  version: string | undefined,
  properties: Record<string, unknown>,
): Promise<AssetResource> {
  for (let turn = 1; ; turn++) {
    const chosen = version ?? (await nextVersion(scope, type, name));
    try {
      return await scope.arm.json<AssetResource>({
        method: 'PUT',
        path: versionPath(scope, type, name, chosen),
        apiVersion: ASSET_API[type],
        body: { properties },
      });
    } catch (error) {
      const again = version === undefined && turn < MOST_TRIES && error instanceof AzError && error.status === 409;
      if (!again) throw error;
    }
  }
}

/**
 * The version that an asset gets, where it has to be known before the asset is made: a registry takes the content under it. The named one,
 * else the container's next; undefined in a workspace, which is asked when the asset is put.
 * @throws for a registry's data asset without a version, which registries do not count (client source)
 */
export async function versionBeforehand(
  scope: AssetScope,
  type: VersionedType,
  name: string,
  version: string | undefined,
): Promise<string | undefined> {
  if (version !== undefined || scope.kind === 'workspace') return version;
  if (type === 'data') throw commandError('Data asset version is required for registry. Pass --version.');
  return nextVersion(scope, type, name);
}

async function nextVersion(scope: AssetScope, type: VersionedType, name: string): Promise<string> {
  const container = await scope.arm.find<AssetResource>({
    path: scope.path(`/${type}/${segment(name)}`),
    apiVersion: ASSET_API[type],
  });
  const next = container?.properties['nextVersion'];
  return typeof next === 'string' && next ? next : '1';
}

function versionPath(scope: AssetScope, type: VersionedType, name: string, version: string): string {
  return scope.path(`/${type}/${segment(name)}/versions/${segment(version)}`);
}
