import type { Workspace, WorkspaceScope } from './types.ts';

/** The one region of a Millrace server; its data plane answers under `eastus.api.azureml.ms`. */
export const REGION = 'eastus';

export const DATA_PLANE_HOST = `${REGION}.api.azureml.ms`;

/** The name of the registry with the curated environments. */
export const CURATED_REGISTRY = 'azureml';

/** Where clients ask for the assets of registries, by the name that discovery gives or that they build from a region (client source). */
export const REGISTRY_HOST = `cert-${REGION}.experiments.azureml.net`;

export const isRegistryHost = (host: string): boolean => /^cert-[a-z0-9]+\.experiments\.azureml\.net$/.test(host);

/** The first segment of what such a host serves; ARM's paths follow on the second. */
export const REGISTRY_PREFIX = 'mferp';
export const REGISTRY_BASE = /^\/+mferp\/managementfrontend\/(?=subscriptions\/)/i;

/** Container of `workspaceartifactstore`; a run's artifacts lie below `artifactPrefix`. */
export const ARTIFACT_CONTAINER = 'azureml';

/** The container that stands for a store of the first Data Lake, which has none: `adl://{store}.azuredatalakestore.net/{path}`. */
export const LAKE_CONTAINER = 'adls';

/** Container of `workspaceblobstore`, the default datastore (recorded name). */
export function defaultContainer(workspaceId: string): string {
  return `azureml-blobstore-${workspaceId}`;
}

/** Folder of a run's artifacts in `workspaceartifactstore`, without a slash at the end. */
export function artifactPrefix(runId: string): string {
  return `ExperimentRun/dcid.${runId}`;
}

/** The account of a workspace: `mr` and the first 18 hexadecimal digits of its GUID, within Azure's 24 characters. */
export function storageAccountOf(workspaceId: string): string {
  return `mr${workspaceId.replaceAll('-', '').slice(0, 18)}`;
}

/** The ARM id of the storage account of a workspace or registry. */
export function storageAccountId(owner: {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly storageAccount: string;
}): string {
  return `/subscriptions/${owner.subscriptionId}/resourceGroups/${owner.resourceGroup}/providers/Microsoft.Storage/storageAccounts/${owner.storageAccount}`;
}

export function blobUrl(account: string, container: string, path = ''): string {
  return `https://${account}.blob.core.windows.net/${container}${path === '' ? '' : `/${path}`}`;
}

/** The ARM id of a workspace. */
export function workspaceResourceId(workspace: WorkspaceScope): string {
  return `/subscriptions/${workspace.subscriptionId}/resourceGroups/${workspace.resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${workspace.name}`;
}

/** `azureml://subscriptions/…/datastores/{d}/paths/{p}`: the form in which the service stores data paths. */
export function longDatastoreUri(workspace: WorkspaceScope, datastore: string, path: string): string {
  return `azureml://subscriptions/${workspace.subscriptionId}/resourcegroups/${workspace.resourceGroup}/workspaces/${workspace.name}/datastores/${datastore}/paths/${path}`;
}

/** The id of the unregistered asset that every output of a run becomes. */
export function outputAssetId(workspace: Workspace, runId: string, output: string): string {
  return `azureml://locations/${workspace.location}/workspaces/${workspace.id}/data/azureml_${runId}_output_data_${output}/versions/1`;
}

/** The id by which run history knows a version of an asset (recorded). */
export function assetId(workspace: Workspace, kind: string, name: string, version: string): string {
  return `azureml://locations/${workspace.location}/workspaces/${workspace.id}/${kind}/${name}/versions/${version}`;
}

export type DatastorePath = {
  readonly datastore: string;
  /** Without a slash at the start. */
  readonly path: string;
  /** The workspace that a long URI names. */
  readonly scope?: WorkspaceScope;
};

const SHORT = /^azureml:\/\/datastores\/([^/]+)(?:\/paths\/(.*))?$/i;
const LONG =
  /^azureml:\/\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)(?:\/providers\/Microsoft\.MachineLearningServices)?\/workspaces\/([^/]+)\/datastores\/([^/]+)(?:\/paths\/(.*))?$/i;

/** Reads either form of a datastore URI; undefined for any other text. */
export function parseDatastoreUri(uri: string): DatastorePath | undefined {
  const short = SHORT.exec(uri);
  if (short) return { datastore: short[1] as string, path: (short[2] ?? '').replace(/^\/+/, '') };
  const long = LONG.exec(uri);
  if (!long) return undefined;
  return {
    datastore: long[4] as string,
    path: (long[5] ?? '').replace(/^\/+/, ''),
    scope: { subscriptionId: long[1] as string, resourceGroup: long[2] as string, name: long[3] as string },
  };
}
