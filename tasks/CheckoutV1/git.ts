import type { ProcessResult, TaskContext } from '../../src/contracts/task.ts';

/** Runs git for the checkout. */
export type Git = {
  /** Output kept out of the log. Any exit code is an answer. */
  ask(cwd: string, ...args: string[]): Promise<ProcessResult>;
  /** Shown as a command, with its output. @throws an error that names the command when it fails */
  run(cwd: string, ...args: string[]): Promise<void>;
};

/**
 * Finds git. It never asks for a password (nobody would answer), never writes into the user's own repository, and trusts the
 * repository whoever owns its files, because the user named it.
 * @returns undefined when git isn't installed
 */
export function findGit(context: TaskContext): Git | undefined {
  const program = context.which('git');
  if (!program) return undefined;
  const env = { GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_DIR: undefined, GIT_WORK_TREE: undefined };
  const always = ['-c', 'safe.directory=*'];
  return {
    ask: (cwd, ...args) => context.exec(program, [...always, ...args], { cwd, env, quiet: true }),
    async run(cwd, ...args) {
      context.print(`##[command]git ${args.join(' ')}`);
      const { exitCode } = await context.exec(program, [...always, ...args], { cwd, env });
      if (exitCode !== 0) {
        throw new Error(
          `git ${args.find((arg) => !arg.startsWith('-') && !arg.includes('=')) ?? ''} failed with exit code ${exitCode}; its own message is above.`,
        );
      }
    },
  };
}
