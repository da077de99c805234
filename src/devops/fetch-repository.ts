import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { invalid } from '../kernel/errors.ts';
import { guidOf } from '../kernel/ids.ts';
import { openSourceTree, type SourceTree } from '../kernel/source-tree.ts';

const run = promisify(execFile);
/** Templates are small; a server that does not answer must not hold up the run for good. */
const LONGEST_MS = 120_000;

/**
 * Fetches the newest commit of a branch or tag of a remote repository, without its history, into a bare repository that is kept.
 * @param ref in full or short; absent: the remote's default branch
 * @param cache absolute folder
 * @returns the commit's files, with the full ref; undefined when git can't reach the repository or is not let in
 * @throws invalid when the repository has no such ref
 */
export async function fetchRepository(
  url: string,
  ref: string | undefined,
  cache: string,
  most: number,
): Promise<SourceTree | undefined> {
  const folder = join(cache, guidOf(url));
  // Nobody is there to be asked for a password: `true` answers with an empty one.
  const unattended = ['-c', 'core.askPass=true', '-c', 'core.sshCommand=ssh -oBatchMode=yes'];
  const git = async (...args: string[]) =>
    (await run('git', [...unattended, ...args], { encoding: 'utf8', timeout: LONGEST_MS })).stdout;
  const names = namesOf(ref);
  // Only these: a repository with many pull requests has megabytes of refs.
  const listed = await git('ls-remote', '--symref', '--', url, ...names).catch(() => undefined);
  if (listed === undefined) return undefined;
  const full = chooseRef(listed, names);
  if (full === undefined) throw invalid(`The repository ${url} has no branch or tag '${ref ?? 'HEAD'}'.`);
  await mkdir(folder, { recursive: true });
  await git('-C', folder, 'init', '-q', '--bare');
  const kept = `refs/fetched/${guidOf(full)}`;
  await git('-C', folder, 'fetch', '-q', '--no-tags', '--depth=1', '--', url, `+${full}:${kept}`);
  const tree = await openSourceTree(folder, { ref: kept, most });
  return { ...tree, ref: full };
}

/** The full names that a ref may have, the first that is there counts. */
function namesOf(ref: string | undefined): readonly string[] {
  if (ref === undefined) return ['HEAD'];
  return ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
}

/** The full name of a ref among those that `git ls-remote --symref` lists; where `HEAD` leads, for that. */
function chooseRef(listed: string, names: readonly string[]): string | undefined {
  const lines = listed.split('\n').map((line) => line.split('\t'));
  const found = names.find((name) => lines.some(([, one]) => one === name));
  if (found !== 'HEAD') return found;
  const head = lines.find(([left, name]) => name === 'HEAD' && left?.startsWith('ref: '));
  return head?.[0]?.slice('ref: '.length) ?? 'HEAD';
}
