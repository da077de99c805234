import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { type Kept, toEvict } from '../../kernel/least-recently-used.ts';

/** Name of the images that are built here, before the colon. */
export const IMAGE_NAME = 'millrace-environment';

/** What a run holds of containers: the program, and the image that it runs. */
export type Held = { readonly tool: string; readonly image: string };

/** Images that were built here, and what runs hold of them. */
export type ImageCache = {
  /** Keeps an image from being dropped until the run lets go, also if this server dies. */
  hold(user: string, held: Held): Promise<void>;
  held(user: string): Promise<Held | undefined>;
  letGo(user: string): Promise<void>;
  /** Notes that an image was built or found. @param bytes when it was built */
  used(tag: string, bytes?: number): Promise<void>;
  /**
   * Drops the longest unused until the rest fits the limit, never what a run holds.
   * @param remove takes an image away; false when it would not go
   */
  evict(limit: number, remove: (tag: string) => Promise<boolean>): Promise<void>;
};

/** @param folder absolute; its `containers/` has a file for each run that holds an image, its `images/` one for each image */
export function createImageCache(folder: string, clock: Clock): ImageCache {
  const holds = join(folder, 'containers');
  const images = join(folder, 'images');
  const held = async (user: string): Promise<Held | undefined> => {
    const text = await readFile(join(holds, user), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as Held);
  };
  const hashOf = (tag: string) => tag.slice(IMAGE_NAME.length + 1);
  return {
    held,
    async hold(user, what) {
      await mkdir(holds, { recursive: true, mode: 0o700 });
      await writeFile(join(holds, user), JSON.stringify(what), { mode: 0o600 });
    },
    letGo: (user) => rm(join(holds, user), { force: true }),
    async used(tag, bytes) {
      await mkdir(images, { recursive: true, mode: 0o700 });
      const file = join(images, hashOf(tag));
      if (bytes !== undefined) await writeFile(file, String(bytes), { mode: 0o600 });
      const now = clock.now();
      await utimes(file, now, now).catch(() => {});
    },
    async evict(limit, remove) {
      const users = await readdir(holds).catch(() => [] as string[]);
      const inUse = new Set((await Promise.all(users.map(held))).map((one) => one?.image));
      const kept: Kept[] = [];
      for (const hash of await readdir(images).catch(() => [] as string[])) {
        const bytes = Number(await readFile(join(images, hash), 'utf8').catch(() => '0'));
        const usedAt = (await stat(join(images, hash)).catch(() => undefined))?.mtimeMs ?? 0;
        kept.push({ name: hash, bytes, usedAt, inUse: inUse.has(`${IMAGE_NAME}:${hash}`) });
      }
      for (const { name } of toEvict(kept, limit))
        if (await remove(`${IMAGE_NAME}:${name}`)) await rm(join(images, name), { force: true });
    },
  };
}
