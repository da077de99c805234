import { resolve } from 'node:path';
import { UsageError } from './arguments.ts';

/** Where a person says that a repository is. */
export type RepositoryPlace = {
  /** Its alias in the pipeline, or its name. */
  readonly name: string;
  /** The commit of this branch, tag or commit id, rather than the files in the folder. */
  readonly ref?: string;
  /** Absolute. */
  readonly directory: string;
};

/**
 * Reads `--repository NAME[@REF]=DIR`.
 * @param cwd what relative folders start from
 * @throws UsageError when a part is missing
 */
export function repositoryPlaces(given: readonly string[], cwd: string): RepositoryPlace[] {
  return given.map((one) => {
    const equals = one.indexOf('=');
    const left = one.slice(0, Math.max(0, equals));
    const at = left.lastIndexOf('@');
    const [name, ref] = at < 0 ? [left, undefined] : [left.slice(0, at), left.slice(at + 1)];
    const directory = one.slice(equals + 1);
    if (name === '' || ref === '' || directory === '')
      throw new UsageError(`--repository needs NAME=DIR or NAME@REF=DIR, not '${one}'`, 'run');
    return { name, ...(ref === undefined ? {} : { ref }), directory: resolve(cwd, directory) };
  });
}
