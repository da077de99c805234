import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problems } from '../load/fields.ts';
import { checkShape } from '../load/shape.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { isReference, isUri } from '../references.ts';
import { ENVIRONMENT_SHAPE } from './definition.ts';

/** Checks the environment of a command or task as far as it is written here, or in a file that is named: its keys, and that its files are there. */
export function checkEnvironment(data: YamlMap, folder: string, path: string, problems: Problems): void {
  const value = data['environment'];
  const at = path ? `${path}.environment` : 'environment';
  if (isMap(value)) checkEnvironmentMap(value, folder, at, problems);
  if (typeof value !== 'string' || isReference(value)) return;
  if (!value.startsWith('file:') && !/\.ya?ml$/i.test(value)) return;
  if (!isThere(data, 'environment', folder, at, problems)) return;
  const file = loadYamlFile(value.replace(/^file:/, ''), folder, 'environment');
  checkEnvironmentMap(file.data, file.folder, at, problems);
}

/**
 * Checks an environment: its keys, and that the conda file and the build context are there.
 * @param at its dotted path; empty at the top of its own file
 */
export function checkEnvironmentMap(data: YamlMap, folder: string, at: string, problems: Problems): void {
  checkShape(data, ENVIRONMENT_SHAPE, at, problems);
  const lead = at ? `${at}.` : '';
  if (typeof data['conda_file'] === 'string') isThere(data, 'conda_file', folder, `${lead}conda_file`, problems);
  const build = data['build'];
  if (isMap(build) && typeof build['path'] === 'string' && !isUri(build['path']) && !/^git[:+@]/.test(build['path']))
    isThere(build, 'path', folder, `${lead}build.path`, problems);
}

function isThere(map: YamlMap, key: string, folder: string, path: string, problems: Problems): boolean {
  const full = resolve(folder, pythonText(map[key]).replace(/^file:/, ''));
  if (existsSync(full)) return true;
  problems.add(path, `The path ${full} does not exist. It starts at the folder of this file.`, { map, key });
  return false;
}
