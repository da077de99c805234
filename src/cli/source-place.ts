import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { insideRoot } from '../kernel/paths.ts';
import { readText } from '../kernel/read-text.ts';
import { serviceLimits } from '../language/index.ts';
import { gitTop } from './pipeline-file.ts';

/** Where the files of a pipeline are, for a person in the working directory. */
export type SourceFolders = {
  readonly cwd: string;
  /** Absolute path of the folder that stands for the pipeline's repository. */
  readonly directory: string;
  /** The absolute path of a file of another repository by the compiler's name, `/path@alias`; undefined where it isn't known. */
  elsewhere?(file: string): string | undefined;
};

/** A file, by the compiler's name, as seen from the working directory, so that an editor or a terminal finds it. What isn't found keeps its name. */
export function fileFromHere(folders: SourceFolders, file: string): string {
  const { cwd, directory } = folders;
  const other = folders.elsewhere?.(file);
  if (other !== undefined) return relative(cwd, other);
  const path = join(rootOf(directory, file), file);
  return file.includes('@') && !existsSync(path) ? file : relative(cwd, path);
}

/** The text of a file by the compiler's name; undefined where it can't be had. */
export async function textOfSource(folders: SourceFolders, file: string): Promise<string | undefined> {
  const other = folders.elsewhere?.(file);
  const [folder, name] =
    other === undefined ? [rootOf(folders.directory, file), file] : [dirname(other), basename(other)];
  try {
    return await readText(insideRoot(folder, name.replace(/^\/+/, '')), serviceLimits.fileBytes);
  } catch {
    // The place in the file is said anyway; only its text is not shown.
    return undefined;
  }
}

/** The compiler's paths begin at the repository's top: the directory itself, or the git work tree that the server found around it. */
function rootOf(directory: string, file: string): string {
  return existsSync(join(directory, file)) ? directory : (gitTop(directory) ?? directory);
}
