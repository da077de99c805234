import { commandError } from '../../../errors.ts';
import type { AssetScope } from '../asset/asset-scope.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { isReference, isUri, resolveAsset } from '../references.ts';
import { DEFAULT_DATASTORE, shortDatastoreUri, uploadData } from '../upload/data.ts';
import { inputMode, outputMode } from './wire-words.ts';

/** Whether a text is one binding and nothing else: `${{parent.inputs.x}}`. */
export function isBinding(value: YamlValue | undefined): value is string {
  return typeof value === 'string' && /^\s*\$\{\{\s*[\w.-]+\s*\}\}\s*$/.test(value);
}

/** How the members of an input or output are spelled: a job's in camel case, a pipeline node's in snake case. */
export type Style = 'camel' | 'snake';

/** An input of a job or node on the wire; local content is uploaded on the way. */
export async function inputToWire(
  scope: AssetScope,
  value: YamlValue,
  folder: string,
  style: Style,
): Promise<Record<string, unknown>> {
  const kind = style === 'camel' ? 'jobInputType' : 'job_input_type';
  if (!isMap(value)) return { [kind]: 'literal', value: pythonText(value) };
  const mode = inputMode(value['mode']);
  const path = value['path'];
  if (path === undefined || path === null) {
    const literal = value['value'] ?? value['default'] ?? null;
    return { [kind]: 'literal', value: pythonText(literal), ...(mode ? { mode } : {}) };
  }
  if (isBinding(path)) return { [kind]: 'literal', value: path.trim(), ...(mode ? { mode } : {}) };
  const type = String(value['type'] ?? 'uri_folder');
  const uri = await resolveDataPath(scope, pythonText(path), folder, type);
  return { ...(mode ? { mode } : {}), uri, [kind]: type };
}

/** What an input's path becomes: an asset's id, an address as it is, or the place its local content was uploaded to. */
async function resolveDataPath(scope: AssetScope, path: string, folder: string, type: string): Promise<string> {
  if (isUri(path)) return path;
  if (isReference(path)) return resolveAsset(scope, /_model$/.test(type) ? 'models' : 'data', path);
  if (scope.kind === 'registry')
    throw commandError(
      `'${path}' is local data, which a registry's component cannot hold. Make a data asset of the registry and name that.`,
    );
  const uploaded = await uploadData(scope, path, folder, DEFAULT_DATASTORE);
  // A table's folder is named without the slash that other folders end in (recorded).
  return `${shortDatastoreUri(uploaded)}${uploaded.folder && type !== 'mltable' ? '/' : ''}`;
}

/** An output of a job on the wire. An empty one is a folder. */
export function outputToWire(value: YamlValue, style: Style): Record<string, unknown> {
  const kind = style === 'camel' ? 'jobOutputType' : 'job_output_type';
  const map: YamlMap = isMap(value) ? value : {};
  const mode = outputMode(map['mode']);
  const text = (key: string) => (map[key] === undefined || map[key] === null ? undefined : pythonText(map[key]));
  const [name, version, path, description] = [text('name'), text('version'), text('path'), text('description')];
  return {
    ...(mode ? { mode } : {}),
    ...(path ? { uri: path } : {}),
    ...(name ? { [style === 'camel' ? 'assetName' : 'name']: name } : {}),
    ...(version ? { [style === 'camel' ? 'assetVersion' : 'version']: version } : {}),
    ...(description ? { description } : {}),
    [kind]: String(map['type'] ?? 'uri_folder'),
  };
}
