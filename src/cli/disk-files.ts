import { insideRoot } from '../kernel/paths.ts';
import { readText } from '../kernel/read-text.ts';
import type { FileProvider } from '../language/index.ts';
import { serviceLimits } from '../language/index.ts';

/**
 * Hands the compiler the files of a directory; paths begin with `/` at the directory.
 * @throws invalid for a path that leaves the directory
 */
export function diskFiles(directory: string): FileProvider {
  return {
    async read(path) {
      // One more than may be: then the compiler says so, with the file's name.
      return await readText(insideRoot(directory, path.replace(/^\/+/, '')), serviceLimits.fileBytes + 1);
    },
  };
}
