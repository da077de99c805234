import { randomUUID } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext, TaskResult } from '../../src/contracts/task.ts';

/** Writes the script to a file and runs it by `bash --noprofile --norc` (behaviour of the public task on Linux and macOS). */
export async function run(context: TaskContext): Promise<TaskResult> {
  const bash = context.which('bash');
  if (!bash) return { result: 'failed', message: "'bash' is not on PATH, and scripts are run with it. Install it." };
  const failOnStderr = context.booleanInput('failOnStderr');
  const cwd = context.input('workingDirectory') || (context.variable('System.DefaultWorkingDirectory') ?? '');
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    return {
      result: 'failed',
      message: `The working directory '${cwd}' does not exist. Check the workingDirectory input.`,
    };
  }
  const content = context.requiredInput('script');
  const script = join(context.variable('Agent.TempDirectory') ?? cwd, `${randomUUID()}.sh`);
  writeFileSync(script, `${content}\n`, { mode: 0o700 });
  if (!content.includes('\n')) {
    context.print('Script contents:');
    context.print(content);
  }
  context.print('========================== Starting Command Output ===========================');
  context.print(`##[command]${bash} --noprofile --norc ${script}`);
  let stderr = '';
  const end = await context.exec(bash, ['--noprofile', '--norc', script], {
    cwd,
    onStderr(text) {
      if (failOnStderr) stderr += text;
    },
  });
  let failed = false;
  if (end.exitCode !== 0) {
    context.error(`Bash exited with code '${end.exitCode}'.`);
    failed = true;
  }
  if (stderr !== '') {
    context.error(`The script wrote to the standard error stream, and failOnStderr is on:\n${stderr.trimEnd()}`);
    failed = true;
  }
  return { result: failed ? 'failed' : 'succeeded' };
}
