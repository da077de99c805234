import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** When a process started: with its pid it names a process for good, where a pid alone is given to another one later. */
export type ProcessStart = {
  /** The boot that `started` counts in; `-` where the start is a date. */
  readonly boot: string;
  /** Clock ticks since the boot (the 22nd field of `/proc/<pid>/stat`), or `ps`'s date. */
  readonly started: string;
};

let bootId: string | undefined;

/** The start of the process that has the pid now; undefined when there is none, or only a zombie, which is dead already. */
export function processStart(pid: number): ProcessStart | undefined {
  try {
    if (process.platform !== 'linux') {
      const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
      const [, state = '', started = ''] = /^(\S+)\s+(.+)$/.exec(line) ?? [];
      return state === '' || state.startsWith('Z') ? undefined : { boot: '-', started };
    }
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before the fields may hold anything, parentheses too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { boot: bootId, started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** Whether the pid is still that process. */
export function isSameProcess(pid: number, start: ProcessStart): boolean {
  const now = processStart(pid);
  return now !== undefined && now.boot === start.boot && now.started === start.started;
}
