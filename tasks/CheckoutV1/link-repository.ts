import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { Git } from './git.ts';

/**
 * Gives a copied working tree a `.git` that works: the objects are the source repository's own (by alternates), the branches of the source are those
 * of `origin`, HEAD is detached at the source's commit, and the index is the source's, so that `git status` shows the
 * user's own changes. Nothing that a step does with it reaches the source repository.
 */
export async function linkRepository(git: Git, source: string, folder: string): Promise<void> {
  const [places, refs, origin] = await Promise.all([
    git.ask(source, 'rev-parse', '--absolute-git-dir', '--git-common-dir'),
    git.ask(source, 'for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags'),
    git.ask(source, 'config', '--get', 'remote.origin.url'),
  ]);
  const [gitFolder = '', common = ''] = places.stdout.trimEnd().split('\n');
  const commonFolder = isAbsolute(common) ? common : resolve(source, common);
  const head = await git.ask(source, 'rev-parse', '-q', '--verify', 'HEAD');
  const target = join(folder, '.git');
  const commit = head.exitCode === 0 ? head.stdout.trim() : undefined;
  if (!existsSync(join(target, 'config'))) {
    const sha256 = commit?.length === 64 ? ['--object-format=sha256'] : [];
    const made = await git.ask(folder, 'init', '-q', ...sha256, '.');
    if (made.exitCode !== 0) throw new Error(`git init failed in ${folder}: ${made.stderr.trim()}`);
    await git.ask(folder, 'config', 'gc.auto', '0');
  }
  for (const name of ['refs/remotes', 'refs/tags', 'refs/heads', 'index.lock', 'shallow']) {
    await rm(join(target, name), { recursive: true, force: true });
  }
  await mkdir(join(target, 'refs', 'heads'), { recursive: true });
  await mkdir(join(target, 'objects', 'info'), { recursive: true });
  await writeFile(join(target, 'objects', 'info', 'alternates'), `${join(commonFolder, 'objects')}\n`);
  await writeFile(join(target, 'packed-refs'), packedRefs(refs.stdout));
  await writeFile(join(target, 'HEAD'), commit ? `${commit}\n` : 'ref: refs/heads/main\n');
  await git.ask(folder, 'config', 'remote.origin.url', withoutCredentials(origin.stdout.trim()) || source);
  await git.ask(folder, 'config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  await copyIfThere(join(commonFolder, 'shallow'), join(target, 'shallow'));
  await mkdir(join(target, 'info'), { recursive: true });
  await copyIfThere(join(commonFolder, 'info', 'exclude'), join(target, 'info', 'exclude'));
  // A split index refers to a file beside it by its place: a plain one is made instead.
  const split = readdirSync(gitFolder).some((name) => name.startsWith('sharedindex.'));
  if (!split && existsSync(join(gitFolder, 'index'))) await copyFile(join(gitFolder, 'index'), join(target, 'index'));
  else if (commit) await git.ask(folder, 'read-tree', commit);
}

/** Branches become those of `origin`. The file must be sorted by name. */
function packedRefs(listing: string): string {
  const lines = listing
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/ refs\/heads\//, ' refs/remotes/origin/'));
  const nameOf = (line: string) => line.slice(line.indexOf(' ') + 1);
  lines.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return lines.map((line) => `${line}\n`).join('');
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}

async function copyIfThere(from: string, to: string): Promise<void> {
  if (existsSync(from)) await copyFile(from, to);
}
