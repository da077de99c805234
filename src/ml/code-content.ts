import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeHashInput } from '../contracts/code-hash.ts';
import { parseReference } from './jobs/parse-reference.ts';
import type { BlobAccess } from './types.ts';

/** A file of code: its path below the code, and where it lies on disk. */
export type StoredFile = { readonly path: string; readonly size: number; readonly file: string };

/** Names on disk that stand for others; their paths aren't known here. */
const ESCAPED = '%~';

/**
 * The hash of code as it lies in this server's storage, by the rule of `contracts/code-hash.ts`.
 * @param codeUri a blob's URL, or that of a folder of blobs
 * @returns hexadecimal SHA-256; undefined where it can't be told: code of another storage, names whose order the rule leaves open
 */
export async function storedCodeHash(blobs: BlobAccess, codeUri: string): Promise<string | undefined> {
  const place = parseReference(codeUri);
  if (place?.kind !== 'storage') return undefined;
  const root = blobs.pathOf(place.account, place.container, place.path.replace(/\/+$/, ''));
  const found = await codeFiles(root);
  const keys = new Set(found?.map((file) => file.path.toLowerCase()));
  if (!found || keys.size < found.length) return undefined;
  const { head, files } = codeHashInput(found);
  const hash = createHash('sha256').update(head);
  for (const { file } of files) for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** The files of code; a file is code of one file. @returns undefined where names on disk stand for others */
export async function codeFiles(root: string): Promise<StoredFile[] | undefined> {
  const top = await stat(root).catch(() => undefined);
  if (top?.isFile()) return [{ path: basename(root), size: top.size, file: root }];
  if (!top) return [];
  const files: StoredFile[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.name.startsWith(ESCAPED)) return undefined;
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.push({ path: file.slice(root.length + 1), size: (await stat(file)).size, file });
  }
  return files;
}
