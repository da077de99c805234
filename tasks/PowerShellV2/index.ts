import { randomUUID } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext, TaskResult } from '../../src/contracts/task.ts';

const preferences = ['error', 'warning', 'information', 'verbose', 'debug', 'progress'] as const;

/** Writes the script to a file and runs it by `pwsh` (on Linux and macOS, as the public task does; `powershell` where only that is there). */
export async function run(context: TaskContext): Promise<TaskResult> {
  const program = context.which('pwsh') ?? context.which('powershell');
  if (!program) {
    return {
      result: 'failed',
      message:
        "PowerShell ('pwsh') is not installed on this machine. Install it (https://aka.ms/install-powershell), or write the step as bash or script.",
    };
  }
  const cwd = context.input('workingDirectory') || (context.variable('System.DefaultWorkingDirectory') ?? '');
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    return {
      result: 'failed',
      message: `The working directory '${cwd}' does not exist. Check the workingDirectory input.`,
    };
  }
  const lines: string[] = [];
  for (const name of preferences) {
    const input = name === 'error' ? 'errorActionPreference' : `${name}Preference`;
    const value = context.input(input);
    if (value === '' || value.toLowerCase() === 'default') continue;
    if (!/^[A-Za-z]+$/.test(value))
      return {
        result: 'failed',
        message: `The input ${input} is '${value}'; it must be one word, such as stop or continue.`,
      };
    lines.push(`$${name === 'error' ? 'ErrorAction' : name[0]?.toUpperCase() + name.slice(1)}Preference = '${value}'`);
  }
  if (context.input('targetType').toLowerCase() === 'inline') {
    lines.push(context.input('script'));
  } else {
    const file = context.requiredInput('filePath');
    if (!statSync(file, { throwIfNoEntry: false })?.isFile() || !/\.ps1$/i.test(file)) {
      return { result: 'failed', message: `The script '${file}' is not a .ps1 file. Check the filePath input.` };
    }
    const operator = context.booleanInput('runScriptInSeparateScope') ? '&' : '.';
    lines.push(`${operator} '${file.replaceAll("'", "''")}' ${context.input('arguments')}`.trim());
  }
  if (!context.booleanInput('ignoreLASTEXITCODE')) {
    lines.push('if (!(Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit 0 } else { exit $LASTEXITCODE }');
  }
  const script = join(context.variable('Agent.TempDirectory') ?? cwd, `${randomUUID()}.ps1`);
  // With the mark, PowerShell reads the file as UTF-8 whatever its version.
  writeFileSync(script, `\uFEFF${lines.join('\n')}\n`, { mode: 0o700 });
  context.print('========================== Starting Command Output ===========================');
  const args = ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', `. '${script.replaceAll("'", "''")}'`];
  context.print(`##[command]${program} ${args.join(' ')}`);
  let stderr = '';
  const end = await context.exec(program, args, {
    cwd,
    onStderr(text) {
      if (context.booleanInput('failOnStderr')) stderr += text;
    },
  });
  let failed = false;
  if (end.exitCode !== 0) {
    context.error(`PowerShell exited with code '${end.exitCode}'.`);
    failed = true;
  }
  if (stderr !== '') {
    context.error(`PowerShell wrote to the standard error stream, and failOnStderr is on:\n${stderr.trimEnd()}`);
    failed = true;
  }
  return { result: failed ? 'failed' : 'succeeded' };
}
