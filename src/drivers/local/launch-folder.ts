import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the owning shell wrote about itself. */
export type Owner = {
  readonly pid: number;
  /** The kernel's id of this boot, `-` where there is none. */
  readonly boot: string;
  /** When the shell started, in the platform's own form; a pid that was given to another process has another one. */
  readonly started: string;
};

/** What the server writes once, before the first process, where the defaults (one process, no limit) don't hold. */
export type LaunchFacts = {
  readonly processes: number;
  /** Milliseconds since 1970 at which the launch is stopped. */
  readonly deadline?: number;
};

export type Ending = 'stop' | 'timeout';

/** A whole file, or undefined when it isn't there or its last line is not complete yet. */
function readLine(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text.endsWith('\n') ? text.trimEnd() : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Creates a file unless it is there. @returns whether it was created now */
function createOnce(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || (error as NodeJS.ErrnoException).code === 'ENOENT')
      return false;
    throw error;
  }
}

export function readFacts(folder: string): LaunchFacts {
  const text = readLine(join(folder, 'launch.json'));
  return text === undefined ? { processes: 1 } : (JSON.parse(text) as LaunchFacts);
}

export function writeFacts(folder: string, facts: LaunchFacts): void {
  createOnce(join(folder, 'launch.json'), `${JSON.stringify(facts)}\n`);
}

/** The owner of process `index`; `claimed` when `claimUnstarted` took its place; undefined when nothing was started. */
export function readOwner(folder: string, index: number): Owner | 'claimed' | undefined {
  const line = readLine(join(folder, `${index}.pid`));
  if (line === undefined) return undefined;
  if (line === 'claimed') return 'claimed';
  const [pid, boot, ...rest] = line.split(' ');
  const stat = rest.join(' ');
  // /proc/<pid>/stat: the 22nd field is the start in clock ticks since boot; the name before it may hold anything.
  const started = boot === '-' ? stat : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '');
  return { pid: Number(pid), boot: boot ?? '-', started };
}

/** Takes the place of a process that did not start yet, so that it never will. @returns false when it has started */
export function claimUnstarted(folder: string, index: number): boolean {
  return createOnce(join(folder, `${index}.pid`), 'claimed\n');
}

export function readExit(folder: string, index: number): number | undefined {
  const line = readLine(join(folder, `${index}.exit`));
  return line === undefined ? undefined : Number(line);
}

/** Notes, once, that the server ended the launch and why: the first reason stays. */
export function writeEnding(folder: string, ending: Ending): void {
  createOnce(join(folder, 'ending'), `${ending}\n`);
}

export function readEnding(folder: string): Ending | undefined {
  return readLine(join(folder, 'ending')) as Ending | undefined;
}
