import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeHashInput } from '../../../../../contracts/code-hash.ts';
import { listFiles } from './files.ts';
import { type Ignore, ignoreNothing } from './ignore.ts';

/** The clients hashed objects by MD5 up to 2025, by SHA-256 since (recorded with the public extension 2.42.0). */
export type ObjectHashAlgorithm = 'sha256' | 'md5';

const SEED = 'Initialize for october 2021 AML CLI version';

/**
 * A code folder's content hash, by which a service finds the same code again.
 * @returns hexadecimal SHA-256
 */
export function codeHash(root: string, ignore: Ignore = ignoreNothing): string {
  const { head, files } = codeHashInput(listFiles(root, ignore));
  const hash = createHash('sha256').update(head);
  for (const file of files) updateWithFile(hash, file.source);
  return hash.digest('hex');
}

/**
 * The hash of a file or folder that names its place in a datastore: names and bytes, depth first, children in the order of
 * lower-cased paths; an empty folder adds its name (client source).
 */
export function objectHash(
  root: string,
  ignore: Ignore = ignoreNothing,
  algorithm: ObjectHashAlgorithm = 'sha256',
): string {
  const hash = createHash(algorithm).update(SEED);
  if (statSync(root).isDirectory()) updateWithFolder(hash, root, '', ignore, []);
  else updateWithFile(hash, root);
  return hash.digest('hex');
}

function updateWithFolder(hash: Hash, folder: string, below: string, ignore: Ignore, above: readonly string[]): void {
  const real = realpathSync(folder);
  if (above.includes(real)) throw new Error(`${folder} is a link to a folder that it lies in`);
  const names = readdirSync(folder).sort((a, b) => compare(a.toLowerCase(), b.toLowerCase()));
  for (const name of names) {
    const path = below ? `${below}/${name}` : name;
    if (ignore(path)) continue;
    hash.update(name);
    const full = join(folder, name);
    const stats = statSync(full, { throwIfNoEntry: false });
    if (stats?.isFile()) updateWithFile(hash, full);
    else if (stats?.isDirectory()) updateWithFolder(hash, full, path, ignore, [...above, real]);
  }
}

function updateWithFile(hash: Hash, file: string): void {
  const handle = openSync(file, 'r');
  const piece = Buffer.allocUnsafe(1 << 20);
  try {
    for (let size = readSync(handle, piece); size > 0; size = readSync(handle, piece))
      hash.update(piece.subarray(0, size));
  } finally {
    closeSync(handle);
  }
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
