import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commandError } from '../../../errors.ts';
import { type Ignore, ignoreNothing } from './ignore.ts';
import { contentAt } from './local-content.ts';

/** A file to upload: where its bytes are (links followed), and its POSIX path below the upload's root. */
export type LocalFile = { readonly source: string; readonly path: string; readonly size: number };

const MOST_FILES = 500_000;

/**
 * Lists what an upload of `root` holds, links followed. A single file is a list of one with its base name.
 * @throws when a link leads to a folder that holds it, or there are too many files
 */
export function listFiles(root: string, ignore: Ignore = ignoreNothing): LocalFile[] {
  const files: LocalFile[] = [];
  const walk = (folder: string, below: string, above: readonly string[]) => {
    const real = realpathSync(folder);
    if (above.includes(real))
      throw commandError(`${folder} is a link to a folder that it lies in. Leave it out by .amlignore.`);
    for (const name of readdirSync(folder)) {
      const path = below ? `${below}/${name}` : name;
      if (ignore(path)) continue;
      const full = join(folder, name);
      const stats = statSync(full, { throwIfNoEntry: false });
      if (!stats)
        throw commandError(`${full} is a link to a file that is not there. Remove it, or leave it out by .amlignore.`);
      if (stats.isDirectory()) walk(full, path, [...above, real]);
      else if (stats.isFile()) files.push({ source: realpathSync(full), path, size: stats.size });
      if (files.length > MOST_FILES)
        throw commandError(`${root} holds more than ${MOST_FILES} files. Leave some out by .amlignore.`);
    }
  };
  const stats = contentAt(root);
  if (stats.isFile()) return [{ source: realpathSync(root), path: basename(root), size: stats.size }];
  walk(root, '', []);
  return files;
}
