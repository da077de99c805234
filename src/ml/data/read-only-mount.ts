import { execFile } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { copyFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newGuid } from '../../kernel/ids.ts';

/** Data that a process sees at `target`, and cannot write there. Both absolute; the target exists and is of the same kind. */
export type ReadOnlyMount = { readonly source: string; readonly target: string };

/** Data up to this is copied: a copy costs less than a process in a world of its own, and needs nothing of the system. */
const COPY_BYTES = 256 * 1024 * 1024;
const COPY_FILES = 20_000;

const MOUNT_EACH = `set -e
while [ "$1" != -- ]; do mount --bind -- "$1" "$2"; mount -o remount,bind,ro,nosuid,nodev -- "$2"; shift 2; done
shift
exec "$@"`;

/** Linux's program for it; undefined elsewhere. */
function unshare(): string | undefined {
  return process.platform === 'linux'
    ? ['/usr/bin/unshare', '/bin/unshare'].find((path) => existsSync(path))
    : undefined;
}

/**
 * The command in a world of its own in which the mounts are there. Whoever is no administrator is one while the mounts are made, and then himself again:
 * the command can neither undo them nor do more than before.
 */
export function withMounts(mounts: readonly ReadOnlyMount[], command: readonly string[]): string[] {
  const program = unshare();
  if (mounts.length === 0 || program === undefined) return [...command];
  const pairs = mounts.flatMap(({ source, target }) => [source, target]);
  const world = [program, '--mount', '--propagation', 'private'];
  if (process.getuid?.() === 0) return [...world, 'sh', '-c', MOUNT_EACH, 'sh', ...pairs, '--', ...command];
  const own = [program, '--user', `--map-user=${process.getuid?.()}`, `--map-group=${process.getgid?.()}`];
  return [...world, '--user', '--map-root-user', 'sh', '-c', MOUNT_EACH, 'sh', ...pairs, '--', ...own, ...command];
}

/** Whether this system lets the mount be made: not every one does for those who are no administrators. */
export function canMount(mount: ReadOnlyMount): Promise<boolean> {
  const [program, ...args] = withMounts([mount], ['true']);
  if (program === undefined || program === 'true') return Promise.resolve(false);
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000 }, (error) => resolve(error === null));
  });
}

/** Whether data is so much that each copy would be felt, and the file system has no clones. @param folder in which the copy would be */
export async function isCostlyToCopy(source: string, folder: string): Promise<boolean> {
  const sum = { bytes: 0, files: 0, sample: '' };
  if (!(await exceeds(source, sum))) return false;
  if (sum.sample === '') return true;
  const trial = join(folder, `.clone-${newGuid()}`);
  try {
    await copyFile(sum.sample, trial, constants.COPYFILE_FICLONE_FORCE);
    return false;
  } catch {
    return true;
  } finally {
    await rm(trial, { force: true });
  }
}

/** Adds up until it is more than is copied. */
async function exceeds(path: string, sum: { bytes: number; files: number; sample: string }): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) {
    sum.bytes += info.size;
    sum.files += 1;
    sum.sample = path;
  } else if (info?.isDirectory())
    // A link to a folder may lead in circles: what is behind it is not counted.
    for (const entry of await readdir(path, { withFileTypes: true }))
      if (!entry.isSymbolicLink() && (await exceeds(join(path, entry.name), sum))) return true;
  return sum.bytes > COPY_BYTES || sum.files > COPY_FILES;
}
