import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Reads a regular file as text, by its byte order mark as UTF-8 or UTF-16. A pipe, a socket, a device and a folder are no text and are
 * never waited for.
 * @param most bytes read; of a larger file the text ends there
 * @returns undefined when there is no such file, or it is none to read text from
 * @throws what the system says of a file that is there and can't be read
 */
export async function readText(path: string, most: number): Promise<string | undefined> {
  // Not to be held up by a pipe that no one writes to.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (absent.has(error.code ?? '')) return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const info = await file.stat();
    if (!info.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(info.size, most));
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return decode(bytes.subarray(0, length));
  } finally {
    await file.close();
  }
}

/** Nothing there, a link that leads nowhere or round in a circle, a socket. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO', 'ENODEV', 'ENAMETOOLONG']);

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}
