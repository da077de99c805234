import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Absolute path of the data directory: `MILLRACE_HOME`, else `~/.millrace`. */
export const homeFolder = (env: NodeJS.ProcessEnv): string =>
  resolve(env['MILLRACE_HOME'] || join(homedir(), '.millrace'));
