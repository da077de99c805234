import { resolve } from 'node:path';
import { DomainError } from '../kernel/errors.ts';
import { repositoryAddress } from '../kernel/repository-address.ts';
import { openSourceTree, type SourceTree } from '../kernel/source-tree.ts';
import {
  chooseForRepository,
  type Diagnostic,
  type FileProvider,
  type RepositoryDeclaration,
  serviceLimits,
} from '../language/index.ts';
import { UsageError } from './arguments.ts';
import type { RepositoryPlace } from './repository-places.ts';

/** One byte more than may be: then the compiler says so, with the file's name. */
const most = serviceLimits.fileBytes + 1;

/** Repositories of this machine, as `--repository` named them. */
export type OpenRepositories = {
  /** How the compiler finds a declared repository. */
  readonly find: NonNullable<FileProvider['repository']>;
  /** The absolute path of a file that the compiler names `/path@alias`; undefined where it lies in no folder. */
  fileOf(label: string): string | undefined;
  /** A problem with the next step that fits a repository which only a run fetches. */
  advise(diagnostic: Diagnostic): Diagnostic;
};

/**
 * Opens the named folders; a repository of type `git` whose name is a path is found without, as a run finds it.
 * @param base absolute folder that such a path starts from
 * @throws UsageError for one that isn't there or has no such ref
 */
export async function openRepositories(places: readonly RepositoryPlace[], base: string): Promise<OpenRepositories> {
  const open = await Promise.all(
    places.map(async ({ name, ref, directory }) => ({ name, tree: await openPlace(name, ref, directory) })),
  );
  const found = new Map<string, SourceTree>();
  const remote: RepositoryDeclaration[] = [];
  const byName = async (declared: RepositoryDeclaration) => {
    const address = declared.type.toLowerCase() === 'git' ? repositoryAddress(declared.name, base) : undefined;
    if (address?.kind === 'remote') remote.push(declared);
    if (address?.kind !== 'folder') return undefined;
    const { ref } = declared;
    return await openSourceTree(address.path, { ...(ref === undefined ? {} : { ref }), committed: true, most });
  };
  return {
    async find(declared) {
      const tree = chooseForRepository(open, declared)?.tree ?? (await byName(declared));
      if (!tree) return undefined;
      found.set(declared.alias.toLowerCase(), tree);
      return { url: tree.directory, ref: tree.ref, version: tree.version, read: tree.read };
    },
    fileOf(label) {
      const at = label.lastIndexOf('@');
      const tree = at < 0 ? undefined : found.get(label.slice(at + 1).toLowerCase());
      return tree && !tree.committed ? resolve(tree.directory, `.${label.slice(0, at)}`) : undefined;
    },
    advise(diagnostic) {
      const one = remote.find(
        ({ name }) =>
          diagnostic.code === 'repository-not-found' &&
          diagnostic.message.startsWith(`The repository ${name} in project `),
      );
      return one === undefined
        ? diagnostic
        : {
            ...diagnostic,
            hint: `Only a run fetches from an address. To read its templates here, say which folder holds a clone: --repository ${one.alias}=DIR.`,
          };
    },
  };
}

async function openPlace(name: string, ref: string | undefined, directory: string): Promise<SourceTree> {
  try {
    return await openSourceTree(directory, { ...(ref === undefined ? {} : { ref }), most });
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid')
      throw new UsageError(`--repository ${name}: ${error.message}`, 'run');
    throw error;
  }
}
