import { realpath, stat } from 'node:fs/promises';
import { basename, relative, resolve, sep } from 'node:path';
import { invalid } from '../kernel/errors.ts';
import { guidOf } from '../kernel/ids.ts';
import { gitIn, NO_COMMIT, readInside } from '../kernel/source-tree.ts';
import { type FileProvider, serviceLimits } from '../language/index.ts';
import type { RunRepositories } from './run-repositories.ts';
import type { RunSource } from './runs/run-info.ts';

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
  const git = gitIn(folder);
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

/** Files of a source's tree for the compiler, and of the repositories that it declares; nothing outside the tree is read. */
export function localFiles(source: RunSource, repositories: RunRepositories): FileProvider {
  return {
    async read(path) {
      // One more than may be: then the compiler says so, with the file's name.
      return readInside(source.root, path, serviceLimits.fileBytes + 1);
    },
    repository: (declared) => repositories.find(declared),
  };
}
