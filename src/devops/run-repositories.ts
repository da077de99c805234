import { basename } from 'node:path';
import { repositoryAddress } from '../kernel/repository-address.ts';
import { openSourceTree, type SourceTree } from '../kernel/source-tree.ts';
import {
  chooseForRepository,
  type RepositoryDeclaration,
  type RepositoryFiles,
  serviceLimits,
} from '../language/index.ts';
import { fetchRepository } from './fetch-repository.ts';
import type { RunRepository } from './runs/run-info.ts';

/** Where a person says that a repository is: a folder of this machine, by the repository's alias or name. */
export type RepositoryPlace = {
  readonly name: string;
  /** The commit of this branch, tag or commit id, rather than the files in the folder. */
  readonly ref?: string;
  /** Absolute. */
  readonly directory: string;
};

/** The repositories that a run's pipeline declares, each found once: it stays at the commit that it had then (documented). */
export type RunRepositories = {
  /** Undefined: there is no such repository. @throws invalid when it is there and has no such ref */
  find(declared: RepositoryDeclaration): Promise<(RepositoryFiles & RunRepository) | undefined>;
};

/** One more than may be: then the compiler says so, with the file's name. */
const most = serviceLimits.fileBytes + 1;

/**
 * Finds repositories: in the folders that were given, else, of type `git`, by a name that is a path of this machine or an address that git
 * can fetch.
 * @param settings `base`: absolute folder that relative paths start from. `cache`: absolute folder for what is fetched. `committed`: commits only, never
 * the files as they lie in a given folder. `refs`: what counts instead of a declared ref, by alias
 */
export function createRunRepositories(
  given: readonly RepositoryPlace[],
  settings: {
    readonly base: string;
    readonly cache: string;
    readonly committed: boolean;
    readonly refs?: Readonly<Record<string, string>>;
  },
): RunRepositories {
  const found = new Map<string, ReturnType<RunRepositories['find']>>();
  const local = (declared: RepositoryDeclaration, tree: SourceTree) => described(declared, tree.directory, tree);
  const open: RunRepositories['find'] = async (written) => {
    const ref = Object.entries(settings.refs ?? {}).find(
      ([alias]) => alias.toLowerCase() === written.alias.toLowerCase(),
    );
    const declared = ref ? { ...written, ref: ref[1] } : written;
    const place = chooseForRepository(given, declared);
    if (place) {
      const { directory } = place;
      const ofPlace = ref?.[1] ?? place.ref;
      const wanted = { ...(ofPlace === undefined ? {} : { ref: ofPlace }), committed: settings.committed, most };
      return local(declared, await openSourceTree(directory, wanted));
    }
    const address = declared.type.toLowerCase() === 'git' ? repositoryAddress(declared.name, settings.base) : undefined;
    switch (address?.kind) {
      case 'folder': {
        const wanted = { ...(declared.ref === undefined ? {} : { ref: declared.ref }), committed: true, most };
        return local(declared, await openSourceTree(address.path, wanted));
      }
      case 'remote': {
        const fetched = await fetchRepository(address.url, declared.ref, settings.cache, most);
        return fetched && described(declared, address.url, fetched);
      }
      case undefined:
        return undefined;
    }
  };
  return {
    find(declared) {
      const key = declared.alias.toLowerCase();
      const known = found.get(key) ?? open(declared);
      found.set(key, known);
      return known;
    },
  };
}

function described(declared: RepositoryDeclaration, url: string, tree: SourceTree): RepositoryFiles & RunRepository {
  return {
    alias: declared.alias,
    name: basename(declared.name.replace(/\/+$/, '')).replace(/\.git$/, '') || declared.alias,
    url,
    ref: tree.ref,
    version: tree.version,
    source: tree.committed ? 'commit' : 'working-tree',
    read: tree.read,
  };
}
