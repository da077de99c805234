import { resolve } from 'node:path';
import { DomainError } from '../kernel/errors.ts';
import { openSourceTree, type SourceTree } from '../kernel/source-tree.ts';
import { chooseForRepository, type FileProvider, serviceLimits } from '../language/index.ts';
import { UsageError } from './arguments.ts';
import type { RepositoryPlace } from './repository-places.ts';

/** Repositories of this machine, as `--repository` named them. */
export type OpenRepositories = {
  /** How the compiler finds a declared repository. */
  readonly find: NonNullable<FileProvider['repository']>;
  /** The absolute path of a file that the compiler names `/path@alias`; undefined where it lies in no folder. */
  fileOf(label: string): string | undefined;
};

/** Opens the named folders. @throws UsageError for one that isn't there or has no such ref */
export async function openRepositories(places: readonly RepositoryPlace[]): Promise<OpenRepositories> {
  const open = await Promise.all(
    places.map(async ({ name, ref, directory }) => ({ name, tree: await openPlace(name, ref, directory) })),
  );
  const found = new Map<string, SourceTree>();
  return {
    async find(declared) {
      const tree = chooseForRepository(open, declared)?.tree;
      if (!tree) return undefined;
      found.set(declared.alias.toLowerCase(), tree);
      return { url: tree.directory, ref: tree.ref, version: tree.version, read: tree.read };
    },
    fileOf(label) {
      const at = label.lastIndexOf('@');
      const tree = at < 0 ? undefined : found.get(label.slice(at + 1).toLowerCase());
      return tree && !tree.committed ? resolve(tree.directory, `.${label.slice(0, at)}`) : undefined;
    },
  };
}

async function openPlace(name: string, ref: string | undefined, directory: string): Promise<SourceTree> {
  try {
    // One byte more than may be: then the compiler says so, with the file's name.
    return await openSourceTree(directory, {
      ...(ref === undefined ? {} : { ref }),
      most: serviceLimits.fileBytes + 1,
    });
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid')
      throw new UsageError(`--repository ${name}: ${error.message}`, 'run');
    throw error;
  }
}
