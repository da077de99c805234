import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where a git repository is: in a folder of this machine, by its absolute path, or somewhere that git fetches from. */
export type RepositoryAddress =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'remote'; readonly url: string };

/**
 * Reads a name that says itself where the repository is. The service's own names, `repository` and `project/repository`, don't.
 * @param base absolute folder that relative paths start from
 */
export function repositoryAddress(name: string, base: string): RepositoryAddress | undefined {
  if (isAbsolute(name) || /^\.\.?\//.test(name)) return { kind: 'folder', path: resolve(base, name) };
  if (/^file:\/\/\//i.test(name)) return { kind: 'folder', path: fileURLToPath(name) };
  // Only what git reaches by these: others, such as `ext::`, run commands.
  return /^(https?|ssh|git):\/\/[^-]|^git@[\w.-]+:/i.test(name) ? { kind: 'remote', url: name } : undefined;
}
