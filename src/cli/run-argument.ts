import { UsageError } from './arguments.ts';

/** A run's id as typed: a whole number. @throws UsageError */
export function runIdArgument(text: string | undefined, command: string): number {
  const id = Number(text);
  if (!Number.isSafeInteger(id) || id < 1) {
    throw new UsageError(`RUN must be a run's number as 'millrace runs list' shows it, not '${text}'`, command);
  }
  return id;
}
