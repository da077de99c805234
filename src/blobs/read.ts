import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { BlobError } from './blob-error.ts';
import type { BlobStore } from './blob-store.ts';
import { checkRead, headersOf } from './conditions.ts';
import { leaseHeaders } from './lease-state.ts';
import type { BlobState } from './properties.ts';
import { type Answer, type BlobRequest, blobOf } from './request.ts';

/** Longest range whose MD5 is computed on demand (documented). */
const RANGE_MD5_LIMIT = 4 * 1024 * 1024;

/** Get Blob: whole or a range, as a stream of the file. */
export async function getBlob(store: BlobStore, request: BlobRequest, now: Date): Promise<Answer> {
  const { state, file } = await store.open(blobOf(request));
  try {
    checkRead(request, state);
    const range = rangeOf(request, state.size);
    const headers = propertyHeaders(request, state, now);
    if (!range) {
      headers['content-length'] = String(state.size);
      if (state.size === 0) {
        await file.close();
        return { status: 200, headers };
      }
      // `end`: a file that a program is still writing must not outgrow the length that was promised.
      return { status: 200, headers, body: file.createReadStream({ start: 0, end: state.size - 1 }) };
    }
    const { start, end } = range;
    headers['content-length'] = String(end - start + 1);
    headers['content-range'] = `bytes ${start}-${end}/${state.size}`;
    if (headers['content-md5'] !== undefined) {
      headers['x-ms-blob-content-md5'] = headers['content-md5'];
      delete headers['content-md5'];
    }
    if (request.header('x-ms-range-get-content-md5') === 'true' && end - start < RANGE_MD5_LIMIT) {
      const bytes = Buffer.alloc(end - start + 1);
      await file.read(bytes, 0, bytes.length, start);
      await file.close();
      headers['content-md5'] = createHash('md5').update(bytes).digest('base64');
      return { status: 206, headers, body: Readable.from([bytes]) };
    }
    return { status: 206, headers, body: file.createReadStream({ start, end }) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Get Blob Properties, and with `comp=metadata` Get Blob Metadata: headers alone. */
export async function getProperties(store: BlobStore, request: BlobRequest, now: Date): Promise<Answer> {
  const state = await store.state(blobOf(request));
  checkRead(request, state);
  const headers = propertyHeaders(request, state, now);
  if (request.query.get('comp') === 'metadata')
    return { status: 200, headers: { ...headersOf(state), ...metadataHeaders(state) } };
  headers['content-length'] = String(state.size);
  return { status: 200, headers };
}

function propertyHeaders(request: BlobRequest, state: BlobState, now: Date): Record<string, string> {
  const { properties } = state;
  const { snapshot } = blobOf(request);
  // A signature may carry what the answer is to say about the content.
  const content = (override: string, own: string | undefined) =>
    (request.query.has('sig') ? request.query.get(override) : undefined) ?? own;
  const headers: Record<string, string | undefined> = {
    ...headersOf(state),
    'accept-ranges': 'bytes',
    'content-type': content('rsct', properties.contentType ?? 'application/octet-stream'),
    'content-encoding': content('rsce', properties.contentEncoding),
    'content-language': content('rscl', properties.contentLanguage),
    'content-disposition': content('rscd', properties.contentDisposition),
    'cache-control': content('rscc', properties.cacheControl),
    'content-md5': properties.contentMd5,
    'x-ms-blob-type': properties.type,
    'x-ms-creation-time': state.created.toUTCString(),
    ...(snapshot === undefined ? leaseHeaders(properties.lease, now) : {}),
    'x-ms-server-encrypted': 'true',
    'x-ms-access-tier': 'Hot',
    'x-ms-access-tier-inferred': 'true',
    ...(properties.type === 'AppendBlob'
      ? { 'x-ms-blob-committed-block-count': String(properties.appendedBlocks ?? 0) }
      : {}),
    ...copyHeaders(state),
    ...metadataHeaders(state),
  };
  return Object.fromEntries(Object.entries(headers).filter((entry) => entry[1] !== undefined)) as Record<
    string,
    string
  >;
}

function copyHeaders({ size, properties }: BlobState): Record<string, string> {
  const { copy } = properties;
  if (!copy) return {};
  return {
    'x-ms-copy-id': copy.id,
    'x-ms-copy-status': 'success',
    'x-ms-copy-source': copy.source,
    'x-ms-copy-progress': `${size}/${size}`,
    'x-ms-copy-completion-time': new Date(copy.completedAt).toUTCString(),
  };
}

function metadataHeaders(state: BlobState): Record<string, string> {
  return Object.fromEntries(
    Object.entries(state.properties.metadata).map(([name, value]) => [`x-ms-meta-${name}`, value]),
  );
}

/** The range asked for, cut to the blob. @throws BlobError InvalidRange when it begins behind the end */
function rangeOf(request: BlobRequest, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.header('x-ms-range') ?? request.header('range') ?? '');
  if (!match) return undefined;
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start >= size)
    throw new BlobError(416, 'InvalidRange', 'The range begins behind the end of the blob.', {
      'content-range': `bytes */${size}`,
    });
  if (end < start) return undefined;
  return { start, end };
}
