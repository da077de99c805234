import { realpath, stat } from 'node:fs/promises';
import { basename, relative, resolve, sep } from 'node:path';
import { invalid } from '../kernel/errors.ts';
import { guidOf } from '../kernel/ids.ts';
import { gitIn, NO_COMMIT, openSourceTree, readInside, type SourceTree } from '../kernel/source-tree.ts';
import { type FileProvider, serviceLimits } from '../language/index.ts';
import type { RunRepositories } from './run-repositories.ts';
import type { RunSource } from './runs/run-info.ts';

/**
 * Reads what a local run needs to know of the directory it runs in: its repository's top, branch and commit.
 * @param directory absolute
 * @param file the pipeline's path relative to the directory
 * @param at the commit that counts, and its ref; absent: what is checked out
 * @throws invalid when the directory isn't there
 */
export async function readLocalSource(
  directory: string,
  file: string,
  at?: { readonly ref: string; readonly version: string },
): Promise<RunSource> {
  const folder = await realpath(directory).catch((cause) => {
    throw invalid(`The directory ${directory} is not there.`, { cause });
  });
  if (!(await stat(folder)).isDirectory()) throw invalid(`${directory} is not a directory.`);
  const git = gitIn(folder);
  const [top, branch, commit] = await Promise.all([
    git('rev-parse', '--show-toplevel'),
    at ? at.ref : git('symbolic-ref', '--quiet', 'HEAD'),
    git('log', '-1', '--format=%H%x00%an%x00%B', ...(at ? [at.version] : [])),
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

/** One more than may be read of a file: then the compiler says so, with the file's name. */
const most = serviceLimits.fileBytes + 1;

/** Which commit of the pipeline's repository counts, as the service's `resources.repositories.self` says it. */
export type CommitChoice = { readonly refName?: string; readonly version?: string };

/**
 * Opens a commit of a directory's repository.
 * @param choice without either field: the commit that is checked out
 * @returns undefined when no commit is named and there is none: then the files count as they lie there
 * @throws invalid when a ref or a commit is named that isn't there
 */
export async function openCommit(directory: string, choice: CommitChoice): Promise<SourceTree | undefined> {
  const ref = choice.version ?? choice.refName;
  const isVersioned = (await gitIn(directory)('rev-parse', '--verify', '--quiet', 'HEAD^{commit}')) !== '';
  if (ref === undefined && !isVersioned) return undefined;
  const tree = await openSourceTree(directory, { ...(ref === undefined ? {} : { ref }), committed: true, most });
  return { ...tree, ref: choice.refName ?? (choice.version === undefined ? tree.ref : await branchOf(directory)) };
}

async function branchOf(directory: string): Promise<string> {
  return (await gitIn(directory)('symbolic-ref', '--quiet', 'HEAD')) || 'refs/heads/main';
}

/**
 * Files of a source's tree for the compiler, and of the repositories that it declares; nothing outside the tree is read.
 * @param commit whose files count; absent: those that lie in the folder
 */
export function localFiles(
  source: RunSource,
  repositories: RunRepositories,
  commit: SourceTree | undefined,
): FileProvider {
  return {
    read: (path) => (commit ? commit.read(path) : readInside(source.root, path, most)),
    repository: (declared) => repositories.find(declared),
  };
}
