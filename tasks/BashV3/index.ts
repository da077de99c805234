import { randomUUID } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext, TaskResult } from '../../src/contracts/task.ts';

/**
 * Writes the script to a file in the temporary folder and runs it with Bash (behaviour of the public task). A file is run by a
 * script that replaces itself with it, so that arguments are quoted as the author wrote them.
 */
export async function run(context: TaskContext): Promise<TaskResult> {
  const bash = context.which('bash');
  if (!bash)
    return { result: 'failed', message: "'bash' is not on PATH. Install it, or use a task that doesn't need it." };
  const inline = context.input('targetType').toLowerCase() === 'inline';
  const failOnStderr = context.booleanInput('failOnStderr');
  const cwd = context.input('workingDirectory') || (context.variable('System.DefaultWorkingDirectory') ?? '');
  let content: string;
  if (inline) {
    content = context.input('script');
  } else {
    const file = context.requiredInput('filePath');
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      return {
        result: 'failed',
        message: `The script '${file}' is not a file. Check the filePath input; it is relative to the repository.`,
      };
    }
    content = `exec bash '${file.replaceAll("'", "'\\''")}' ${context.input('arguments')}`.trim();
  }
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    return {
      result: 'failed',
      message: `The working directory '${cwd}' does not exist. Check the workingDirectory input.`,
    };
  }
  const script = join(context.variable('Agent.TempDirectory') ?? cwd, `${randomUUID()}.sh`);
  writeFileSync(script, `${content}\n`, { mode: 0o700 });
  context.print('========================== Starting Command Output ===========================');
  context.print(`##[command]${bash} ${script}`);
  const bashEnv = context.input('bashEnvValue');
  let stderr = '';
  const end = await context.exec(bash, [script], {
    cwd,
    ...(bashEnv === '' ? {} : { env: { BASH_ENV: bashEnv } }),
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
    context.error(`Bash wrote to the standard error stream, and failOnStderr is on:\n${stderr.trimEnd()}`);
    failed = true;
  }
  return { result: failed ? 'failed' : 'succeeded' };
}
