import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { usageError } from '../../errors.ts';

/** A setting as `az config get` shows it: where it comes from is a file or a variable of the environment. */
export type Setting = { readonly name: string; readonly source: string; readonly value: string };

/** The settings of a section, the environment's before the file's. */
export function settingsOf(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  section: string,
): Setting[] {
  const prefix = `AZURE_${section.toUpperCase()}_`;
  const variables = Object.entries(env).filter(([key, value]) => key.startsWith(prefix) && key !== prefix && value);
  const fromEnvironment = variables.map(([key, value]) => ({
    name: key.slice(prefix.length).toLowerCase(),
    source: key,
    value: value ?? '',
  }));
  const named = new Set(fromEnvironment.map((setting) => setting.name));
  const fromFile = Object.entries(config.sections()[section] ?? {}).filter(([name]) => !named.has(name));
  return [
    ...fromEnvironment,
    ...fromFile.map(([name, value]) => ({ name, source: join(config.directory, 'config'), value })),
  ];
}

/** Divides `section.name`. @throws a usage error when there is no dot */
export function sectionAndName(key: string): [string, string] {
  const dot = key.indexOf('.');
  if (dot < 1 || dot === key.length - 1)
    throw usageError(`Invalid key '${key}'. Use <section>.<name>, for example defaults.group.`);
  return [key.slice(0, dot), key.slice(dot + 1)];
}
