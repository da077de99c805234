import { newGuid } from '../kernel/ids.ts';
import { type Access, type AuthorizeDeps, checkGrant } from './authorize.ts';
import { BlobError, notSupported } from './blob-error.ts';
import { headersOf } from './conditions.ts';
import { blobPath } from './names.ts';
import { type Answer, type BlobRequest, blobOf, placeOfUrl } from './request.ts';
import { checkSas } from './sas.ts';
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
    const key = await deps.keyOf(place.account);
    checkGrant(checkSas(place.query, place, key, deps.now(), request.remoteAddress), {
      permissions: 'r',
      level: 'blob',
    });
  } else if (place.account !== request.account || access.grant) {
    throw new BlobError(401, 'CannotVerifyCopySource', 'The copy’s source needs a shared access signature of its own.');
  }
  const source = { account: place.account, container: place.container, name: place.blob };
  const { properties } = await context.store.state(source);
  const path = await context.store.drafts.copyOf(blobPath(context.store.root, source));
  const metadata = metadataOf(request);
  const { lease: _lease, ...copied } = properties;
  const state = await context.store.commit(
    blobOf(request),
    { path, size: 0, md5: '' },
    { ...copied, metadata: Object.keys(metadata).length > 0 ? metadata : properties.metadata },
    writeCheck(context, request),
  );
  const fromUrl = request.header('x-ms-blob-type') !== undefined;
  return {
    status: fromUrl ? 201 : 202,
    headers: {
      ...headersOf(state),
      ...(fromUrl
        ? { 'x-ms-request-server-encrypted': 'true' }
        : { 'x-ms-copy-id': newGuid(), 'x-ms-copy-status': 'success' }),
    },
  };
}
