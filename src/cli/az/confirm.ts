import type { Args } from './command.ts';
import { commandError } from './errors.ts';

/** Asks before what cannot be undone, unless `--yes`. @throws as az where nobody can answer, and when the answer is no */
export async function confirm(args: Args, question: string): Promise<void> {
  if (args.flag('yes')) return;
  if (!process.stdin.isTTY) throw commandError('Unable to prompt for confirmation as no tty available. Use --yes.');
  const { createInterface } = await import('node:readline/promises');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} (y/n): `);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw commandError('Operation cancelled.');
}
