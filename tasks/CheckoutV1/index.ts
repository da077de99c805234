import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TaskContext, TaskRepository, TaskResult } from '../../src/contracts/task.ts';
import { fetchCommit } from './fetch-commit.ts';
import { copyWorkingTree } from './working-tree.ts';

/** Brings a repository to the folder that the job chose for it (its absolute path is the input `path`). */
export async function run(context: TaskContext): Promise<TaskResult> {
  const alias = context.input('repository') || 'self';
  if (alias === 'none') return { result: 'succeeded' };
  if (isOff(context.variable('build.syncSources')) || isOn(context.variable('agent.source.skip'))) {
    context.print('The sources are not synchronised: a variable of the pipeline says so.');
    return { result: 'succeeded' };
  }
  const repository = context.repositories.find((one) => one.alias.toLowerCase() === alias.toLowerCase());
  if (!repository) {
    const known = context.repositories.map((one) => one.alias).join(', ') || 'none';
    return {
      result: 'failed',
      message: `The repository '${alias}' is not among those of this run (${known}). Name it under resources.repositories.`,
    };
  }
  const folder = context.requiredInput('path');
  context.print(`Syncing repository: ${repository.name} (${repository.type})`);
  const local = localPath(repository);
  if (local !== undefined && repository.source === 'working-tree') await copyWorkingTree(context, local, folder);
  else await fetchCommit(context, { ...repository, url: local ?? repository.url }, folder, local !== undefined);
  return { result: 'succeeded' };
}

function localPath(repository: TaskRepository): string | undefined {
  if (isAbsolute(repository.url)) return repository.url;
  return repository.url.startsWith('file://') ? fileURLToPath(repository.url) : undefined;
}

const isOn = (text: string | undefined) => /^(1|true|\$true)$/i.test(text ?? '');
const isOff = (text: string | undefined) => /^(0|false|\$false)$/i.test(text ?? '');
