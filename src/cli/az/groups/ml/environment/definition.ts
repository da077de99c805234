import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { commandError } from '../../../errors.ts';
import { ASSET_SHAPE } from '../asset/asset-file.ts';
import type { AssetScope } from '../asset/asset-scope.ts';
import { any, mapOf, oneOf, type Shape, shaped, text, whole, word } from '../load/shape.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { ASSET_API, isReference, resolveAsset } from '../references.ts';
import { uploadAsset } from '../upload/data.ts';
import { objectHash } from '../upload/hash.ts';
import { readIgnore } from '../upload/ignore.ts';
import { segment } from '../workspace/scope.ts';

/** A build context that is named by an address: nothing of it is on this machine. */
const REMOTE = /^(?:https?|azureml|git|ssh):/;
const ANONYMOUS_ENVIRONMENT = 'CliV2AnonymousEnvironment';

const route = shaped({ 'path!': text, 'port!': whole });

export const ENVIRONMENT_SHAPE: Shape = {
  ...ASSET_SHAPE,
  image: text,
  build: shaped({ path: text, dockerfile_path: text }),
  conda_file: oneOf(text, mapOf(any)),
  inference_config: shaped({ liveness_route: route, readiness_route: route, scoring_route: route }),
  os_type: word('linux', 'windows'),
  datastore: text,
  // A dump's own, and the mark of where an environment of the older clients came from.
  type: text,
  intellectual_property: any,
};

/** A YAML mapping of an environment, and the folder its paths start from. */
export type EnvironmentSource = { readonly data: YamlMap; readonly folder: string };

const present = (value: YamlValue | undefined) => value !== undefined && value !== null && value !== '';

/** A conda file's text as sent: the YAML again, keys sorted (recorded). */
function condaText(value: YamlValue | undefined, folder: string): string | undefined {
  if (!present(value)) return undefined;
  const conda = isMap(value) ? value : loadYamlFile(pythonText(value).replace(/^file:/, ''), folder, 'conda').data;
  const plain: unknown = JSON.parse(JSON.stringify(conda));
  return stringify(plain, { indentSeq: false, sortMapEntries: true, lineWidth: 0, singleQuote: true });
}

/**
 * An environment's properties on the wire. A build context is uploaded.
 * @param as what it is registered as
 * @throws when it has both or none of image and build
 */
export async function environmentProperties(
  scope: AssetScope,
  source: EnvironmentSource,
  as: { readonly name: string; readonly version: string },
): Promise<Record<string, unknown>> {
  const { data, folder } = source;
  checkDefinition(data);
  const conda = condaText(data['conda_file'], folder);
  const build = isMap(data['build']) ? data['build'] : undefined;
  const optional = (key: string) => (present(data[key]) ? { [key]: pythonText(data[key]) } : {});
  return {
    ...optional('description'),
    ...(isMap(data['tags']) ? { tags: data['tags'] } : {}),
    ...(isMap(data['properties']) ? { properties: data['properties'] } : {}),
    isAnonymous: as.name === ANONYMOUS_ENVIRONMENT,
    isArchived: false,
    ...(conda === undefined ? {} : { condaFile: conda }),
    ...optional('image'),
    ...(build ? { build: await buildToWire(scope, as, build, folder, data['datastore']) } : {}),
    ...(present(data['os_type']) ? { osType: pythonText(data['os_type']) } : {}),
    ...(isMap(data['inference_config']) ? { inferenceConfig: inferenceToWire(data['inference_config']) } : {}),
  };
}

function checkDefinition(data: YamlMap): void {
  const image = present(data['image']);
  const build = isMap(data['build']);
  if (image && build)
    throw commandError('An environment takes a docker image or a build context (build.path), not both.');
  if (!image && !build)
    throw commandError('An environment needs a docker image (image) or a build context (build.path).');
}

async function buildToWire(
  scope: AssetScope,
  as: { readonly name: string; readonly version: string },
  build: YamlMap,
  folder: string,
  datastore: YamlValue | undefined,
) {
  const path = pythonText(build['path'] ?? '.');
  const dockerfile = present(build['dockerfile_path']) ? { dockerfilePath: pythonText(build['dockerfile_path']) } : {};
  if (REMOTE.test(path)) return { contextUri: path, ...dockerfile };
  const store = present(datastore) ? pythonText(datastore ?? '') : undefined;
  const uploaded = await uploadAsset(scope, { type: 'environments', ...as }, path, folder, store);
  return { contextUri: `${uploaded.long}/`, ...dockerfile };
}

function inferenceToWire(config: YamlMap): Record<string, unknown> {
  const routes = { liveness_route: 'livenessRoute', readiness_route: 'readinessRoute', scoring_route: 'scoringRoute' };
  return Object.fromEntries(
    Object.entries(routes).flatMap(([yaml, wire]) => (isMap(config[yaml]) ? [[wire, config[yaml]]] : [])),
  );
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * The version of an anonymous environment: a digest of image, inference configuration and conda text, interleaved as the
 * clients do it (recorded with the public extension 2.42.0; `digest` is MD5 in clients before it).
 */
function anonymousVersion(source: EnvironmentSource, digest: (text: string) => string = sha256): string {
  const { data, folder } = source;
  // Python's separator.join(text): the separator between every two characters.
  const interleave = (separator: string, text: string) => [...text].join(separator);
  const build = isMap(data['build']) ? data['build'] : undefined;
  let text: string;
  if (build && !present(data['image'])) {
    const path = pythonText(build['path'] ?? '.');
    const context = resolve(folder, path);
    // The clients take a version by chance for what lies elsewhere; this one is the same for the same address.
    text = digest(REMOTE.test(path) ? path : objectHash(context, readIgnore(context)));
    if (present(build['dockerfile_path'])) text = interleave(text, digest(pythonText(build['dockerfile_path'])));
  } else {
    text = digest(pythonText(data['image']));
    if (isMap(data['inference_config'])) {
      text = interleave(text, digest(stringify(data['inference_config'], { indentSeq: false, sortMapEntries: true })));
    }
    const conda = condaText(data['conda_file'], folder);
    if (conda !== undefined) text = interleave(text, digest(conda));
  }
  return digest(text);
}

/**
 * Resolves what `environment:` says to the id that goes on the wire: a reference; a `file:` or an inline definition, which is
 * registered as an anonymous environment.
 */
export async function resolveEnvironment(scope: AssetScope, value: YamlValue, folder: string): Promise<string> {
  let source: EnvironmentSource;
  if (isMap(value)) source = { data: value, folder };
  else {
    const text = pythonText(value);
    if (isReference(text)) return resolveAsset(scope, 'environments', text);
    if (!text.startsWith('file:') && !/\.ya?ml$/i.test(text)) return resolveAsset(scope, 'environments', text);
    const file = loadYamlFile(text.replace(/^file:/, ''), folder, 'environment');
    source = { data: file.data, folder: file.folder };
  }
  const version = anonymousVersion(source);
  const path = scope.path(`/environments/${ANONYMOUS_ENVIRONMENT}/versions/${segment(version)}`);
  if (scope.kind === 'registry') {
    // Its content is sent once: a second time the registry has no place for it.
    const known = await scope.arm.find<{ id: string }>({ path, apiVersion: ASSET_API.environments });
    if (known) return known.id;
  }
  const properties = await environmentProperties(scope, source, { name: ANONYMOUS_ENVIRONMENT, version });
  const created = await scope.arm.json<{ id: string }>({
    method: 'PUT',
    path,
    apiVersion: ASSET_API.environments,
    body: { properties },
  });
  return created.id;
}
