import type { AssetResource } from '../asset/asset-api.ts';
import { compact, creationContext } from '../entity.ts';
import { nameAndVersion } from '../references.ts';

export const DATA_KEYS = [
  'name',
  'version',
  'type',
  'path',
  'description',
  'tags',
  'properties',
  'datastore',
  'auto_delete_setting',
  'id',
  'creation_context',
  'latest_version',
];

/** A data asset's version, or its container in a list, as the public client prints it (recorded). */
export function dataEntity(resource: AssetResource): Record<string, unknown> {
  const { properties } = resource;
  const versioned = resource.id.includes('/versions/');
  return compact({
    name: versioned ? nameAndVersion(resource.id).name : resource.name,
    version: versioned ? nameAndVersion(resource.id).version : undefined,
    latest_version: versioned ? undefined : properties['latestVersion'],
    id: resource.id,
    description: properties['description'],
    tags: properties['tags'] ?? {},
    properties: properties['properties'] ?? {},
    creation_context: creationContext(resource.systemData),
    path: properties['dataUri'],
    type: typeof properties['dataType'] === 'string' ? properties['dataType'].toLowerCase() : undefined,
  });
}
