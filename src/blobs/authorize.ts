import { type Authenticate, credentialOf } from '../http/index.ts';
import type { AccessPolicy } from './access-policy.ts';
import { BlobError } from './blob-error.ts';
import type { BlobRequest } from './request.ts';
import { checkSas, hasSas, type SasGrant, type SasPlace } from './sas.ts';
import { checkSharedKey } from './shared-key.ts';

/** What an operation needs of a signature. */
export type Need = {
  /** Letters any one of which is enough; `c` is enough only where nothing is replaced. */
  readonly permissions: string;
  readonly level: 'service' | 'container' | 'blob' | 'list';
  /** Whether it is about a snapshot, which a blob's own signature does not cover. */
  readonly snapshot?: boolean;
};

export type Access = {
  /** The signature may make blobs, not replace them. */
  readonly createOnly: boolean;
  /** The signature's grant; undefined for callers that may do everything in the account. */
  readonly grant?: SasGrant;
  /** Who the token speaks for, where one came. */
  readonly identity?: { readonly oid: string; readonly tid: string };
};

export type AuthorizeDeps = {
  readonly authenticate: Authenticate;
  /** The account's key, base64; undefined for an account that isn't there. */
  readonly keyOf: (account: string) => Promise<string | undefined>;
  /** A stored access policy of a container. */
  readonly policyOf: (account: string, container: string, id: string) => Promise<AccessPolicy | undefined>;
  readonly now: () => Date;
};

const STORAGE_AUDIENCE = /^(?:https:\/\/storage\.azure\.com\/?|e406a681-f3d4-42a8-90b6-c2b029497af1)$/;

/**
 * Decides whether a request may do what it asks: by shared access signature, shared key, or a token of the identity service.
 * @throws BlobError with the service's codes
 */
export async function authorize(deps: AuthorizeDeps, request: BlobRequest, need: Need): Promise<Access> {
  const authorization = request.header('authorization');
  if (authorization === undefined && hasSas(request)) {
    const grant = await grantOf(deps, request.query, request, request.remoteAddress);
    return { createOnly: checkGrant(grant, need), grant };
  }
  if (/^SharedKey /i.test(authorization ?? '')) {
    checkSharedKey(request, await deps.keyOf(request.account), deps.now());
    return { createOnly: false };
  }
  const credential = credentialOf(authorization);
  const principal = credential?.scheme === 'bearer' ? await deps.authenticate(credential) : undefined;
  switch (principal?.kind) {
    case 'owner':
      return { createOnly: false, identity: { oid: NOBODY, tid: NOBODY } };
    case 'identity':
      if (
        STORAGE_AUDIENCE.test(principal.audience) ||
        principal.audience.replace(/\/$/, '') === `https://${request.account}.blob.core.windows.net`
      )
        return { createOnly: false, identity: { oid: principal.objectId, tid: principal.tenantId } };
      throw new BlobError(
        401,
        'InvalidAuthenticationInfo',
        `The token is for ${principal.audience}, not for https://storage.azure.com/.`,
        CHALLENGE,
      );
    case 'ml-run':
      // A run reaches the storage account of its own workspace.
      if (request.account === `mr${principal.workspaceId.replaceAll('-', '').slice(0, 18)}`)
        return { createOnly: false };
      throw new BlobError(403, 'AuthorizationFailure', 'This run’s token is not for this storage account.');
    default:
      if (authorization === undefined)
        throw new BlobError(
          401,
          'NoAuthenticationInformation',
          'The request carries no signature, key or token.',
          CHALLENGE,
        );
      throw new BlobError(401, 'InvalidAuthenticationInfo', 'The token is not valid here or has expired.', CHALLENGE);
  }
}

/** The owner of the data directory is in no directory of identities. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** What the signature in a query allows at a place. @throws BlobError when it does not hold */
export async function grantOf(
  deps: AuthorizeDeps,
  query: ReadonlyMap<string, string>,
  place: SasPlace,
  remoteAddress: string,
): Promise<SasGrant> {
  const named = query.get('si');
  const policy = named === undefined ? undefined : await deps.policyOf(place.account, place.container, named);
  return checkSas(query, place, { key: await deps.keyOf(place.account), policy, now: deps.now(), remoteAddress });
}

const CHALLENGE = {
  'www-authenticate':
    'Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize resource_id=https://storage.azure.com',
};

/** @returns whether the grant covers making, but not replacing @throws BlobError when it does not cover the operation */
export function checkGrant(grant: SasGrant, need: Need): boolean {
  const { scope } = grant;
  const levelFits =
    scope.kind === 'account'
      ? scope.types.includes({ service: 's', container: 'c', list: 'c', blob: 'o' }[need.level])
      : (need.level === 'blob' &&
          (scope.kind === 'container' || (scope.kind === 'snapshot') === (need.snapshot === true))) ||
        (need.level === 'list' && scope.kind === 'container');
  if (!levelFits)
    throw new BlobError(
      403,
      'AuthorizationResourceTypeMismatch',
      'The shared access signature is not for this type of resource.',
    );
  const fitting = [...need.permissions].filter((letter) => grant.permissions.includes(letter));
  if (fitting.length === 0)
    throw new BlobError(
      403,
      'AuthorizationPermissionMismatch',
      `The shared access signature allows '${grant.permissions}'; this request needs one of '${need.permissions}'.`,
    );
  return need.permissions.includes('w') && fitting.every((letter) => letter === 'c');
}
