import type { Argument } from '../../../command.ts';
import type { AssetResource } from '../asset/asset-api.ts';
import { ASSET_SHAPE } from '../asset/asset-file.ts';
import type { AssetKind } from '../asset/asset-kind.ts';
import { compact, creationContext } from '../entity.ts';
import { any, mapOf, type Shape, text, word } from '../load/shape.ts';
import { nameAndVersion, prefixedId } from '../references.ts';

export const MODEL_TYPES = ['custom_model', 'mlflow_model', 'triton_model'];

export const MODEL_SHAPE: Shape = {
  ...ASSET_SHAPE,
  'path!': text,
  type: word(...MODEL_TYPES),
  flavors: mapOf(any),
  stage: text,
  datastore: text,
  job_name: text,
  system_metadata: mapOf(any),
  intellectual_property: any,
};

/** A model's version as `az ml model show` prints it (recorded). */
export function modelEntity(resource: AssetResource): Record<string, unknown> {
  const { properties } = resource;
  const flavors = Object.entries((properties['flavors'] ?? {}) as Record<string, { data?: unknown }>);
  return compact({
    ...nameAndVersion(resource.id),
    id: prefixedId(resource.id),
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
    id: prefixedId(resource.id),
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

export const MODEL: AssetKind = {
  group: 'model',
  what: 'a model',
  type: 'models',
  entity: modelEntity,
  changeable: { description: 'description', tags: 'tags', properties: 'properties', stage: 'stage' },
};

export const stageArgument: Argument = {
  name: 'stage',
  options: ['--stage', '-s'],
  kind: 'value',
  help: 'Stage of the model.',
};
