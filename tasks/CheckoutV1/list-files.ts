import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './git.ts';

/**
 * The files of a working tree, relative to it: by git where it is one (nested repositories and submodules by their own git), else by
 * walking. Deleted ones may be among them; the copy leaves them out.
 * @param exclude absolute folders that are left out
 */
export async function listFiles(
  git: Git | undefined,
  folder: string,
  isRepository: boolean,
  exclude: readonly string[],
): Promise<string[]> {
  const skipped = (path: string) => exclude.some((one) => path === one || path.startsWith(`${one}/`));
  if (!git || !isRepository) return await walk(folder, '', skipped);
  const answer = await git.ask(folder, 'ls-files', '-z', '--cached', '--others', '--exclude-standard');
  if (answer.exitCode !== 0) {
    throw new Error(
      `git could not list the files of ${folder}: ${answer.stderr.trim() || `exit code ${answer.exitCode}`}`,
    );
  }
  const names = new Set(answer.stdout.split('\0').filter((name) => name !== '' && !skipped(join(folder, name))));
  const files: string[] = [];
  for (const name of names) {
    // A folder in git's list is a submodule or an untracked repository.
    const nested = name.endsWith('/') || (await isFolder(join(folder, name)));
    if (!nested) files.push(name);
    else {
      const below = name.replace(/\/$/, '');
      const inner = join(folder, below);
      const own = (await git.ask(inner, 'rev-parse', '--show-prefix')).stdout.trim() === '';
      for (const one of await listFiles(git, inner, own, exclude)) files.push(`${below}/${one}`);
    }
  }
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function walk(root: string, below: string, skipped: (path: string) => boolean): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (skipped(join(root, name)) || entry.name === '.git') continue;
    if (entry.isDirectory()) files.push(...(await walk(root, name, skipped)));
    else if (entry.isFile() || entry.isSymbolicLink()) files.push(name);
  }
  return files;
}
