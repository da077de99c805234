import type { AssetResource } from '../asset/asset-api.ts';
import type { AssetKind } from '../asset/asset-kind.ts';
import { compact, creationContext, filled } from '../entity.ts';
import { mapValues } from '../job/entity-parts.ts';
import { nodeEntity } from '../job/node-entity.ts';
import { nameAndVersion, prefixedId } from '../references.ts';

/** A component's version as `az ml component show` prints it: its spec with the asset's members (recorded). */
export function componentEntity(resource: AssetResource): Record<string, unknown> {
  const { properties } = resource;
  const { _source, sourceJobId: _job, ...spec } = (properties['componentSpec'] ?? {}) as Record<string, unknown>;
  return compact({
    ...spec,
    ...(spec['type'] === 'pipeline' ? pipelineMembers(spec) : {}),
    ...nameAndVersion(resource.id),
    id: prefixedId(resource.id),
    tags: filled(properties['tags'] ?? spec['tags']),
    description: properties['description'] ?? spec['description'],
    creation_context: creationContext(resource.systemData),
  });
}

/** A pipeline's nodes are shown in the words of its YAML, and empty ports not at all (seen with the public extension 2.42.0). */
function pipelineMembers(spec: Record<string, unknown>): Record<string, unknown> {
  const ports = ['inputs', 'outputs'].map((part) => [part, filled(spec[part])]);
  return { ...Object.fromEntries(ports), jobs: mapValues(spec['jobs'], nodeEntity) };
}

/** A component in a list without a name: its container (recorded). */
export function componentItem(resource: AssetResource): Record<string, unknown> {
  if (resource.id.includes('/versions/')) return componentEntity(resource);
  const { properties } = resource;
  return compact({
    name: resource.name,
    id: prefixedId(resource.id),
    latest_version: properties['latestVersion'],
    description: properties['description'],
    tags: filled(properties['tags']),
    creation_context: creationContext(resource.systemData),
  });
}

export const COMPONENT: AssetKind = {
  group: 'component',
  what: 'a component',
  type: 'components',
  entity: componentEntity,
  changeable: {
    description: 'description',
    tags: 'tags',
    properties: 'properties',
    display_name: 'componentSpec.display_name',
  },
};
