import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { newGuid } from '../../kernel/ids.ts';
import { type Kept, toEvict } from '../../kernel/least-recently-used.ts';
import type { Log } from '../../kernel/log.ts';

/** How long a run can be at most: its token lasts no longer. What it held is free then, whatever became of it. */
const LONGEST_RUN_MS = 30 * 24 * 3600 * 1000;
const LONGEST_BUILD_MS = 24 * 3600 * 1000;

/** Environments that are kept for the next run that asks for them. */
export type EnvironmentCache = {
  /**
   * Looks for what is kept, and keeps it from being dropped until `user` lets go of it, also if this server dies.
   * @param find what is there; undefined when it has to be built
   */
  take<T>(name: string, user: string, find: () => Promise<T | undefined>): Promise<T | undefined>;
  release(user: string): Promise<void>;
  /** Notes the size of what was built. */
  measured(name: string): Promise<void>;
  /** Drops the packages that the installer keeps for later builds, when they take more than `bytes`. Only while nothing is built. @returns whether it did */
  dropPackages(bytes: number): Promise<boolean>;
  /** Drops the longest unused until the rest fits the limit (or `limit`), never what is in use. @returns how many */
  evict(limit?: number): Promise<number>;
};

/** What an environment's folder says of itself. */
export const COMPLETE = '.complete';
const SIZE = '.size';
/** Where the installer keeps packages, in the same folder as the environments that link to them. */
export const PACKAGES = 'cache';

/**
 * @param folder absolute; its `envs/` holds the environments, a folder each, its `users/` a file for each run that holds one
 * @param limit bytes
 */
export function createEnvironmentCache(deps: {
  readonly folder: string;
  readonly limit: number;
  readonly clock: Clock;
  readonly log: Log;
}): EnvironmentCache {
  const kept = join(deps.folder, 'envs');
  const users = join(deps.folder, 'users');
  // Whoever drops one must not do so between another's look and its hold.
  let turn: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => {});
    return mine;
  };

  const held = async (): Promise<Set<string>> => {
    const names = new Set<string>();
    for (const user of await readdir(users).catch(() => [] as string[])) {
      const file = join(users, user);
      const found = await stat(file).catch(() => undefined);
      if (found && deps.clock.now().getTime() - found.mtimeMs > LONGEST_RUN_MS) await rm(file, { force: true });
      else if (found) names.add(await readFile(file, 'utf8').catch(() => ''));
    }
    return names;
  };

  return {
    take: (name, user, find) =>
      alone(async () => {
        const found = await find();
        if (found === undefined) return undefined;
        await mkdir(users, { recursive: true, mode: 0o700 });
        await writeFile(join(users, user), name, { mode: 0o600 });
        const now = deps.clock.now();
        await utimes(join(kept, name, COMPLETE), now, now).catch(() => {});
        return found;
      }),
    release: (user) => rm(join(users, user), { force: true }),
    async measured(name) {
      await writeFile(join(kept, name, SIZE), String(await sizeOf(join(kept, name))), { mode: 0o600 });
    },
    async dropPackages(bytes) {
      const packages = join(deps.folder, PACKAGES);
      const size = await sizeOf(packages);
      if (size === 0 || size <= bytes) return false;
      const dropped = `${packages}.dropped-${newGuid()}`;
      await rename(packages, dropped);
      await rm(dropped, { recursive: true, force: true });
      deps.log.info({ bytes: size }, 'the packages that the installer keeps were dropped');
      return true;
    },
    evict: (limit = deps.limit) =>
      alone(async () => {
        const inUse = await held();
        const all: Kept[] = [];
        for (const entry of await readdir(kept, { withFileTypes: true }).catch(() => [])) {
          if (!entry.isDirectory()) continue;
          const folder = join(kept, entry.name);
          // What an earlier server began to drop, or to build, and did not end.
          if (entry.name.startsWith('.dropped-')) await rm(folder, { recursive: true, force: true });
          const complete = await stat(join(folder, COMPLETE)).catch(() => undefined);
          if (!complete) {
            // A build that its server's death left half done; none takes so long.
            const begun = await stat(folder).catch(() => undefined);
            if (begun && deps.clock.now().getTime() - begun.mtimeMs > LONGEST_BUILD_MS)
              for (const path of [folder, `${folder}.lock`]) await rm(path, { recursive: true, force: true });
            continue;
          }
          const noted = Number(await readFile(join(folder, SIZE), 'utf8').catch(() => Number.NaN));
          const bytes = Number.isFinite(noted) ? noted : await sizeOf(folder);
          all.push({ name: entry.name, bytes, usedAt: complete.mtimeMs, inUse: inUse.has(entry.name) });
        }
        const gone = toEvict(all, limit);
        for (const { name, bytes } of gone) {
          // Out of the way at once, whole; then the bytes.
          const dropped = join(kept, `.dropped-${newGuid()}`);
          await rename(join(kept, name), dropped);
          await rm(dropped, { recursive: true, force: true });
          deps.log.info({ environment: name, bytes }, 'an environment that was not used for long was dropped');
        }
        return gone.length;
      }),
  };
}

/** What a folder takes of the disk: a file that others share counts by its share, since packages are links into one cache. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(path);
    else if (entry.isFile()) {
      const found = await stat(path).catch(() => undefined);
      if (found) bytes += Math.round((found.blocks * 512) / Math.max(1, found.nlink));
    }
  }
  return bytes;
}
