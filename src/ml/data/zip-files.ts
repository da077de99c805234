import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw } from 'node:zlib';
import { limitExceeded } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';

export type ZippedFile = {
  /** As the archive has it, with `/`. */
  readonly path: string;
  readonly file: string;
  readonly size: number;
};

/** What the format holds without its 64-bit extension, with room for what does not shrink. */
const FILE_LIMIT = 65_000;
const SIZE_LIMIT = 2 * 1024 ** 3;
/** Sizes and sum follow the bytes; names are UTF-8 (format's specification, 4.4.4). */
const FLAGS = 0x0808;
const DEFLATED = 8;
const NEEDED = 20;
/** 1 January 1980, the first day that the format knows: the same files make the same archive. */
const DAY = 0x21;
const UNIX = 3 << 8;
const READABLE = 0o100644;

type Entry = {
  readonly name: Buffer;
  readonly at: number;
  readonly sum: number;
  readonly packed: number;
  readonly size: number;
};

/**
 * Writes files as a zip archive. The archive is there whole or not at all.
 * @throws limit for more than 65,000 files or 2 GiB
 */
export async function zipFiles(files: readonly ZippedFile[], target: string): Promise<void> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (files.length > FILE_LIMIT || total > SIZE_LIMIT)
    throw limitExceeded(
      `An archive holds at most ${FILE_LIMIT} files and ${SIZE_LIMIT / 1024 ** 3} GiB; this would be ${files.length} files of ${total} bytes. Read the files one by one.`,
    );
  const part = `${target}.${newGuid()}.part`;
  const handle = await open(part, 'wx');
  try {
    await writeArchive(handle, files);
    await handle.close();
    await rename(part, target);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}

async function writeArchive(handle: FileHandle, files: readonly ZippedFile[]): Promise<void> {
  let at = 0;
  const write = async (bytes: Buffer) => {
    await handle.write(bytes, 0, bytes.length, at);
    at += bytes.length;
  };
  const entries: Entry[] = [];
  for (const { path, file } of files) {
    const name = Buffer.from(path);
    const start = at;
    await write(Buffer.concat([numbers([4, 0x04034b50], ...common(0, 0, 0, name)), name]));
    const first = at;
    let sum = 0;
    let size = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sum = crc32(chunk, sum);
        size += chunk.length;
        done(null, chunk);
      },
    });
    await pipeline(createReadStream(file), measure, createDeflateRaw(), async (packed: AsyncIterable<Buffer>) => {
      for await (const piece of packed) await write(piece);
    });
    const packed = at - first;
    await write(numbers([4, 0x08074b50], [4, sum], [4, packed], [4, size]));
    entries.push({ name, at: start, sum, packed, size });
  }
  const directory = at;
  for (const { name, at: start, sum, packed, size } of entries) {
    const place = numbers([2, 0], [2, 0], [2, 0], [4, READABLE << 16], [4, start]);
    await write(
      Buffer.concat([numbers([4, 0x02014b50], [2, UNIX + NEEDED], ...common(sum, packed, size, name)), place, name]),
    );
  }
  const length = at - directory;
  const count = entries.length;
  await write(numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, directory], [2, 0]));
}

/** The fields that a file's own header and its line in the directory have in common, from the version needed to the length of what is extra. */
const common = (sum: number, packed: number, size: number, name: Buffer): (readonly [2 | 4, number])[] => [
  [2, NEEDED],
  [2, FLAGS],
  [2, DEFLATED],
  [2, 0],
  [2, DAY],
  [4, sum],
  [4, packed],
  [4, size],
  [2, name.length],
  [2, 0],
];

/** Numbers of 2 or 4 bytes, the lowest byte first. */
function numbers(...fields: readonly (readonly [2 | 4, number])[]): Buffer {
  const bytes = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) bytes.writeUInt16LE(value, at);
    else bytes.writeUInt32LE(value >>> 0, at);
    at += width;
  }
  return bytes;
}
