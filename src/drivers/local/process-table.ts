import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isSameProcess } from '../../kernel/process-identity.ts';
import type { Owner } from './launch-folder.ts';

/** In the environment of every process of a launch: what left its session is still found by it. */
export const LAUNCH_MARKER = 'MILLRACE_LAUNCH_ID';

const readOrUndefined = (path: string) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

/** Whether the shell that wrote the owner file is still that process: same pid, same start, same boot, not a zombie. */
export function isAlive({ pid, boot, started }: Owner): boolean {
  return isSameProcess(pid, { boot, started: started.trim() });
}

/** Pids of processes that carry the marker of one of the launches. */
export function markedProcesses(launchIds: ReadonlySet<string>): number[] {
  const found: number[] = [];
  if (process.platform !== 'linux') {
    const table = execFileSync('ps', ['-axEww', '-o', 'pid=,command='], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    for (const line of table.split('\n')) {
      const id = new RegExp(`${LAUNCH_MARKER}=(\\S+)`).exec(line)?.[1];
      if (id !== undefined && launchIds.has(id)) found.push(Number.parseInt(line, 10));
    }
    return found;
  }
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = readOrUndefined(`/proc/${entry}/environ`);
    const at = environment === undefined ? -1 : `\0${environment}`.indexOf(`\0${LAUNCH_MARKER}=`);
    if (environment === undefined || at < 0) continue;
    const id = environment.slice(at + LAUNCH_MARKER.length + 1).split('\0', 1)[0] as string;
    if (launchIds.has(id)) found.push(Number(entry));
  }
  return found;
}

/** Sends a signal to a process, or with a negative number to its group; one that is gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
