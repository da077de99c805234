import type { Args, Argument, Context } from '../../../command.ts';
import { AzError, usageError } from '../../../errors.ts';
import {
  descriptionArgument,
  fileArgument,
  nameArgument,
  setArgument,
  tagsArgument,
} from '../../../shared-arguments.ts';
import { archivedArguments, listViewType, maxResults, maxResultsArgument } from '../list-arguments.ts';
import { notImplementedHere } from '../not-implemented.ts';
import { ASSET_API, latestVersionId, nameAndVersion, type VersionedType } from '../references.ts';
import { openWorkspace, segment, type Workspace, workspaceArguments } from '../workspace/scope.ts';

/** A version or a container of an asset, as the service has it. */
export type AssetResource = {
  readonly id: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly systemData?: unknown;
};

/** Assets live in a workspace or a registry; registries are not built yet. */
export const assetScope: readonly Argument[] = [
  ...workspaceArguments.map((argument) =>
    argument.name === 'workspace' ? { ...argument, required: false } : argument,
  ),
  {
    name: 'registry',
    options: ['--registry-name'],
    kind: 'value',
    help: 'If provided, the command will target the registry instead of a workspace.',
  },
];

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
  { ...descriptionArgument(what), options: ['--description', '-d'] },
  tagsArgument(what),
  setArgument,
];

/** Opens the workspace of an asset command. @throws as the clients when neither workspace nor registry is named */
export async function openAssetScope(context: Context, args: Args): Promise<Workspace> {
  if (args.text('registry') !== undefined) throw notImplementedHere('registries (--registry-name)');
  if (args.text('workspace') === undefined) {
    throw usageError('one the following arguments are required: [--workspace-name/-w, --registry-name]');
  }
  return openWorkspace(context, args);
}

/** Reads the version that `--version` or `--label` names. */
export async function getAssetVersion(workspace: Workspace, type: VersionedType, args: Args): Promise<AssetResource> {
  const name = args.need('name');
  const label = args.text('label');
  let version = args.text('version');
  if (version !== undefined && label !== undefined) throw usageError('Cannot specify both version and label.');
  if (label !== undefined) version = await versionOfLabel(workspace, type, name, label);
  if (version === undefined) throw usageError('Must provide either version or label.');
  return workspace.arm.json<AssetResource>({
    path: versionPath(workspace, type, name, version),
    apiVersion: ASSET_API[type],
  });
}

/** The version that a label stands for. @throws for a label that isn't `latest`, the one that resolves (client source) */
export async function versionOfLabel(
  workspace: Workspace,
  type: VersionedType,
  name: string,
  label: string,
): Promise<string | undefined> {
  if (label !== 'latest') throw usageError(`Asset ${name} has no label '${label}'. Only the label latest resolves.`);
  return nameAndVersion(await latestVersionId(workspace, type, name)).version;
}

/** Lists an asset's versions when a name is given, else the containers. */
export async function listAssets(
  workspace: Workspace,
  type: VersionedType,
  args: Args,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<AssetResource[]> {
  const name = args.text('name');
  const below = name === undefined ? `/${type}` : `/${type}/${segment(name)}/versions`;
  return workspace.arm.list<AssetResource>(
    { path: workspace.path(below), apiVersion: ASSET_API[type], query: { listViewType: listViewType(args), ...query } },
    maxResults(args),
  );
}

const MOST_TRIES = 3;

/**
 * Puts a version of an asset. Without a version it takes the container's next one, and tries again when somebody was quicker
 * (client source).
 */
export async function putAssetVersion(
  workspace: Workspace,
  type: VersionedType,
  name: string,
  version: string | undefined,
  properties: Record<string, unknown>,
): Promise<AssetResource> {
  for (let turn = 1; ; turn++) {
    const chosen = version ?? (await nextVersion(workspace, type, name));
    try {
      return await workspace.arm.json<AssetResource>({
        method: 'PUT',
        path: versionPath(workspace, type, name, chosen),
        apiVersion: ASSET_API[type],
        body: { properties },
      });
    } catch (error) {
      const again = version === undefined && turn < MOST_TRIES && error instanceof AzError && error.status === 409;
      if (!again) throw error;
    }
  }
}

async function nextVersion(workspace: Workspace, type: VersionedType, name: string): Promise<string> {
  const container = await workspace.arm.find<AssetResource>({
    path: workspace.path(`/${type}/${segment(name)}`),
    apiVersion: ASSET_API[type],
  });
  const next = container?.properties['nextVersion'];
  return typeof next === 'string' && next ? next : '1';
}

function versionPath(workspace: Workspace, type: VersionedType, name: string, version: string): string {
  return workspace.path(`/${type}/${segment(name)}/versions/${segment(version)}`);
}
