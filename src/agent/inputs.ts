import { resolve } from 'node:path';
import type { TaskManifest } from '../contracts/task.ts';

/**
 * A step's inputs as its task sees them (agent source): the manifest's defaults, overridden by name in any case, macros expanded
 * once, trimmed; `filePath` inputs made absolute against `folder`, an empty one becoming that folder. Unknown names are kept.
 */
export function resolveInputs(
  manifest: TaskManifest,
  given: Readonly<Record<string, string>>,
  expand: (text: string) => string,
  folder: string,
): Record<string, string> {
  const result: Record<string, string> = {};
  const known = new Map<string, { name: string; filePath: boolean }>();
  for (const input of manifest.inputs) {
    known.set(input.name.toLowerCase(), { name: input.name, filePath: input.type === 'filePath' });
    result[input.name] = input.defaultValue ?? '';
  }
  for (const [name, value] of Object.entries(given)) result[known.get(name.toLowerCase())?.name ?? name] = value ?? '';
  for (const [name, value] of Object.entries(result)) {
    const text = expand(value).trim();
    result[name] = known.get(name.toLowerCase())?.filePath ? resolve(folder, text) : text;
  }
  return result;
}

/** Booleans as the task library reads them: `true` in any case, nothing else. */
export function isTrue(value: string | undefined): boolean {
  return value?.toUpperCase() === 'TRUE';
}

/** The name of a step without one: the task's format, filled with the inputs as written, then macros. */
export function instanceName(
  manifest: TaskManifest,
  inputs: Readonly<Record<string, string>>,
  expand: (text: string) => string,
): string {
  const filled = manifest.instanceNameFormat.replace(/\$\(([^)]+)\)/g, (whole, name: string) => {
    const key = Object.keys(inputs).find((input) => input.toLowerCase() === name.toLowerCase());
    return key === undefined ? whole : (inputs[key] as string);
  });
  return expand(filled).trim() || manifest.friendlyName || manifest.name;
}
