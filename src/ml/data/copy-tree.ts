import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export type CopyOptions = {
  /** Whether the copied files may not be written. Their folders may, so that whoever owns them can remove them. */
  readonly readOnly?: boolean;
};

/**
 * Copies a file or a folder with everything below it: as clones that share their blocks until one is written, where the file system can.
 * Links are followed; one that leads back into its own folder is left out, and so is one that leads nowhere.
 */
export async function copyTree(from: string, to: string, options: CopyOptions = {}): Promise<void> {
  await copyBelow(from, to, options, []);
}

async function copyBelow(from: string, to: string, options: CopyOptions, above: readonly string[]): Promise<void> {
  const info = await stat(from, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    // The top must be there; further down a dangling or circular link is no data.
    if (above.length > 0 && (error.code === 'ENOENT' || error.code === 'ELOOP')) return undefined;
    throw error;
  });
  if (!info) return;
  if (info.isFile()) {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    if (options.readOnly) await chmod(to, 0o444);
    return;
  }
  if (!info.isDirectory()) return;
  const self = `${info.dev}:${info.ino}`;
  if (above.includes(self)) return;
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from))
    await copyBelow(join(from, entry), join(to, entry), options, [...above, self]);
}
