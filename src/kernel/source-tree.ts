import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { invalid } from './errors.ts';
import { insideRoot } from './paths.ts';
import { readText } from './read-text.ts';

const run = promisify(execFile);

/** What stands for a commit where there is none. */
export const NO_COMMIT = '0'.repeat(40);
/** What stands for a branch where there is none. */
const NO_BRANCH = 'refs/heads/main';

/** A repository of this machine, as its files lie in a folder or as a commit holds them. */
export type SourceTree = {
  /** Absolute, links resolved. */
  readonly directory: string;
  /** The full ref: the one that was asked for, else the branch that is checked out. */
  readonly ref: string;
  /** The commit; forty zeros where there is none. */
  readonly version: string;
  /** The commit's files, rather than those that lie in the folder. */
  readonly committed: boolean;
  /** The text of a file by its path from the directory, with or without a leading `/`; nothing outside is read. Undefined: no such file. */
  read(path: string): Promise<string | undefined>;
};

/**
 * Opens a folder of this machine as a repository.
 * @param wanted `ref`: a branch, a tag or a commit, whose files count instead of those in the folder. `committed`: those of the commit that is checked
 * out. `most`: bytes that are read of a file; of a larger one the text ends there
 * @throws invalid when the folder isn't there, or git finds no such ref in it
 */
export async function openSourceTree(
  directory: string,
  wanted: { readonly ref?: string; readonly committed?: boolean; readonly most: number },
): Promise<SourceTree> {
  const folder = await realpath(directory).catch((cause) => {
    throw invalid(`The directory ${directory} is not there.`, { cause });
  });
  if (!(await stat(folder)).isDirectory()) throw invalid(`${directory} is not a directory.`);
  const git = gitIn(folder);
  const { ref, most } = wanted;
  if (ref === undefined && !wanted.committed) {
    const [branch, version] = await Promise.all([
      git('symbolic-ref', '--quiet', 'HEAD'),
      git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}'),
    ]);
    return {
      directory: folder,
      ref: branch || NO_BRANCH,
      version: version || NO_COMMIT,
      committed: false,
      read: (path) => readInside(folder, path, most),
    };
  }
  const found = await findRef(git, ref);
  if (!found)
    throw invalid(
      ref === undefined
        ? `${directory} has no commit to read: git finds no HEAD there.`
        : `${directory} has no branch, tag or commit '${ref}'.`,
    );
  // The folder may lie below the repository's top; a bare one has no such place.
  const prefix = await git('rev-parse', '--show-prefix');
  const root = `${found.version}:${prefix}`;
  return { directory: folder, committed: true, ...found, read: (path) => readCommitted(folder, root, path, most) };
}

/**
 * Reads a file of a folder; a link that leads out of it leads nowhere.
 * @param path from the folder, with or without a leading `/`
 */
export async function readInside(folder: string, path: string, most: number): Promise<string | undefined> {
  const absolute = insideRoot(folder, path.replace(/^\/+/, ''));
  const real = await realpath(absolute).catch(() => undefined);
  if (real === undefined || !(real === folder || real.startsWith(folder + sep))) return undefined;
  return readText(real, most);
}

type Git = (...args: string[]) => Promise<string>;

/** Asks git in a folder; empty where git says no, or where there is no repository: asking costs a process. */
export function gitIn(folder: string): Git {
  const versioned = insideRepository(folder);
  return async (...args) =>
    versioned
      ? run('git', ['-C', folder, ...args], { encoding: 'utf8' }).then(
          ({ stdout }) => stdout.trim(),
          () => '',
        )
      : '';
}

/** Whether a folder lies in a work tree, or is a bare repository. */
function insideRepository(folder: string): boolean {
  if (existsSync(join(folder, 'HEAD')) && existsSync(join(folder, 'objects'))) return true;
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (at === dirname(at)) return false;
  }
}

/** A ref as people write it: in full, or a branch, a tag, a branch of `origin`, a commit. */
async function findRef(git: Git, ref: string | undefined): Promise<{ ref: string; version: string } | undefined> {
  const commitOf = (name: string) => git('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
  if (ref === undefined) {
    const version = await commitOf('HEAD');
    return version === '' ? undefined : { ref: (await git('symbolic-ref', '--quiet', 'HEAD')) || NO_BRANCH, version };
  }
  // What git would read as an option, or as a path through history, is no ref.
  if (!/^[^-~^:@{\s][^~^:\s]*$/.test(ref)) return undefined;
  const branch = ref.replace(/^refs\/heads\//, '');
  const names = ref.startsWith('refs/')
    ? [ref, `refs/remotes/origin/${branch}`]
    : [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/remotes/origin/${ref}`];
  for (const name of names) {
    const version = await commitOf(name);
    if (version !== '') return { ref: name.replace(/^refs\/remotes\/origin\//, 'refs/heads/'), version };
  }
  const version = /^[0-9a-f]{7,64}$/i.test(ref) ? await commitOf(ref) : '';
  return version === '' ? undefined : { ref, version };
}

async function readCommitted(folder: string, root: string, path: string, most: number): Promise<string | undefined> {
  const name = `${root}${path.replace(/^\/+/, '')}`;
  try {
    const { stdout } = await run('git', ['-C', folder, 'cat-file', 'blob', name], {
      encoding: 'utf8',
      maxBuffer: most,
    });
    return stdout;
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: unknown };
    return code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER' && typeof stdout === 'string' ? stdout : undefined;
  }
}
