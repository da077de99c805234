import { realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { invalid } from '../../kernel/errors.ts';
import { insideRoot } from '../../kernel/paths.ts';

/**
 * A file of a build context. Repositories may hold links to wherever on this machine: those are followed inside the context alone.
 * @param named relative to the context
 * @returns undefined when there is none, or a link leads out of the context
 * @throws invalid for a path that itself leaves the context
 */
export function contextFile(folder: string, named: string): string | undefined {
  const path = insideRoot(folder, named);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  return realpathSync(path).startsWith(`${realpathSync(folder)}${sep}`) ? path : undefined;
}

/** The Dockerfile of an environment's context. @throws invalid when there is none */
export function dockerfileOf(name: string, folder: string, dockerfile: string): string {
  const file = contextFile(folder, dockerfile);
  if (file !== undefined) return file;
  throw invalid(`The build context of the environment '${name}' has no file '${dockerfile}'.`, {
    wire: 'EnvironmentBuildFailed',
    target: 'environment',
  });
}
