import { pino } from 'pino';
import type { Log } from '../kernel/log.ts';

/** What waits while the file can't be written; older lines give way. Bytes. */
const MOST_WAITING = 1024 * 1024;

/**
 * A process's own log: JSON lines appended to a file. `MILLRACE_LOG_LEVEL` sets what is kept; default `info`.
 * @param onFault hears why a line could not be written; that is no reason for the process to end
 */
export function openProcessLog(
  file: string,
  env: NodeJS.ProcessEnv,
  onFault: (error: unknown) => void = () => {},
): Log {
  const destination = pino.destination({ dest: file, mkdir: true, sync: true, maxLength: MOST_WAITING });
  destination.on('error', onFault);
  return pino({ level: env['MILLRACE_LOG_LEVEL'] ?? 'info', base: undefined, errorKey: 'error' }, destination);
}
