import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { newGuid } from '../kernel/ids.ts';
import { BlobError } from './blob-error.ts';

/** A written file that is not a blob yet. */
export type Draft = { readonly path: string; readonly size: number; readonly md5: string };

/** Files that are written aside before they take a blob's place. */
export type Drafts = {
  /** A fresh path for a draft that the caller writes. */
  path(): Promise<string>;
  /** Writes a stream, synced to disk. @throws BlobError when it has more than `limit` bytes */
  write(body: Readable, limit: number): Promise<Draft>;
  /** A copy of a file that shares its blocks where the file system can. @returns its path */
  copyOf(source: string): Promise<string>;
  discard(draft: Draft): Promise<void>;
};

/** @param folder on the file system of the blobs: drafts are renamed into place */
export function createDrafts(folder: string): Drafts {
  const path = async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return join(folder, newGuid());
  };
  return {
    path,
    async write(body, limit) {
      const target = await path();
      try {
        const file = await open(target, 'wx', 0o600);
        const meter = createMeter(limit);
        await pipeline(body, meter.stream, file.createWriteStream({ flush: true }));
        return { path: target, size: meter.size(), md5: meter.md5() };
      } catch (error) {
        await rm(target, { force: true });
        throw error;
      }
    },
    async copyOf(source) {
      const target = await path();
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      return target;
    },
    discard: (draft) => rm(draft.path, { force: true }),
  };
}

/** Makes a folder's parents and renames into place. A blob cannot lie where others have a folder, nor below a blob. */
export async function moveInto(draft: string, target: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(draft, target);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A container that is a folder of another file system.
      if (code === 'EXDEV') return moveAcross(draft, target);
      // A concurrent delete may take the emptied folder away between the two calls.
      if (code === 'ENOENT' && attempt < 5) continue;
      if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST' || code === 'ENOTEMPTY')
        throw new BlobError(
          409,
          'PathConflict',
          'A name cannot be both a blob and a folder of blobs here. Choose another name, or delete what has it.',
        );
      if (code === 'ENOSPC')
        throw new BlobError(507, 'InsufficientStorage', 'The disk is full. Make room and send it again.');
      throw error;
    }
  }
}

/** Beside the target first, so that it is there whole or not at all. */
async function moveAcross(draft: string, target: string): Promise<void> {
  const beside = join(dirname(target), `.${newGuid()}.draft`);
  try {
    await copyFile(draft, beside);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await rm(draft, { force: true });
}

function createMeter(limit: number): { stream: Transform; size(): number; md5(): string } {
  const hash = createHash('md5');
  let size = 0;
  const stream = new Transform({
    transform(piece: Buffer, _encoding, done) {
      size += piece.length;
      if (size > limit)
        return done(new BlobError(413, 'RequestBodyTooLarge', `The body is larger than the ${limit} bytes allowed.`));
      hash.update(piece);
      done(null, piece);
    },
  });
  return { stream, size: () => size, md5: () => hash.digest('base64') };
}
