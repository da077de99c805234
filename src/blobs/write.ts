import { readFile } from 'node:fs/promises';
import { BlobError, notSupported } from './blob-error.ts';
import type { BlobStore, Check } from './blob-store.ts';
import { checkConditions, checkWrite, headersOf } from './conditions.ts';
import type { Draft } from './drafts.ts';
import type { BlobProperties } from './properties.ts';
import { type Answer, type BlobRequest, blobOf } from './request.ts';

/** Largest bodies of the operations, in bytes (documented). */
const PUT_LIMIT = 5000 * 1024 * 1024;
const APPEND_LIMIT = 100 * 1024 * 1024;
/** All metadata of a blob together (documented). */
const METADATA_LIMIT = 8 * 1024;

export type WriteContext = {
  readonly store: BlobStore;
  readonly now: () => Date;
  /** The caller may not replace what is there. */
  readonly createOnly: boolean;
};

/** The check of every write: the request's conditions, its lease, and what its signature allows. */
export function writeCheck(context: WriteContext, request: BlobRequest): Check {
  return (current) => {
    checkWrite(request, current, context.now());
    if (current && context.createOnly)
      throw new BlobError(
        403,
        'AuthorizationPermissionMismatch',
        'The shared access signature allows making new blobs, not replacing one.',
      );
  };
}

/** Put Blob: a block blob with its content, or an empty append blob. */
export async function putBlob(context: WriteContext, request: BlobRequest): Promise<Answer> {
  const type = request.header('x-ms-blob-type');
  if (type === 'PageBlob') throw notSupported('page blobs');
  if (type !== 'BlockBlob' && type !== 'AppendBlob')
    throw new BlobError(400, 'MissingRequiredHeader', "The header 'x-ms-blob-type' must be BlockBlob or AppendBlob.");
  const properties = { ...propertiesOf(request), type } satisfies BlobProperties;
  const draft = await receive(context.store, request, type === 'AppendBlob' ? 0 : PUT_LIMIT);
  if (type === 'BlockBlob') properties.contentMd5 ??= draft.md5;
  const state = await context.store.commit(blobOf(request), draft, properties, writeCheck(context, request));
  return {
    status: 201,
    headers: { ...headersOf(state), 'content-md5': draft.md5, 'x-ms-request-server-encrypted': 'true' },
  };
}

/** Append Block. */
export async function appendBlock(context: WriteContext, request: BlobRequest): Promise<Answer> {
  const draft = await receive(context.store, request, APPEND_LIMIT);
  const check = writeCheck({ ...context, createOnly: false }, request);
  const wanted = request.header('x-ms-blob-condition-appendpos');
  const most = request.header('x-ms-blob-condition-maxsize');
  const { state, offset } = await context.store.append(blobOf(request), draft, (current) => {
    check(current);
    if (!current) return;
    if (current.properties.type !== 'AppendBlob')
      throw new BlobError(409, 'InvalidBlobType', 'The blob is not an append blob.');
    if (wanted !== undefined && Number(wanted) !== current.size)
      throw new BlobError(412, 'AppendPositionConditionNotMet', `The blob ends at ${current.size}, not at ${wanted}.`);
    if (most !== undefined && current.size + draft.size > Number(most))
      throw new BlobError(412, 'MaxBlobSizeConditionNotMet', 'The blob would grow beyond the size asked for.');
  });
  return {
    status: 201,
    headers: {
      ...headersOf(state),
      'content-md5': draft.md5,
      'x-ms-blob-append-offset': String(offset),
      'x-ms-blob-committed-block-count': String(state.properties.appendedBlocks ?? 0),
      'x-ms-request-server-encrypted': 'true',
    },
  };
}

/** Set Blob Metadata: replaces it whole. Answers 200; az takes 201 for an error (recorded). */
export async function setMetadata(context: WriteContext, request: BlobRequest): Promise<Answer> {
  const metadata = metadataOf(request);
  const state = await context.store.update(
    blobOf(request),
    (current) => ({ ...current.properties, metadata }),
    writeCheck({ ...context, createOnly: false }, request),
  );
  return { status: 200, headers: { ...headersOf(state), 'x-ms-request-server-encrypted': 'true' } };
}

/** Set Blob Properties: what isn't named is cleared (documented). */
export async function setProperties(context: WriteContext, request: BlobRequest): Promise<Answer> {
  const given = contentOf(request, false);
  const state = await context.store.update(
    blobOf(request),
    ({ properties }) => {
      const { metadata, type, blocks, appendedBlocks, lease, copy } = properties;
      return {
        type,
        metadata,
        ...given,
        ...(blocks ? { blocks } : {}),
        ...(appendedBlocks === undefined ? {} : { appendedBlocks }),
        ...(lease ? { lease } : {}),
        ...(copy ? { copy } : {}),
      };
    },
    writeCheck({ ...context, createOnly: false }, request),
  );
  return { status: 200, headers: headersOf(state) };
}

/** Delete Blob, with what becomes of its snapshots; or one snapshot. */
export async function deleteBlob(context: WriteContext, request: BlobRequest): Promise<Answer> {
  const which = request.header('x-ms-delete-snapshots')?.toLowerCase();
  if (which !== undefined && which !== 'include' && which !== 'only')
    throw new BlobError(400, 'InvalidHeaderValue', "'x-ms-delete-snapshots' must be include or only.");
  await context.store.remove(blobOf(request), writeCheck({ ...context, createOnly: false }, request), which);
  return { status: 202, headers: { 'x-ms-delete-type-permanent': 'true' } };
}

/** Snapshot Blob. A lease does not stand in the way (documented). */
export async function snapshotBlob(context: WriteContext, request: BlobRequest): Promise<Answer> {
  const metadata = metadataOf(request);
  const { snapshot, state } = await context.store.snapshot(
    blobOf(request),
    Object.keys(metadata).length > 0 ? metadata : undefined,
    (current) => {
      if (request.header('x-ms-lease-id') !== undefined) checkWrite(request, current, context.now());
      else checkConditions(request, current);
    },
  );
  return {
    status: 201,
    headers: { ...headersOf(state), 'x-ms-snapshot': snapshot, 'x-ms-request-server-encrypted': 'true' },
  };
}

/** Receives a body aside and checks it against its MD5. @throws BlobError */
export async function receive(store: BlobStore, request: BlobRequest, limit: number): Promise<Draft> {
  const declared = request.header('content-length');
  if (declared !== undefined && Number(declared) > limit)
    throw new BlobError(413, 'RequestBodyTooLarge', `The body is larger than the ${limit} bytes allowed.`);
  const draft = await store.drafts.write(request.body, limit);
  const wanted = request.header('content-md5');
  if (wanted !== undefined && wanted !== draft.md5) {
    await store.drafts.discard(draft);
    throw new BlobError(400, 'Md5Mismatch', 'The body does not have the MD5 that the request names. Send it again.');
  }
  return draft;
}

/** A small body whole. @throws BlobError when it has more than `limit` bytes */
export async function readBody(store: BlobStore, request: BlobRequest, limit: number): Promise<Buffer> {
  const draft = await receive(store, request, limit);
  try {
    return await readFile(draft.path);
  } finally {
    await store.drafts.discard(draft);
  }
}

/** Content properties and metadata of a request's headers. */
export function propertiesOf(request: BlobRequest): BlobProperties {
  return { type: 'BlockBlob', metadata: metadataOf(request), ...contentOf(request, true) };
}

/** `plainToo`: Put Blob takes the plain headers as well as the service's own (documented). */
function contentOf(request: BlobRequest, plainToo: boolean): Partial<BlobProperties> {
  const read = (name: string) => request.header(`x-ms-blob-${name}`) ?? (plainToo ? request.header(name) : undefined);
  const fields = {
    contentType: read('content-type'),
    contentEncoding: read('content-encoding'),
    contentLanguage: read('content-language'),
    contentDisposition: request.header('x-ms-blob-content-disposition'),
    cacheControl: read('cache-control'),
    contentMd5: request.header('x-ms-blob-content-md5'),
  };
  return Object.fromEntries(Object.entries(fields).filter((entry) => entry[1] !== undefined && entry[1] !== ''));
}

/** The `x-ms-meta-…` headers. @throws BlobError when they are too many */
export function metadataOf(request: BlobRequest): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (const [header, value] of request.headers) {
    if (!header.startsWith('x-ms-meta-')) continue;
    const name = header.slice('x-ms-meta-'.length);
    if (!/^[a-z_][\w-]*$/i.test(name))
      throw new BlobError(400, 'InvalidMetadata', `'${name.slice(0, 80)}' is not a name for metadata.`);
    size += name.length + value.length;
    metadata[name] = value;
  }
  if (size > METADATA_LIMIT) throw new BlobError(400, 'MetadataTooLarge', 'Metadata has at most 8 KiB.');
  return metadata;
}
