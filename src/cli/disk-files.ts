import { readFile, stat } from 'node:fs/promises';
import { invalid } from '../kernel/errors.ts';
import { insideRoot } from '../kernel/paths.ts';
import type { FileProvider } from '../language/index.ts';

/** A pipeline or template file larger than this is refused. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;

/**
 * Hands the compiler the files of a directory; paths begin with `/` at the directory. Files of other repositories aren't here.
 * @throws invalid for a path that leaves the directory or a file that is too large
 */
export function diskFiles(directory: string): FileProvider {
  return {
    async read(path, repository) {
      if (repository !== undefined && repository !== 'self') return undefined;
      const file = insideRoot(directory, path.replace(/^\/+/, ''));
      const found = await stat(file).catch(() => undefined);
      if (!found?.isFile()) return undefined;
      if (found.size > MAX_FILE_BYTES) {
        throw invalid(`${path} has ${found.size} bytes; a pipeline file may have ${MAX_FILE_BYTES}.`, { target: path });
      }
      return await readFile(file, 'utf8');
    },
  };
}
