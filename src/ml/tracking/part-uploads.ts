import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { invalid, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { replaceFile } from '../../kernel/replace-file.ts';
import { saveArtifact, writableArtifact } from './artifacts.ts';
import type { Call } from './call.ts';
import { artifactAddress } from './direct-addresses.ts';
import { integer, list, text } from './wire.ts';

/** As many as object stores take, which clients are made for. */
const PART_LIMIT = 10_000;
/** Milliseconds after which an upload that nobody ended is taken away. */
const FORGOTTEN_AFTER = 7 * 24 * 60 * 60 * 1000;

/**
 * Parts lie beside the file that they become, as `FILE.UPLOAD.NUMBER.part`: lists of artifacts leave such names out. Number 0
 * says how many parts there will be: it is what makes an upload known.
 */
const partOf = (file: string, upload: string, number: number) => `${file}.${upload}.${number}.part`;

/** The file of an upload: the folder of the address, and the last segment of the client's own path. */
function fileOf(call: Call): { file: string; address: string } {
  const name = text(call.fields, 'path', { limit: 4096 }).split(/[\\/]/).at(-1) ?? '';
  if (name === '' || name === '.' || name === '..')
    throw invalid("Parameter 'path' names no file.", { target: 'path' });
  const address = `${(call.parameters['*'] ?? '').replace(/\/+$/, '')}/${name}`;
  return { file: writableArtifact(call, address), address };
}

const uploadOf = (value: string): string => {
  if (!/^[0-9a-f-]{36}$/.test(value))
    throw invalid('The upload_id is not one that this service gave out.', { target: 'upload_id' });
  return value;
};

/** @throws not-found when there is no such upload of the file */
async function partsOf(file: string, upload: string): Promise<number> {
  const count = await readFile(partOf(file, upload, 0), 'utf8').catch(() => undefined);
  if (count === undefined)
    throw notFound(`The file '${basename(file)}' has no upload '${upload}': it was ended, or never begun.`);
  return Number(count);
}

/** `mpu/create`: begins an upload in parts, and tells where each part goes. */
export async function createPartUpload(call: Call) {
  const { file, address } = fileOf(call);
  const parts = integer(call.fields, 'num_parts', 1);
  if (parts < 1 || parts > PART_LIMIT)
    throw invalid(`An upload has 1 to ${PART_LIMIT} parts, found ${parts}: make the parts larger.`, {
      target: 'num_parts',
    });
  const upload = newGuid();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await removeForgotten(dirname(file), call.deps.clock.now().getTime());
  await replaceFile(partOf(file, upload, 0), String(parts));
  return {
    upload_id: upload,
    credentials: Array.from({ length: parts }, (_, index) => ({
      part_number: index + 1,
      ...artifactAddress(call, 'mpu/part', address, { upload_id: upload, part_number: String(index + 1) }),
    })),
  };
}

async function removeForgotten(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/\.[0-9a-f-]{36}\.\d+\.part$/.test(name)) continue;
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found && now - found.mtimeMs > FORGOTTEN_AFTER) await rm(join(folder, name), { force: true });
  }
}

/** Takes one part, whole or not at all, and answers its tag: a digest, by which the client names it at the end. */
export async function putPart(call: Call, body: Readable | undefined): Promise<{ etag: string }> {
  const file = writableArtifact(call, call.parameters['*'] ?? '');
  const upload = uploadOf(text(call.fields, 'upload_id'));
  const count = await partsOf(file, upload);
  const number = integer(call.fields, 'part_number');
  if (number < 1 || number > count)
    throw invalid(`This upload has the parts 1 to ${count}, found ${number}.`, { target: 'part_number' });
  const hash = createHash('sha256');
  await saveArtifact(partOf(file, upload, number), body && hashed(body, hash));
  return { etag: `"${hash.digest('hex')}"` };
}

async function* hashed(source: Readable, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    hash.update(chunk as Buffer);
    yield chunk as Buffer;
  }
}

/**
 * `mpu/complete`: puts the parts together into the artifact.
 * @throws invalid when a part is missing, is named twice, or is not the one that its tag says; the upload stays, and can be completed again
 */
export async function completePartUpload(call: Call) {
  const { file } = fileOf(call);
  const upload = uploadOf(text(call.fields, 'upload_id'));
  const count = await partsOf(file, upload);
  const parts = list(call.fields, 'parts', PART_LIMIT)
    .map((part) => ({ number: integer(part, 'part_number'), etag: text(part, 'etag', { limit: 200 }) }))
    .sort((a, b) => a.number - b.number);
  if (parts.length !== count || parts.some(({ number }, index) => number !== index + 1))
    throw invalid(`The upload has the parts 1 to ${count}: name each of them once.`, { target: 'parts' });
  await saveArtifact(file, inOrder(file, upload, parts));
  await removeParts(file, upload, count);
  return {};
}

async function* inOrder(file: string, upload: string, parts: readonly { number: number; etag: string }[]) {
  for (const { number, etag } of parts) {
    const hash = createHash('sha256');
    try {
      yield* hashed(createReadStream(partOf(file, upload, number)), hash);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw invalid(`Part ${number} was not uploaded.`, { target: 'parts' });
    }
    if (etag.replaceAll('"', '') !== hash.digest('hex'))
      throw invalid(`Part ${number} is not the one with the tag ${etag}: upload it again.`, { target: 'parts' });
  }
}

/** `mpu/abort`: takes the parts away. One that has ended is no error: clients abort what they don't know the end of. */
export async function abortPartUpload(call: Call) {
  const { file } = fileOf(call);
  const upload = uploadOf(text(call.fields, 'upload_id'));
  const count = await partsOf(file, upload).catch(() => undefined);
  if (count !== undefined) await removeParts(file, upload, count);
  return {};
}

/** The mark goes last: what a crash leaves can be aborted again. */
async function removeParts(file: string, upload: string, count: number): Promise<void> {
  for (let number = count; number >= 0; number--) await rm(partOf(file, upload, number), { force: true });
}
