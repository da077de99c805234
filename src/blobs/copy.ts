import { newGuid } from '../kernel/ids.ts';
import { type Access, type AuthorizeDeps, checkGrant, grantOf } from './authorize.ts';
import { BlobError, notSupported } from './blob-error.ts';
import { headersOf } from './conditions.ts';
import { type Answer, type BlobRequest, blobOf, placeOfUrl } from './request.ts';
import { metadataOf, type WriteContext, writeCheck } from './write.ts';

/**
 * Copy Blob and Put Blob From URL, from a blob of this service, done when it answers. The source needs a signature of its own, unless
 * the caller may do everything in the account that it is in.
 */
export async function copyBlob(
  context: WriteContext,
  access: Access,
  deps: AuthorizeDeps,
  request: BlobRequest,
): Promise<Answer> {
  const url = request.header('x-ms-copy-source') ?? '';
  const place = placeOfUrl(url);
  if (!place || place.blob === '') throw notSupported('copies from outside of this blob service');
  if (place.query.has('sig')) {
    checkGrant(await grantOf(deps, place.query, place, request.remoteAddress), {
      permissions: 'r',
      level: 'blob',
      snapshot: place.query.has('snapshot'),
    });
  } else if (place.account !== request.account || access.grant) {
    throw new BlobError(401, 'CannotVerifyCopySource', 'The copy’s source needs a shared access signature of its own.');
  }
  const { path, state: source } = await context.store.copyOf(blobOf(place));
  const metadata = metadataOf(request);
  const { lease: _lease, ...copied } = source.properties;
  const copy = { id: newGuid(), source: withoutSignature(url), completedAt: context.now().toISOString() };
  const state = await context.store.commit(
    blobOf(request),
    { path, size: 0, md5: '' },
    { ...copied, copy, metadata: Object.keys(metadata).length > 0 ? metadata : copied.metadata },
    writeCheck(context, request),
  );
  const fromUrl = request.header('x-ms-blob-type') !== undefined;
  return {
    status: fromUrl ? 201 : 202,
    headers: {
      ...headersOf(state),
      ...(fromUrl
        ? { 'x-ms-request-server-encrypted': 'true' }
        : { 'x-ms-copy-id': copy.id, 'x-ms-copy-status': 'success' }),
    },
  };
}

/** Abort Copy Blob. Copies are done when they are answered: there is never one to abort. */
export async function abortCopy(context: WriteContext, request: BlobRequest): Promise<Answer> {
  await context.store.state(blobOf(request));
  throw new BlobError(
    409,
    'NoPendingCopyOperation',
    'No copy onto this blob is pending: it was done when it was answered.',
  );
}

/** A source as it is kept and told: without what signs it. */
function withoutSignature(text: string): string {
  const url = new URL(text);
  const snapshot = url.searchParams.get('snapshot');
  return `${url.origin}${url.pathname}${snapshot === null ? '' : `?snapshot=${snapshot}`}`;
}
