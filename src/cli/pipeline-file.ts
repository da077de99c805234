import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UsageError } from './arguments.ts';

export type PipelineFile = {
  /** Absolute path of the directory that stands for the repository. */
  readonly directory: string;
  /** Path of the file in it, divided by `/`. */
  readonly file: string;
  /** Absolute path of the file. */
  readonly path: string;
};

/** The names that are looked for when none is given. */
const USUAL_NAMES = ['azure-pipelines.yml', 'azure-pipelines.yaml', '.azure-pipelines.yml'];

/**
 * Finds the pipeline file and the directory that is its repository: the working directory when the file lies in it, else the git
 * work tree around the file, else the file's own folder.
 * @param written as typed, relative to `cwd`; absent: the usual names are looked for
 * @throws UsageError when there is no such file
 */
export function findPipelineFile(cwd: string, written: string | undefined, command: string): PipelineFile {
  const path = written === undefined ? USUAL_NAMES.map((name) => join(cwd, name)).find(isFile) : resolve(cwd, written);
  if (path === undefined) {
    throw new UsageError(`there is no ${USUAL_NAMES[0]} in ${cwd}. Name the file: millrace ${command} FILE`, command);
  }
  const kind = kindOf(path);
  if (kind === 'nothing') throw new UsageError(`${written}: there is no such file (looked in ${cwd})`, command);
  if (kind === 'folder') throw new UsageError(`${written} is a folder: name the pipeline's YAML file in it`, command);
  if (kind === 'special')
    throw new UsageError(`${written} is a pipe, socket or device: save the pipeline in a file and name that`, command);
  const directory = isInside(cwd, path) ? cwd : (gitTop(dirname(path)) ?? dirname(path));
  return { directory, file: relative(directory, path).split(sep).join('/'), path };
}

/** The nearest folder, from one upward, that holds `.git`. */
export function gitTop(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function isFile(path: string): boolean {
  return kindOf(path) === 'file';
}

function kindOf(path: string): 'file' | 'folder' | 'special' | 'nothing' {
  try {
    const found = statSync(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'special';
  } catch {
    // Not there, below something that is no folder, or a link in a circle: no file in any case.
    return 'nothing';
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
