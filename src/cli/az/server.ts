import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { commandError } from './errors.ts';

/** Where the local server listens, and the token of its own user. */
export type ServerAddress = {
  readonly url: string;
  /** The server file's token; undefined when only an address is known. */
  readonly token: string | undefined;
  /** Whether a refused connection may be a restart, worth waiting for: the environment named the server. */
  readonly expected: boolean;
};

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Finds the server: the file that `MILLRACE_SERVER_FILE` names, which a restarted server has rewritten; else the address in
 * `MILLRACE_SERVER`; else `server.json` under `MILLRACE_HOME` (default `~/.millrace`).
 * @throws an error for the user when none is there
 */
export function findServer(env: Env): ServerAddress {
  const address = env['MILLRACE_SERVER'];
  const named = env['MILLRACE_SERVER_FILE'];
  const file = named || join(env['MILLRACE_HOME'] || join(env['HOME'] || homedir(), '.millrace'), 'server.json');
  const written = readServerFile(file);
  if (written && (named || !address)) {
    if (!named && written.pid !== undefined && !isRunning(written.pid)) throw noServer(`the one in ${file} has ended`);
    return { url: written.url, token: written.token, expected: Boolean(named || address) };
  }
  if (address) return { url: address, token: written?.url === address ? written.token : undefined, expected: true };
  throw noServer(`${file} is not there`);
}

function noServer(detail: string) {
  return commandError(`no Millrace server is running: start one with 'millrace up' (${detail}).`);
}

function readServerFile(file: string): { url: string; token: string | undefined; pid: number | undefined } | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw commandError(`Cannot read the server file ${file}: ${(error as Error).message}`, { cause: error });
  }
  try {
    const parsed = JSON.parse(text) as { url?: unknown; token?: unknown; pid?: unknown };
    if (typeof parsed.url !== 'string' || !/^http:\/\//.test(parsed.url)) throw new Error('it has no http:// url');
    return {
      url: parsed.url,
      token: typeof parsed.token === 'string' ? parsed.token : undefined,
      pid: typeof parsed.pid === 'number' ? parsed.pid : undefined,
    };
  } catch (cause) {
    throw commandError(`The server file ${file} is damaged (${(cause as Error).message}): restart 'millrace up'.`, {
      cause,
    });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
