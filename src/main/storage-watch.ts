import type { Log } from '../kernel/log.ts';
import { storageFault } from '../kernel/storage-fault.ts';

/** A disk that stays full is spoken of again after this long. Milliseconds. */
const SILENCE = 60_000;

/**
 * Tells a person that the data directory can't be written, who would otherwise only see that nothing goes on.
 * @param notice is handed a line at most once a minute
 * @returns what is to be called with an error that may be of that kind
 */
export function watchStorage(
  home: string,
  notice: (line: string) => void,
  now: () => number,
): (error: unknown) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    const fault = storageFault(error);
    if (!fault || now() - last < SILENCE) return;
    last = now();
    const what = fault === 'full' ? `The disk of ${home} is full` : `The data directory ${home} cannot be written`;
    const next = fault === 'full' ? 'Free some space' : 'Make it writable';
    notice(
      `${what}. ${next}: steps wait for it up to ten minutes, then their jobs are lost. What was recorded so far is kept.`,
    );
  };
}

/** The log, whose errors `tell` hears too. */
export function heardBy(tell: (error: unknown) => void, log: Log): Log {
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error(fields, message) {
      log.error(fields, message);
      tell((fields as { error?: unknown }).error);
    },
  };
}
