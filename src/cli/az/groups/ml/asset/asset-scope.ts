import { type Arm, MANAGEMENT } from '../../../arm.ts';
import type { Args, Argument, Context } from '../../../command.ts';
import { commandError, usageError } from '../../../errors.ts';
import { registryPath } from '../registry/registry-api.ts';
import { openWorkspace, type Workspace, workspaceArguments } from '../workspace/scope.ts';

/** A registry that a command works in. */
export type RegistryScope = {
  readonly kind: 'registry';
  readonly arm: Arm;
  /** The registry's resource id. */
  readonly id: string;
  readonly name: string;
  /** The address of a path below the registry, for `arm`. */
  path(below: string): string;
};

/** Where assets are: in a workspace or in a registry, whose routes for them are alike. */
export type AssetScope = Workspace | RegistryScope;

/** What names the place that an asset is in. One of workspace and registry is needed; the registry wins (client source). */
export const assetScope: readonly Argument[] = [
  ...workspaceArguments.map((argument) => ({ ...argument, required: false })),
  {
    name: 'registry',
    options: ['--registry-name'],
    kind: 'value',
    help: 'If provided, the command will target the registry instead of a workspace.',
  },
];

/**
 * Opens the workspace or registry of an asset command.
 * @throws as the clients when neither is named, and when there is no such registry
 */
export async function openAssetScope(context: Context, args: Args): Promise<AssetScope> {
  const registry = args.text('registry');
  if (registry !== undefined) return openRegistry(await context.arm(), registry);
  if (args.text('workspace') === undefined)
    // No argument error to the clients: exit code 1 (recorded).
    throw commandError('one the following arguments are required: [--workspace-name/-w, --registry-name]');
  if (args.text('group') === undefined) throw usageError('the following arguments are required: --resource-group/-g');
  return openWorkspace(context, args);
}

/** Where clients ask for a registry's subscription and group by nothing but its name (client source). */
const DISCOVERY = 'https://eastus.api.azureml.ms/registrymanagement/v1.0/registries';

/** A registry by its name, wherever it is. @throws when there is none of that name */
export async function openRegistry(arm: Arm, name: string): Promise<RegistryScope> {
  const found = await arm.json<{ registryName: string; subscriptionId: string; resourceGroup: string }>({
    path: `${DISCOVERY}/${encodeURIComponent(name)}/discovery`,
  });
  const root = registryPath({ subscriptionId: found.subscriptionId }, found.resourceGroup, found.registryName);
  return {
    kind: 'registry',
    arm,
    id: root,
    name: found.registryName,
    path: (below) => `${MANAGEMENT}${root}${below}`,
  };
}

/** The place as messages name it: `workspace ws`, `registry shared`. */
export const placeName = (scope: AssetScope): string => `${scope.kind} ${scope.name}`;

/** The id of an asset's version, as specs and jobs name it. */
export function versionId(scope: AssetScope, type: string, name: string, version: string): string {
  const base = scope.kind === 'workspace' ? scope.id : `azureml://registries/${scope.name}`;
  return `${base}/${type}/${name}/versions/${version}`;
}
