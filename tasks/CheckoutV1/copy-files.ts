import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readlink, rm, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type CopyResult = {
  readonly copied: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly bytes: number;
  /** What the folder holds of the source now. */
  readonly names: string[];
};

const atOnce = 32;
/** File systems keep times more or less exactly. */
const sameTimeMs = 2;

/**
 * Makes `to` hold the named files of `from`: modes, times and links kept, unchanged files left alone (same size, time and mode), files of `before`
 * that aren't named any more removed. Shares the blocks where the file system can. Never writes through a link that a step left in `to`.
 */
export async function copyFiles(
  from: string,
  to: string,
  names: readonly string[],
  before: readonly string[],
  signal: AbortSignal,
): Promise<CopyResult> {
  const folders = new Map<string, Promise<void>>([[to, Promise.resolve()]]);
  const kept = new Set<string>();
  const counts = { copied: 0, unchanged: 0, removed: 0, bytes: 0 };

  const folder = (path: string): Promise<void> => {
    let made = folders.get(path);
    if (!made) {
      made = folder(dirname(path)).then(async () => {
        const there = await lstat(path).catch(() => undefined);
        if (there && !there.isDirectory()) await rm(path, { force: true });
        if (!there?.isDirectory()) await mkdir(path, { recursive: true });
      });
      folders.set(path, made);
    }
    return made;
  };
  const copy = async (name: string) => {
    const source = join(from, name);
    const target = join(to, name);
    const info = await lstat(source).catch(() => undefined);
    if (!info || !(info.isFile() || info.isSymbolicLink())) return;
    kept.add(name);
    counts.bytes += info.size;
    await folder(dirname(target));
    const there = await lstat(target).catch(() => undefined);
    if (info.isSymbolicLink()) {
      const points = await readlink(source);
      if (there?.isSymbolicLink() && (await readlink(target)) === points) {
        counts.unchanged += 1;
        return;
      }
      if (there) await rm(target, { recursive: true, force: true });
      await symlink(points, target);
    } else {
      if (there && isSame(info, there)) {
        counts.unchanged += 1;
        return;
      }
      if (there) await rm(target, { recursive: true, force: true });
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, info.mode & 0o7777);
      await utimes(target, info.atimeMs / 1000, info.mtimeMs / 1000);
    }
    counts.copied += 1;
  };

  // Files that are gone go first: one of them may stand where a folder has to be.
  const wanted = new Set(names);
  for (const name of before) {
    if (wanted.has(name)) continue;
    if (await behindLink(to, name)) continue;
    await rm(join(to, name), { force: true }).catch(() => {});
    counts.removed += 1;
  }
  let next = 0;
  const worker = async () => {
    while (next < names.length) {
      signal.throwIfAborted();
      await copy(names[next++] as string);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, names.length) }, worker));
  for (const name of before) {
    // Named, but deleted in the source.
    if (wanted.has(name) && !kept.has(name) && !(await behindLink(to, name))) {
      await rm(join(to, name), { force: true }).catch(() => {});
      counts.removed += 1;
    }
  }
  return { ...counts, names: [...kept] };
}

function isSame(source: Stats, target: Stats): boolean {
  return (
    target.isFile() &&
    source.size === target.size &&
    Math.abs(source.mtimeMs - target.mtimeMs) < sameTimeMs &&
    (source.mode & 0o7777) === (target.mode & 0o7777)
  );
}

/** Whether a folder on the way is a link: what lies behind it isn't ours to remove. */
async function behindLink(root: string, name: string): Promise<boolean> {
  const parts = name.split('/').slice(0, -1);
  let path = root;
  for (const part of parts) {
    path = join(path, part);
    const info = await lstat(path).catch(() => undefined);
    if (!info) return false;
    if (info.isSymbolicLink()) return true;
  }
  return false;
}
