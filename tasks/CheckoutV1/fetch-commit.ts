import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskContext, TaskRepository } from '../../src/contracts/task.ts';
import { findGit, type Git } from './git.ts';

const tries = 3;

/**
 * Fetches a commit by git and checks it out detached, as the agent does (agent source): a folder of another remote is made anew, `clean`
 * removes what isn't in the repository, stale locks are removed, three tries.
 */
export async function fetchCommit(
  context: TaskContext,
  repository: TaskRepository,
  folder: string,
  local: boolean,
): Promise<void> {
  const git = findGit(context);
  if (!git) throw new Error("'git' is not on PATH, and this repository can only be fetched with it. Install git.");
  const url = repository.url;
  await mkdir(folder, { recursive: true });
  if (existsSync(join(folder, '.git'))) {
    const remote = await git.ask(folder, 'config', '--get', 'remote.origin.url');
    if (remote.stdout.trim() !== url) await startAnew(folder);
    else {
      for (const lock of ['index.lock', 'shallow.lock']) await rm(join(folder, '.git', lock), { force: true });
      if (context.booleanInput('clean')) {
        const cleaned = await git.ask(folder, 'clean', '-ffdx');
        const reset = await git.ask(folder, 'reset', '--hard', 'HEAD');
        if (cleaned.exitCode !== 0 || reset.exitCode !== 0) await startAnew(folder);
      }
    }
  }
  if (!existsSync(join(folder, '.git'))) {
    await startAnew(folder);
    await git.run(folder, 'init', '-q', '.');
    await git.run(folder, 'remote', 'add', 'origin', url);
    await git.ask(folder, 'config', 'gc.auto', '0');
  }
  await fetch(context, git, repository, folder, local);
  const target = repository.version || (await headOf(git, repository, folder));
  await git.run(folder, '-c', 'advice.detachedHead=false', 'checkout', '--progress', '--force', '--detach', target);
  await submodules(context, git, folder);
  if (isOn(context.input('lfs'))) {
    await git.run(folder, 'lfs', 'fetch', 'origin', target);
    await git.run(folder, 'lfs', 'checkout');
  }
}

async function startAnew(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

async function fetch(context: TaskContext, git: Git, repository: TaskRepository, folder: string, local: boolean) {
  const written = context.input('fetchDepth') || context.variable('agent.source.git.shallowFetchDepth') || '';
  // Not a number from 1 on means all of it (agent source). A local path has no depth: git ignores it there, with a warning.
  const depth = !local && /^[1-9]\d*$/.test(written) ? Number(written) : 0;
  const filter = context.input('fetchFilter');
  const args = ['fetch', '--force', '--prune', '--no-recurse-submodules'];
  args.push(/^(0|false|\$false)$/i.test(context.input('fetchTags')) ? '--no-tags' : '--tags');
  if (depth > 0) args.push(`--depth=${depth}`);
  else if (existsSync(join(folder, '.git', 'shallow')) && !local) args.push('--unshallow');
  if (filter !== '') args.push(`--filter=${filter}`);
  args.push('origin');
  const commit = /^[0-9a-f]{40,64}$/.test(repository.version) ? repository.version : undefined;
  if (depth > 0 && commit) args.push(`+${commit}:refs/remotes/origin/${commit}`);
  else {
    args.push('+refs/heads/*:refs/remotes/origin/*');
    const pull = /^refs\/pull\/[^/]+\/merge$/.exec(repository.ref);
    if (pull) args.push(`+${repository.ref}:${repository.ref.replace('refs/', 'refs/remotes/')}`);
    if (commit && local) args.push(`+${commit}:refs/remotes/origin/${commit}`);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await git.run(folder, ...args);
    } catch (error) {
      if (attempt >= tries || context.signal.aborted) throw error;
      context.print(`##[warning]The fetch failed; try ${attempt + 1} of ${tries} follows.`);
      await sleep(attempt * 1000, undefined, { signal: context.signal });
    }
  }
}

/** Without a pinned commit: the branch that is named, else the remote's own HEAD. */
async function headOf(git: Git, repository: TaskRepository, folder: string): Promise<string> {
  if (repository.ref.startsWith('refs/heads/'))
    return `refs/remotes/origin/${repository.ref.slice('refs/heads/'.length)}`;
  if (repository.ref !== '') return repository.ref;
  await git.run(folder, 'fetch', 'origin', 'HEAD');
  return 'FETCH_HEAD';
}

async function submodules(context: TaskContext, git: Git, folder: string): Promise<void> {
  const wanted = context.input('submodules').toLowerCase();
  const recursive = wanted === 'recursive' ? ['--recursive'] : [];
  if (wanted !== 'recursive' && !isOn(wanted)) return;
  await git.run(folder, 'submodule', 'sync', ...recursive);
  await git.run(folder, 'submodule', 'update', '--init', '--force', ...recursive);
}

const isOn = (text: string) => /^(1|true|\$true)$/i.test(text);
