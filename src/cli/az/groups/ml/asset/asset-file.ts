import type { Args } from '../../../command.ts';
import { usageError } from '../../../errors.ts';
import { keyValues } from '../../../key-values.ts';
import { textMap } from '../job/wire-words.ts';
import { checkYaml } from '../load/check-yaml.ts';
import { applyOverrides, setPath } from '../load/override.ts';
import { any, type Shape, text, texts } from '../load/shape.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { pythonText, type YamlMap } from '../load/yaml-value.ts';

/** What an asset is made of: the file's mapping under the arguments, and the folder its paths start from. */
export type AssetSource = { readonly file: string; readonly folder: string; readonly data: YamlMap };

/**
 * Reads `--file` when it is given, lays `--set` and the arguments over it, and checks all of it.
 * @param shape undefined for what its reader checks with all that it names
 * @param flags arguments and the dotted path each is set at; a path on the command line starts at `cwd`
 * @throws one error that names every problem: its key, where it stands, what was expected
 */
export function readAssetSource(
  args: Args,
  cwd: string,
  what: string,
  shape: Shape | ((data: YamlMap) => Shape) | undefined,
  flags: Readonly<Record<string, string>>,
): AssetSource {
  const path = args.text('file');
  const source: AssetSource =
    path === undefined ? { file: what, folder: cwd, data: {} } : loadYamlFile(path, cwd, what);
  const { data } = source;
  applyOverrides(data, args.list('set') ?? []);
  let folder = source.folder;
  const own = { name: 'name', version: 'version', description: 'description', ...flags };
  for (const [argument, key] of Object.entries(own)) {
    const value = args.text(argument);
    if (value === undefined) continue;
    setPath(data, key, value);
    if (key === 'path') folder = cwd;
  }
  const tags = args.list('tags');
  if (tags) data['tags'] = keyValues(tags);
  if (shape) checkYaml(data, typeof shape === 'function' ? shape(data) : shape, source.file, what);
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

/** The asset's type in lower case, which its shape has judged. */
export const typeOf = ({ data }: AssetSource, absent: string): string =>
  pythonText(data['type'] ?? absent).toLowerCase();

/** The keys that every versioned asset's file may hold; those that only a dump holds are dropped. */
export const ASSET_SHAPE: Shape = {
  name: text,
  version: text,
  description: text,
  tags: texts,
  properties: texts,
  id: text,
  creation_context: any,
  latest_version: text,
};

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
