import { compact } from '../entity.ts';
import type { WorkspaceResource } from './scope.ts';

/** A workspace as `az ml workspace show` prints it (recorded). */
export function workspaceEntity(resource: WorkspaceResource): Record<string, unknown> {
  const { properties } = resource;
  return compact({
    name: resource.name,
    location: resource.location,
    id: resource.id,
    resource_group: resource.id.split('/')[4],
    display_name: properties['friendlyName'],
    description: properties['description'] || undefined,
    discovery_url: properties['discoveryUrl'],
    mlflow_tracking_uri: properties['mlFlowTrackingUri'],
    storage_account: properties['storageAccount'],
    key_vault: properties['keyVault'],
    application_insights: properties['applicationInsights'],
    container_registry: properties['containerRegistry'],
    hbi_workspace: properties['hbiWorkspace'],
    image_build_compute: properties['imageBuildCompute'],
    public_network_access: properties['publicNetworkAccess'],
    tags: resource.tags ?? {},
  });
}
