import { mkdirSync } from 'node:fs';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { conflict, unavailable } from '../kernel/errors.ts';
import { replaceFile } from '../kernel/replace-file.ts';
import { homeFolder } from './home-folder.ts';

/** What a running server tells other terminals, in a file that only the user can read. */
export type ServerFile = {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly version: string;
  readonly port: number;
  readonly proxyUrl: string;
  readonly caFile: string;
  readonly bundleFile: string;
  /** `run`: lives until its last run ends; `up`: until it is told. */
  readonly mode: 'run' | 'up';
};

/** The data directory: `MILLRACE_HOME`, else `~/.millrace`. Made, and closed to others, when it isn't there. */
export function openHome(env: NodeJS.ProcessEnv): string {
  const home = homeFolder(env);
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unavailable(
      `The data directory ${home} cannot be made: ${(cause as Error).message}. Set MILLRACE_HOME to a folder you can write to.`,
      { cause },
    );
  }
  return home;
}

export const serverFilePath = (home: string) => join(home, 'server.json');

/** Reads the address of the server that holds the data directory; undefined when there is none. */
export async function readServerFile(home: string): Promise<ServerFile | undefined> {
  try {
    return JSON.parse(await readFile(serverFilePath(home), 'utf8')) as ServerFile;
  } catch {
    return undefined;
  }
}

export async function writeServerFile(home: string, file: ServerFile): Promise<void> {
  await replaceFile(serverFilePath(home), `${JSON.stringify(file, undefined, 2)}\n`);
  await chmod(serverFilePath(home), 0o600);
}

export async function removeServerFile(home: string): Promise<void> {
  await rm(serverFilePath(home), { force: true });
}

/** Held by the one server of a data directory; the system lets go of it when the process dies, however it dies. */
export type HomeLock = { release(): void };

/**
 * Takes the data directory's lock.
 * @throws conflict when another process holds it
 */
export function lockHome(home: string): HomeLock {
  const database = new DatabaseSync(join(home, 'lock.db'));
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!/locked|busy/i.test((cause as Error).message))
      throw unavailable(`The data directory ${home} cannot be used: ${(cause as Error).message}.`, { cause });
    throw conflict(
      `Another Millrace server holds ${home}. Use it ('millrace status'), stop it ('millrace down'), or set MILLRACE_HOME to another folder.`,
    );
  }
  return {
    release() {
      database.close();
    },
  };
}
