import { accessSync, constants } from 'node:fs';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { conflict, type DomainError, invalid, unavailable } from '../kernel/errors.ts';
import { replaceFile } from '../kernel/replace-file.ts';
import { storageFault } from '../kernel/storage-fault.ts';
import { makeHomeFolder } from './home-folder.ts';

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

/**
 * Makes the data directory, closed to others, when it isn't there.
 * @throws invalid when the user must name another or make it writable, unavailable when its disk is full
 */
export function makeHome(home: string): void {
  try {
    makeHomeFolder(home);
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw homeFault(home, cause);
  }
}

/** SQLite's codes for a file that is no database, or no longer a whole one. */
const DAMAGED = new Set([11, 26]);

/** Why a data directory can't be used, for a person: the folder, the reason, the next step. */
export function homeFault(home: string, cause: unknown): DomainError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (storageFault(cause) === 'full')
    return unavailable(
      `The disk of the data directory ${home} is full. Free some space, or set MILLRACE_HOME to a folder elsewhere.`,
      { cause },
    );
  const { errcode } = cause as { errcode?: number };
  if (errcode !== undefined && DAMAGED.has(errcode & 0xff))
    return unavailable(
      `The database in ${home} is damaged: ${message}. Restore the folder from a backup, or move it away and start anew.`,
      { cause },
    );
  const reason =
    code === 'EEXIST' || code === 'ENOTDIR'
      ? 'there is a file in its place'
      : code === 'EACCES' || code === 'EPERM'
        ? 'you may not write there'
        : // What the system says of a folder below a read-only one that can't be made (seen on Linux).
          code === 'EROFS' || code === 'ENOENT' || storageFault(cause) === 'unwritable'
          ? 'it lies where nothing can be written'
          : message;
  return invalid(
    `The data directory ${home} cannot be used: ${reason}. Set MILLRACE_HOME to a folder that you can write to.`,
    { cause },
  );
}

/** Whether an error is one that {@link homeFault} has words for. */
export function isHomeFault(error: unknown): boolean {
  const { errcode } = (error ?? {}) as { errcode?: number };
  return storageFault(error) !== undefined || (errcode !== undefined && DAMAGED.has(errcode & 0xff));
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
 * @throws conflict when another process holds it; as {@link makeHome}
 */
export function lockHome(home: string): HomeLock {
  const database = openLock(home);
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!/locked|busy/i.test((cause as Error).message)) throw homeFault(home, cause);
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

function openLock(home: string): DatabaseSync {
  try {
    return new DatabaseSync(join(home, 'lock.db'));
  } catch (cause) {
    throw homeFault(home, cause);
  }
}
