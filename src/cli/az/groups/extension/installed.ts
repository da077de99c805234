import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, writeOwnerOnly } from '../../config.ts';
import { commandError } from '../../errors.ts';

/** An extension as `az extension list` shows it. */
export type Extension = { readonly name: string; readonly version: string; readonly path: string };

/** What is built in under an extension's name, and the public version whose behaviour it follows. */
const BUILT_IN: Readonly<Record<string, string>> = { ml: '2.42.0' };

const recordFile = (config: Config) => join(config.directory, 'millrace-extensions.json');

/** The extensions recorded in the configuration directory; `ml` works without a record, and is listed once it was added. */
export function installedExtensions(config: Config): Extension[] {
  let names: unknown;
  try {
    names = JSON.parse(readFileSync(recordFile(config), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw commandError(`${recordFile(config)} is damaged: delete it, then add the extensions again.`, {
        cause: error,
      });
    }
  }
  const recorded = Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : [];
  return recorded.flatMap((name) => {
    const version = BUILT_IN[name];
    return version ? [{ name, version, path: join(config.directory, 'cliextensions', name) }] : [];
  });
}

/** Records an extension. @returns whether it was new. @throws when it is not built in */
export function recordExtension(config: Config, name: string): boolean {
  if (!Object.hasOwn(BUILT_IN, name)) {
    throw commandError(`not implemented: the extension '${name}'. Built in: ${Object.keys(BUILT_IN).join(', ')}.`, {
      advice: ["With the Azure CLI installed, 'millrace run --az real' uses it and its extensions."],
    });
  }
  const names = installedExtensions(config).map((extension) => extension.name);
  if (names.includes(name)) return false;
  writeOwnerOnly(recordFile(config), JSON.stringify([...names, name]));
  return true;
}

/** Removes an extension's record. @throws as az when there is none */
export function forgetExtension(config: Config, name: string): void {
  const extension = requireExtension(config, name);
  const rest = installedExtensions(config).filter((other) => other.name !== extension.name);
  writeOwnerOnly(recordFile(config), JSON.stringify(rest.map((other) => other.name)));
}

/** @throws as az when it is not installed */
export function requireExtension(config: Config, name: string): Extension {
  const found = installedExtensions(config).find((extension) => extension.name === name);
  if (found) return found;
  throw commandError(
    `The extension ${name} is not installed. Please install the extension via \`az extension add -n ${name}\`.`,
  );
}
