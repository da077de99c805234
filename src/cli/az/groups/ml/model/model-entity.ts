import type { AssetResource } from '../asset/asset-api.ts';
import { compact, creationContext } from '../entity.ts';
import { nameAndVersion } from '../references.ts';

export const MODEL_KEYS = [
  'name',
  'version',
  'path',
  'type',
  'flavors',
  'stage',
  'description',
  'tags',
  'properties',
  'datastore',
  'id',
  'creation_context',
  'job_name',
  'latest_version',
];

/** A model's version as `az ml model show` prints it (recorded). */
export function modelEntity(resource: AssetResource): Record<string, unknown> {
  const { properties } = resource;
  const flavors = Object.entries((properties['flavors'] ?? {}) as Record<string, { data?: unknown }>);
  return compact({
    ...nameAndVersion(resource.id),
    id: `azureml:${resource.id}`,
    type: properties['modelType'],
    path: properties['modelUri'],
    description: properties['description'],
    properties: properties['properties'] ?? {},
    tags: properties['tags'] ?? {},
    stage: properties['stage'],
    flavors: flavors.length
      ? Object.fromEntries(flavors.map(([name, flavor]) => [name, flavor.data ?? {}]))
      : undefined,
    job_name: properties['jobName'],
    creation_context: creationContext(resource.systemData),
  });
}

/** An item of `az ml model list` (client source). */
export function modelItem(resource: AssetResource): Record<string, unknown> {
  const { properties } = resource;
  const versioned = resource.id.includes('/versions/');
  const own = {
    name: versioned ? nameAndVersion(resource.id).name : resource.name,
    tags: properties['tags'] ?? {},
    stage: properties['stage'] ?? null,
    id: `azureml:${resource.id}`,
    properties: properties['properties'] ?? {},
    description: properties['description'] ?? '',
    creation_context: creationContext(resource.systemData) ?? null,
  };
  if (!versioned) return { ...own, 'latest version': properties['latestVersion'] ?? null };
  return {
    ...own,
    version: nameAndVersion(resource.id).version,
    'model type': properties['modelType'],
    path: properties['modelUri'],
  };
}
