import { pino } from 'pino';
import type { Log } from '../kernel/log.ts';

/** The server's own log: JSON lines appended to a file of the data directory. `MILLRACE_LOG_LEVEL` sets what is kept; default `info`. */
export function openProcessLog(file: string, env: NodeJS.ProcessEnv): Log {
  return pino(
    { level: env['MILLRACE_LOG_LEVEL'] ?? 'info', base: undefined, errorKey: 'error' },
    pino.destination({ dest: file, mkdir: true, sync: true }),
  );
}
