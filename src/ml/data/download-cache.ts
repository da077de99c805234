import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Download, DownloadAnswer } from '../../http/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { DomainError, invalid, messageOf, notFound, unavailable } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { type Kept, toEvict } from '../../kernel/least-recently-used.ts';
import type { Log } from '../../kernel/log.ts';
import { replaceFile } from '../../kernel/replace-file.ts';
import { storageFault } from '../../kernel/storage-fault.ts';

/** Files of the web that jobs name, kept so that each is fetched once while it stays as it is. */
export type DownloadCache = {
  /**
   * Has the file at a URL and lets `use` read it; it stays while it is used. Asked again, the other side is asked whether it has changed.
   * @throws not-found and invalid for what the other side refuses; unavailable when it can't be reached and nothing is kept, or the disk is full
   */
  withFile<T>(url: string, signal: AbortSignal, use: (path: string) => Promise<T>): Promise<T>;
};

export type DownloadCacheDeps = {
  /** Absolute. */
  readonly folder: string;
  /** Bytes that may be kept; a file above it is fetched, used and dropped. */
  readonly limit: number;
  readonly download: Download;
  readonly clock: Clock;
  readonly log: Log;
};

/** What is kept beside a file. */
type Fetched = { readonly url: string; readonly bytes: number; readonly etag?: string; readonly lastModified?: string };

const META = 'fetched.json';

export function createDownloadCache(deps: DownloadCacheDeps): DownloadCache {
  const { folder, log } = deps;
  const fetching = new Map<string, { promise: Promise<string>; waiting: number; stop: AbortController }>();
  const inUse = new Map<string, number>();

  const evict = async (limit: number) => {
    const kept: Kept[] = [];
    for (const key of await readdir(folder).catch(() => [] as string[])) {
      const meta = await read(join(folder, key));
      const found = await stat(join(folder, key, META)).catch(() => undefined);
      const busy = (inUse.get(key) ?? 0) > 0 || fetching.has(key);
      kept.push({ name: key, bytes: meta?.bytes ?? 0, usedAt: found?.mtimeMs ?? 0, inUse: busy });
    }
    const gone = toEvict(kept, limit);
    for (const { name } of gone) await rm(join(folder, name), { recursive: true, force: true });
    return gone.length;
  };

  /** Makes sure that the file is there and of today. @returns its path */
  const ensure = async (url: string, key: string, signal: AbortSignal): Promise<string> => {
    const home = join(folder, key);
    const before = await read(home);
    const path = before && join(home, nameOf(url));
    const conditions = {
      ...(before?.etag === undefined ? {} : { 'if-none-match': before.etag }),
      ...(before?.lastModified === undefined ? {} : { 'if-modified-since': before.lastModified }),
    };
    let answer: DownloadAnswer;
    try {
      answer = await deps.download({ url, headers: { accept: '*/*', ...conditions }, signal });
    } catch (error) {
      // Without a network what was fetched once still serves.
      if (!path || signal.aborted || !(error instanceof DomainError) || error.code !== 'unavailable') throw error;
      log.warn(
        { url: withoutQuery(url), error: messageOf(error) },
        'a kept download could not be checked, and is used as it is',
      );
      return path;
    }
    if (answer.status === 304 && path) {
      answer.body.destroy();
      return path;
    }
    if (answer.status !== 200) {
      answer.body.destroy();
      throw refused(url, answer.status);
    }
    try {
      return await keep(url, home, answer, signal);
    } catch (error) {
      if (storageFault(error) !== 'full') throw error;
      const freed = await evict(0);
      throw unavailable(
        `The disk is full: '${withoutQuery(url)}' could not be fetched.${freed > 0 ? ' Kept downloads were dropped; submit the job again.' : ' Free some space, then submit the job again.'}`,
        { cause: error, wire: 'DiskFull' },
      );
    }
  };

  const keep = async (url: string, home: string, answer: DownloadAnswer, signal: AbortSignal): Promise<string> => {
    await mkdir(home, { recursive: true, mode: 0o700 });
    const draft = join(home, `${newGuid()}.part`);
    const path = join(home, nameOf(url));
    try {
      await pipeline(answer.body, createWriteStream(draft, { mode: 0o600, flush: true }), { signal });
      const { size: bytes } = await stat(draft);
      const promised = answer.headers['content-length'];
      if (promised !== undefined && answer.headers['content-encoding'] === undefined && Number(promised) !== bytes)
        throw unavailable(
          `'${withoutQuery(url)}' was cut off: ${bytes} of ${promised} bytes came. Submit the job again.`,
        );
      await rename(draft, path);
      const { etag, 'last-modified': lastModified } = answer.headers;
      const meta: Fetched = {
        url: withoutQuery(url),
        bytes,
        ...(etag ? { etag } : {}),
        ...(lastModified ? { lastModified } : {}),
      };
      await replaceFile(join(home, META), JSON.stringify(meta));
      return path;
    } finally {
      await rm(draft, { force: true });
      // Goes only while it is empty.
      await rmdir(home).catch(() => {});
    }
  };

  /** One fetch for all who want the same; it is stopped when the last of them gives up. */
  const shared = async (url: string, key: string, signal: AbortSignal): Promise<string> => {
    let one = fetching.get(key);
    if (!one) {
      const stop = new AbortController();
      const made = { promise: ensure(url, key, stop.signal), waiting: 0, stop };
      made.promise
        .catch(() => {})
        .finally(() => {
          if (fetching.get(key) === made) fetching.delete(key);
        });
      fetching.set(key, made);
      one = made;
    }
    one.waiting++;
    let giveUp = () => {};
    try {
      return await Promise.race([
        one.promise,
        new Promise<never>((_resolve, reject) => {
          giveUp = () => reject(signal.reason);
          if (signal.aborted) giveUp();
          else signal.addEventListener('abort', giveUp, { once: true });
        }),
      ]);
    } finally {
      signal.removeEventListener('abort', giveUp);
      one.waiting--;
      if (one.waiting === 0) {
        // Whoever asks next begins anew.
        if (fetching.get(key) === one) fetching.delete(key);
        one.stop.abort();
      }
    }
  };

  return {
    async withFile(url, signal, use) {
      const key = createHash('sha256').update(url).digest('hex').slice(0, 32);
      inUse.set(key, (inUse.get(key) ?? 0) + 1);
      try {
        const path = await shared(url, key, signal);
        const now = deps.clock.now();
        await utimes(join(folder, key, META), now, now).catch(() => {});
        return await use(path);
      } finally {
        const users = (inUse.get(key) ?? 1) - 1;
        if (users === 0) inUse.delete(key);
        else inUse.set(key, users);
        await evict(deps.limit).catch((error) => log.warn({ error }, 'kept downloads could not be dropped'));
      }
    },
  };
}

async function read(home: string): Promise<Fetched | undefined> {
  const text = await readFile(join(home, META), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Fetched);
}

/** The file's own name, so that what reads it may go by the extension. */
function nameOf(url: string): string {
  const last = new URL(url).pathname.split('/').pop() ?? '';
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // as it is written
  }
  const clean = name.replaceAll(/[/\\\0]/g, '_').slice(-100);
  return /^\.*$/.test(clean) || clean === META ? 'content' : clean;
}

/** A URL's query may be its password. */
function withoutQuery(url: string): string {
  return url.split('?')[0] ?? url;
}

function refused(url: string, status: number): DomainError {
  const text = `'${withoutQuery(url)}' answers with status ${status}.`;
  if (status === 404 || status === 410)
    return notFound(`${text} There is no such file: correct the URL.`, { wire: 'UserError' });
  if (status === 401 || status === 403)
    return invalid(`${text} It may not be read: name one that anybody may read, or a datastore with its credentials.`, {
      wire: 'UserError',
    });
  return unavailable(`${text} Try again later.`);
}
