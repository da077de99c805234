import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { commandError } from '../../../errors.ts';
import type { BlobContainer } from './blob-container.ts';
import { type LocalFile, listFiles } from './files.ts';
import type { Ignore } from './ignore.ts';

/** The name and version that a finished upload carries in its metadata: an earlier upload's win over the ones handed in. */
export type UploadLabel = { readonly name: string; readonly version: string };

/**
 * Uploads a file or folder to a folder of a container, unless an earlier upload of the same content was finished, and marks it
 * finished: the first file's metadata say so (client source).
 * @param prefix where it goes in the container; empty for the root
 * @returns the label of the upload that is there now
 */
export async function upload(
  container: BlobContainer,
  root: string,
  prefix: string,
  label: UploadLabel,
  ignore: Ignore,
): Promise<UploadLabel> {
  const folder = statSync(root).isDirectory();
  const files = listFiles(root, ignore);
  const lead = prefix ? `${prefix}/` : '';
  const name = (file: LocalFile) => `${lead}${folder ? `${basename(root)}/` : ''}${file.path}`;
  // The indicator is the first by (local path, destination), both compared by code points.
  files.sort((a, b) => order(a.source, b.source) || order(name(a), name(b)));
  const [first] = files;
  if (!first)
    throw commandError(
      `${root} is empty. There is nothing to upload; put a file in it, or see what .amlignore leaves out.`,
    );
  const before = await container.metadata(name(first));
  if (before?.['upload_status'] === 'completed') {
    return { name: before['name'] ?? label.name, version: before['version'] ?? label.version };
  }
  await inParallel(files, (file) => container.put(name(file), file.source, file.size, before !== undefined));
  await container.setMetadata(name(first), { upload_status: 'completed', name: label.name, version: label.version });
  return label;
}

const AT_ONCE = 8;

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const item = items[next++] as T;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}

function order(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
