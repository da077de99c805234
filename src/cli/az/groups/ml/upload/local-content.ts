import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { commandError } from '../../../errors.ts';

/** What lies at an absolute path that a YAML file names. @throws when nothing does */
export function contentAt(root: string): Stats {
  const stats = statSync(root, { throwIfNoEntry: false });
  if (!stats)
    throw commandError(
      `The path ${root} does not exist. Relative paths start at the folder of the YAML file that holds them.`,
    );
  return stats;
}

/** Where a local path of a YAML file leads, and what is there. @param folder of the file @throws when nothing is */
export function localContent(path: string, folder: string): { readonly root: string; readonly stats: Stats } {
  const root = resolve(folder, path.replace(/^file:(?:\/\/)?/, ''));
  return { root, stats: contentAt(root) };
}
