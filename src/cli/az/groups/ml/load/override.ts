import { commandError, usageError } from '../../../errors.ts';
import { isMap, type YamlMap, type YamlValue } from './yaml-value.ts';

/**
 * Applies `--set a.b.c=value` to a loaded file: missing levels are made, list items named by index, values are text that the
 * schema reads later (client source).
 * @throws usage errors for a word without `=`; an error when a level is a reference to something else
 */
export function applyOverrides(data: YamlMap, words: readonly string[]): void {
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw usageError(`--set takes property.path=value, found '${word}'.`);
    setPath(data, word.slice(0, at), word.slice(at + 1));
  }
}

/** Sets one dotted path. */
export function setPath(data: YamlMap, path: string, value: YamlValue): void {
  const keys = path.split('.');
  let level: YamlValue = data;
  for (const [at, key] of keys.entries()) {
    const last = at === keys.length - 1;
    if (['__proto__', 'constructor', 'prototype'].includes(key))
      throw usageError(`--set ${path}: '${key}' is no property.`);
    if (Array.isArray(level)) {
      const index = Number(key);
      if (!Number.isInteger(index) || index < 0 || index >= level.length) {
        throw usageError(`--set ${path}: '${key}' is not an index of a list of ${level.length}.`);
      }
      if (last) level[index] = value;
      else level = level[index] ?? null;
      continue;
    }
    if (!isMap(level)) {
      const found = keys.slice(0, at).join('.');
      throw commandError(
        `--set ${path}: ${found} is '${String(level)}', which has no properties. Set ${found} itself.`,
      );
    }
    if (last) {
      level[key] = value;
      continue;
    }
    if (level[key] === undefined || level[key] === null) level[key] = {};
    level = level[key] ?? null;
  }
}
