import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { invalid } from '../kernel/errors.ts';
import { guidOf } from '../kernel/ids.ts';
import { insideRoot } from '../kernel/paths.ts';
import { readText } from '../kernel/read-text.ts';
import { type FileProvider, serviceLimits } from '../language/index.ts';
import type { RunSource } from './runs/run-info.ts';

const run = promisify(execFile);
const NO_COMMIT = '0'.repeat(40);

/**
 * Reads what a local run needs to know of the directory it runs in: its repository's top, branch and commit.
 * @param directory absolute
 * @param file the pipeline's path relative to the directory
 * @throws invalid when the directory isn't there
 */
export async function readLocalSource(directory: string, file: string): Promise<RunSource> {
  const folder = await realpath(directory).catch((cause) => {
    throw invalid(`The directory ${directory} is not there.`, { cause });
  });
  if (!(await stat(folder)).isDirectory()) throw invalid(`${directory} is not a directory.`);
  const versioned = insideRepository(folder);
  const git = async (...args: string[]) =>
    versioned
      ? run('git', ['-C', folder, ...args], { encoding: 'utf8' }).then(
          ({ stdout }) => stdout.trim(),
          () => '',
        )
      : '';
  const [top, branch, commit] = await Promise.all([
    git('rev-parse', '--show-toplevel'),
    git('symbolic-ref', '--quiet', 'HEAD'),
    git('log', '-1', '--format=%H%x00%an%x00%B'),
  ]);
  // The directory itself is the root, as the caller says: a project may well be a folder of a larger repository.
  const root = folder;
  const isTop = top !== '' && (await realpath(top)) === root;
  const [version = '', author = '', message = ''] = commit.split('\0');
  return {
    root,
    file: `/${relative(root, resolve(folder, file)).split(sep).join('/')}`,
    repositoryName: basename(root),
    repositoryId: guidOf(root),
    branch: branch || 'refs/heads/main',
    version: version || NO_COMMIT,
    author,
    message,
    isTop,
  };
}

/** Whether git may find a repository from a folder: asking git itself costs three processes. */
function insideRepository(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (at === dirname(at)) return false;
  }
}

/** Files of a source's tree for the compiler; nothing outside the tree is read. */
export function localFiles(source: RunSource): FileProvider {
  return {
    async read(path, repository) {
      if (repository !== undefined && repository.toLowerCase() !== 'self') return undefined;
      const absolute = insideRoot(source.root, path.replace(/^\/+/, ''));
      const real = await realpath(absolute).catch(() => undefined);
      if (real === undefined || !(real === source.root || real.startsWith(source.root + sep))) return undefined;
      // One more than may be: then the compiler says so, with the file's name.
      return readText(real, serviceLimits.fileBytes + 1);
    },
  };
}
