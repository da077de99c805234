import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { commandError } from '../../../errors.ts';
import { type Ignore, ignoreNothing, readIgnore, withoutCaches } from './ignore.ts';
import { zipFolder } from './zip-folder.ts';

/** The folder that code and what it includes are put together in; its name is part of the code's address (recorded). */
const MERGED = 'code_with_additional_includes';

const MOST_FILES = 500_000;

/** What leaves files out, each of it by paths from a folder of its own. */
type Rules = readonly { readonly base: string; readonly ignore: Ignore }[];

/**
 * Puts a component's code folder and its additional includes beside each other in a folder of links, and hands that over. Includes lie at its
 * top under their own names; folders of one name are merged; a folder that is named with `.zip` after it becomes a zip file. The code's ignore file counts for them too, and so does that of each
 * folder below (client source).
 * @param code the local code, relative to `folder` as the includes are; undefined where a component has none
 * @throws when a file and a folder would have one name, and for what is not there
 */
export async function withAdditionalIncludes<Result>(
  code: string | undefined,
  includes: readonly string[],
  folder: string,
  use: (merged: string) => Promise<Result>,
): Promise<Result> {
  const temporary = mkdtempSync(join(tmpdir(), 'millrace-code-'));
  try {
    const merged = join(temporary, MERGED);
    mkdirSync(merged);
    const root = code === undefined ? folder : resolve(folder, code);
    const isFile = code !== undefined && statSync(root).isFile();
    const ignore = withoutCaches(isFile ? ignoreNothing : readIgnore(root));
    const count = { files: 0 };
    if (isFile) link(root, join(merged, basename(root)), [{ base: dirname(root), ignore }], count, []);
    else if (code !== undefined) linkInside(root, merged, [{ base: root, ignore }], count, []);
    for (const include of includes) {
      const source = resolve(folder, include);
      const rules = [{ base: dirname(source), ignore }];
      const zipped = folderToZip(source);
      if (zipped === undefined) link(source, join(merged, basename(source)), rules, count, []);
      else
        zipFolder(zipped, join(merged, basename(source)), (path) =>
          isIgnored([...rules, ownRules(zipped)], join(zipped, path)),
        );
    }
    return await use(merged);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** What is wrong with an additional include; undefined for nothing. */
export function wrongInclude(include: string, folder: string, code: string | undefined): string | undefined {
  const source = resolve(folder, include);
  const name = basename(source);
  if (name === '') return 'The root folder cannot be included.';
  const zipped = folderToZip(source);
  if (!existsSync(source) && zipped === undefined)
    return `Unable to find additional include ${include}: ${source} does not exist.`;
  const there = code === undefined ? undefined : join(resolve(folder, code), name);
  if (
    there !== undefined &&
    existsSync(there) &&
    (zipped !== undefined || realpathSync(there) !== realpathSync(source))
  )
    return `A file already exists for additional include ${include}: ${there}.`;
  return undefined;
}

/** The folder that an include of `NAME.zip` stands for, where there is no such file: it is included as one (client source). */
function folderToZip(source: string): string | undefined {
  if (!source.endsWith('.zip') || existsSync(source)) return undefined;
  const folder = source.slice(0, -'.zip'.length);
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? folder : undefined;
}

const isIgnored = (rules: Rules, path: string) =>
  rules.some(({ base, ignore }) => ignore(relative(base, path).split(sep).join('/')));

const ownRules = (folder: string) => ({ base: folder, ignore: withoutCaches(readIgnore(folder)) });

function link(source: string, target: string, rules: Rules, count: { files: number }, above: readonly string[]): void {
  if (isIgnored(rules, source)) return;
  const stats = statSync(source, { throwIfNoEntry: false });
  if (!stats)
    throw commandError(`${source} is a link to a file that is not there. Remove it, or leave it out by .amlignore.`);
  if (stats.isDirectory()) {
    linkInside(source, target, [...rules, ownRules(source)], count, above);
    return;
  }
  if (!stats.isFile()) return;
  if (++count.files > MOST_FILES)
    throw commandError(
      `The code and its additional includes hold more than ${MOST_FILES} files. Leave some out by .amlignore.`,
    );
  try {
    mkdirSync(dirname(target), { recursive: true });
    // What comes later takes the place of what has its name, as copies would.
    rmSync(target, { force: true });
    symlinkSync(realpathSync(source), target);
  } catch (cause) {
    throw commandError(
      `${source} cannot lie beside the other code: another file or folder of that name is included. Rename one.`,
      { cause },
    );
  }
}

function linkInside(
  folder: string,
  target: string,
  rules: Rules,
  count: { files: number },
  above: readonly string[],
): void {
  const real = realpathSync(folder);
  if (above.includes(real))
    throw commandError(`${folder} is a link to a folder that it lies in. Leave it out by .amlignore.`);
  for (const name of readdirSync(folder)) link(join(folder, name), join(target, name), rules, count, [...above, real]);
}
