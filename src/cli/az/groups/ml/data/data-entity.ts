import type { AssetResource } from '../asset/asset-api.ts';
import { ASSET_SHAPE } from '../asset/asset-file.ts';
import type { AssetKind } from '../asset/asset-kind.ts';
import { compact, creationContext } from '../entity.ts';
import { type Shape, shaped, text, word } from '../load/shape.ts';
import { nameAndVersion } from '../references.ts';

export const DATA_TYPES = ['uri_file', 'uri_folder', 'mltable'];

export const DATA_SHAPE: Shape = {
  ...ASSET_SHAPE,
  type: word(...DATA_TYPES),
  'path!': text,
  datastore: text,
  auto_delete_setting: shaped({ condition: word('created_greater_than', 'last_accessed_greater_than'), value: text }),
};

/** A data asset's version, or its container in a list, as the public client prints it (recorded). */
export function dataEntity(resource: AssetResource): Record<string, unknown> {
  const { properties } = resource;
  const versioned = resource.id.includes('/versions/');
  return compact({
    name: versioned ? nameAndVersion(resource.id).name : resource.name,
    version: versioned ? nameAndVersion(resource.id).version : undefined,
    latest_version: versioned ? undefined : properties['latestVersion'],
    // A container is listed without its id (recorded).
    id: versioned ? resource.id : undefined,
    description: properties['description'],
    tags: properties['tags'] ?? {},
    properties: properties['properties'] ?? {},
    creation_context: creationContext(resource.systemData),
    path: properties['dataUri'],
    type: typeof properties['dataType'] === 'string' ? properties['dataType'].toLowerCase() : undefined,
  });
}

export const DATA: AssetKind = {
  group: 'data',
  what: 'a data asset',
  type: 'data',
  entity: dataEntity,
  changeable: { description: 'description', tags: 'tags', properties: 'properties' },
};
