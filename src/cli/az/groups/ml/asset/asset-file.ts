import type { Args } from '../../../command.ts';
import { commandError, usageError } from '../../../errors.ts';
import { keyValues } from '../../../key-values.ts';
import { textMap } from '../job/wire-words.ts';
import { checkKeys, describeProblems, gatherProblems } from '../load/fields.ts';
import { applyOverrides } from '../load/override.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { pythonText, type YamlMap } from '../load/yaml-value.ts';

/** What an asset is made of: the file's mapping under the arguments, and the folder its paths start from. */
export type AssetSource = { readonly file: string; readonly folder: string; readonly data: YamlMap };

/**
 * Reads `--file` when it is given, then lays `--set` and the arguments over it.
 * @param flags arguments whose values stand under the same key of the mapping; a path on the command line starts at `cwd`
 */
export function readAssetSource(
  args: Args,
  cwd: string,
  what: string,
  keys: readonly string[],
  flags: Readonly<Record<string, string>>,
): AssetSource {
  const path = args.text('file');
  const source: AssetSource =
    path === undefined ? { file: what, folder: cwd, data: {} } : loadYamlFile(path, cwd, what);
  const { data } = source;
  applyOverrides(data, args.list('set') ?? []);
  const problems = gatherProblems();
  checkKeys(data, keys, '', problems);
  if (problems.all.length) throw commandError(describeProblems(source.file, what, problems.all));
  let folder = source.folder;
  for (const [argument, key] of Object.entries({
    name: 'name',
    version: 'version',
    description: 'description',
    ...flags,
  })) {
    const value = args.text(argument);
    if (value === undefined) continue;
    data[key] = value;
    if (key === 'path') folder = cwd;
  }
  const tags = args.list('tags');
  if (tags) data['tags'] = keyValues(tags);
  return { ...source, folder };
}

/** The asset's name, which every registered asset needs. */
export function requireName(source: AssetSource, what: string): string {
  const name = source.data['name'];
  if (name === undefined || name === null || name === '')
    throw usageError(`${source.file}: the ${what} has no name. Write one, or pass --name.`);
  return pythonText(name);
}

/** The asset's version as text; undefined when it is left to the service's count. */
export function versionOf(source: AssetSource): string | undefined {
  const version = source.data['version'];
  return version === undefined || version === null || version === '' ? undefined : pythonText(version);
}

/** The path that a data asset or a model must have. */
export function requirePath({ data, file }: AssetSource): string {
  if (data['path'] === undefined || data['path'] === null)
    throw commandError(`${file}: path: Missing data for required field.`);
  return pythonText(data['path']);
}

/** The asset's type, one of those that there are. */
export function typeOf({ data, file }: AssetSource, types: readonly string[], absent: string): string {
  const type = pythonText(data['type'] ?? absent).toLowerCase();
  if (!types.includes(type)) throw commandError(`${file}: type: '${type}' is none of ${types.join(', ')}.`);
  return type;
}

/** What every version of an asset says of itself, as the service has it. */
export function versionProperties(data: YamlMap) {
  return {
    ...(data['description'] ? { description: pythonText(data['description']) } : {}),
    properties: textMap(data['properties']),
    tags: textMap(data['tags']),
    isAnonymous: false,
    isArchived: false,
  };
}
