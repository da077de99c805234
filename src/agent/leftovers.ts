import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** A process of a job that is still there at its end. */
export type Leftover = { readonly pid: number; readonly name: string };

/**
 * Finds the processes that bear a job's lookup id in their environment: children that were started in the background, or that left
 * their process group. Linux by /proc, macOS by `ps -E`; processes of other users can't be seen and can't be ours.
 */
export async function findLeftovers(lookupId: string, groups: ReadonlySet<number>): Promise<Leftover[]> {
  const mark = `VSTS_PROCESS_LOOKUP_ID=${lookupId}`;
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-Eaxww', '-o', 'pid=,pgid=,command='], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.split('\n').flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(\S+)/.exec(line);
      if (!match || !(line.includes(mark) || groups.has(Number(match[2])))) return [];
      return [{ pid: Number(match[1]), name: match[3] as string }];
    });
  }
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // A zombie is dead already; its parent has yet to ask for it.
      if (state === 'Z' || state === 'X') return [];
      if (!groups.has(Number(group)) && !readFileSync(`/proc/${entry}/environ`).includes(mark)) return [];
      return [{ pid: Number(entry), name }];
    } catch {
      // Gone meanwhile, or another user's.
      return [];
    }
  });
}
