import { mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Absolute path of the data directory: `MILLRACE_HOME`, else `~/.millrace`. */
export const homeFolder = (env: NodeJS.ProcessEnv): string =>
  resolve(env['MILLRACE_HOME'] || join(homedir(), '.millrace'));

/**
 * Makes the data directory, closed to others, and what is missing above it. Node's own recursive way tries for ever where the system
 * says that the folder above isn't there although it is, as in /proc.
 * @throws what the system says of the first folder that can't be made
 */
export function makeHomeFolder(home: string): void {
  if (isFolder(home)) return;
  const above = dirname(home);
  if (above !== home) makeHomeFolder(above);
  try {
    mkdirSync(home, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(home)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
