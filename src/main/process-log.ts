import { mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { invalid } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';

/** The levels by name, with the numbers that readers of JSON logs know (bunyan, pino). */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50, silent: Number.POSITIVE_INFINITY } as const;

/** What waits while the file can't be written; older lines give way. Bytes. */
const MOST_WAITING = 1024 * 1024;

/** Causes of causes are told this far. */
const DEEPEST = 5;

/**
 * A process's own log: JSON lines appended to a file that only the user can read. `MILLRACE_LOG_LEVEL` sets what is kept; default `info`.
 * @param onFault hears why a line could not be written; that is no reason for the process to end. The line is tried again with the next
 * @throws invalid for a level that isn't one
 */
export function openProcessLog(
  file: string,
  env: NodeJS.ProcessEnv,
  onFault: (error: unknown) => void = () => {},
): Log {
  const wanted = env['MILLRACE_LOG_LEVEL'] || 'info';
  if (!Object.hasOwn(LEVELS, wanted))
    throw invalid(`MILLRACE_LOG_LEVEL is '${wanted}'. It can be ${Object.keys(LEVELS).join(', ')}.`);
  const least = LEVELS[wanted as keyof typeof LEVELS];
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(file, 'a', 0o600);
  let waiting: Buffer = Buffer.alloc(0);
  const at = (level: number) => (fields: object, message?: string) => {
    if (level < least) return;
    const line = Buffer.from(`${lineOf(level, fields, message)}\n`);
    waiting = waiting.length === 0 ? line : Buffer.concat([waiting, line]);
    try {
      // A disk that fills up takes a part.
      while (waiting.length > 0) waiting = waiting.subarray(writeSync(descriptor, waiting));
    } catch (error) {
      while (waiting.length > MOST_WAITING) waiting = waiting.subarray(waiting.indexOf('\n') + 1);
      onFault(error);
    }
  };
  return { debug: at(LEVELS.debug), info: at(LEVELS.info), warn: at(LEVELS.warn), error: at(LEVELS.error) };
}

function lineOf(level: number, fields: object, message: string | undefined): string {
  const head = { level, time: Date.now() };
  const said = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value, DEEPEST)]));
  try {
    return JSON.stringify({ ...head, ...said, msg: message });
  } catch (error) {
    return JSON.stringify({ ...head, msg: message, unwritable: String(error) });
  }
}

/** An error as an object: JSON would show none of it. */
function plain(value: unknown, depth: number): unknown {
  if (!(value instanceof Error)) return value;
  return {
    ...value,
    type: value.name,
    message: value.message,
    stack: value.stack,
    ...(value.cause === undefined || depth === 0 ? {} : { cause: plain(value.cause, depth - 1) }),
  };
}
