import { join, relative } from 'node:path';

/**
 * A file of a pipeline as a person in the working directory names it, so that an editor or a terminal finds it.
 * @param directory absolute path of the folder that stands for the repository
 * @param file the compiler's name: `/folder/file.yml`, with `@alias` in another repository, which stays as it is
 */
export function fileFromHere(cwd: string, directory: string, file: string): string {
  return file.includes('@') ? file.replace(/^\//, '') : relative(cwd, join(directory, file));
}
