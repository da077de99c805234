import type { AssetResource } from '../asset/asset-api.ts';
import type { AssetKind } from '../asset/asset-kind.ts';
import { compact, creationContext, filled } from '../entity.ts';
import { parseYaml } from '../load/yaml-file.ts';
import { nameAndVersion, prefixedId } from '../references.ts';

/** An environment version as `az ml environment show` prints it (recorded). */
export function environmentEntity(resource: AssetResource): Record<string, unknown> {
  const { properties } = resource;
  const build = properties['build'] as { contextUri?: string; dockerfilePath?: string } | null | undefined;
  const conda = properties['condaFile'];
  return compact({
    ...nameAndVersion(resource.id),
    id: prefixedId(resource.id),
    description: properties['description'],
    tags: properties['tags'],
    properties: filled(properties['properties']),
    creation_context: creationContext(resource.systemData),
    image: properties['image'],
    os_type: typeof properties['osType'] === 'string' ? properties['osType'].toLowerCase() : undefined,
    build: build ? compact({ path: build.contextUri, dockerfile_path: build.dockerfilePath }) : undefined,
    conda_file: typeof conda === 'string' ? parseYaml(conda, `${resource.id} (its conda file)`) : undefined,
    inference_config: inferenceConfig(properties['inferenceConfig']),
  });
}

function inferenceConfig(config: unknown): unknown {
  if (typeof config !== 'object' || config === null) return undefined;
  const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return compact(Object.fromEntries(Object.entries(config).map(([key, value]) => [snake(key), value])));
}

/** An item of `az ml environment list`: its name and one of `latest version`, `version` (client source). */
export function environmentItem(resource: AssetResource): Record<string, unknown> {
  const latest = resource.properties['latestVersion'];
  const versioned = nameAndVersion(resource.id);
  return compact({
    name: resource.id.includes('/versions/') ? versioned.name : resource.name,
    'latest version': latest || undefined,
    version: resource.id.includes('/versions/') ? versioned.version : undefined,
  });
}

export const ENVIRONMENT: AssetKind = {
  group: 'environment',
  what: 'an environment',
  type: 'environments',
  entity: environmentEntity,
  changeable: { description: 'description', tags: 'tags', properties: 'properties' },
};
