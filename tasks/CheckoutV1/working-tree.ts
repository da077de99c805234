import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { TaskContext } from '../../src/contracts/task.ts';
import { copyFiles } from './copy-files.ts';
import { findGit, type Git } from './git.ts';
import { linkRepository } from './link-repository.ts';
import { listFiles } from './list-files.ts';

/** A checkout above this many bytes deserves a word. */
const large = 1024 ** 3;

/**
 * Copies a local folder as it is on disk: of a git repository the tracked files and the untracked ones that git doesn't
 * ignore, else everything. What an earlier copy brought and is no longer there is removed; what steps made stays, unless `clean`.
 * At the top of a repository the copy gets a `.git` of its own that shares the objects, so that git in a step shows the user's own state.
 */
export async function copyWorkingTree(context: TaskContext, source: string, folder: string): Promise<void> {
  const git = findGit(context);
  const top = git && (await topLevel(git, source));
  if (context.booleanInput('clean')) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const from = await realpath(source);
  const exclude = dataFolders(context);
  const files = await listFiles(git, from, top !== undefined, exclude);
  const memory = join(dirname(folder), `.checkout-${basename(folder)}.json`);
  const before = await readNames(memory);
  const result = await copyFiles(from, folder, files, before, context.signal);
  await writeFile(memory, JSON.stringify(result.names));
  if (git && top === from) await linkRepository(git, from, folder);
  else await rm(join(folder, '.git'), { recursive: true, force: true });
  context.print(
    `Copied the working tree of ${source}: ${result.copied} files copied, ${result.unchanged} unchanged, ${result.removed} removed.`,
  );
  if (top === undefined) {
    context.print('The folder is not in a git repository, so everything in it was copied.');
  }
  if (result.bytes > large) {
    context.warning(
      `The working tree has ${(result.bytes / large).toFixed(1)} GiB. Let git ignore what the pipeline doesn't need, and each run starts sooner.`,
    );
  }
}

/** The top folder of the repository that holds `source`; undefined when there is none. */
async function topLevel(git: Git, source: string): Promise<string | undefined> {
  const answer = await git.ask(source, 'rev-parse', '--show-toplevel');
  return answer.exitCode === 0 ? await realpath(answer.stdout.trimEnd()) : undefined;
}

/** Folders that are never part of a checkout: the agent's own, and the data directory around them. */
function dataFolders(context: TaskContext): string[] {
  const work = context.variable('Agent.WorkFolder');
  const found = [context.environment['MILLRACE_HOME'], work].filter((one): one is string => Boolean(one));
  const parts = work?.split(sep) ?? [];
  const at = parts.lastIndexOf('.millrace');
  if (at > 0) found.push(parts.slice(0, at + 1).join(sep));
  return found;
}

async function readNames(file: string): Promise<string[]> {
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(await readFile(file, 'utf8')) as string[];
  } catch {
    // Cut short by a crash. Nothing is removed then; `clean: true` makes the copy anew.
    return [];
  }
}
