import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';
import type { Clock } from '../kernel/clock.ts';
import type { SigningKey } from './keys.ts';
import type { StoredPrincipal } from './principals.ts';

export type AccessToken = { readonly token: string; readonly expiresIn: number; readonly expiresOn: number };

/** How a client proved who it is: with a secret, or with an assertion (documented values of `appidacr`). */
export type Proof = 'none' | 'secret' | 'assertion';

/** Life of a token in seconds: an hour for applications, a day for managed identities, whose clients renew at half (documented). */
const APPLICATION_TOKEN_SECONDS = 3599;
const MANAGED_IDENTITY_TOKEN_SECONDS = 86399;

/**
 * Makes an access token in the form of Entra's version 1 tokens, which Azure's own resources use: audience as asked for, issuer
 * `https://sts.windows.net/{tenant}/`.
 */
export async function makeAccessToken(
  key: SigningKey,
  clock: Clock,
  wanted: { principal: StoredPrincipal; tenantId: string; audience: string; proof: Proof },
): Promise<AccessToken> {
  const { principal, tenantId, audience, proof } = wanted;
  const issuedAt = Math.floor(clock.now().getTime() / 1000);
  const expiresIn = principal.kind === 'managed-identity' ? MANAGED_IDENTITY_TOKEN_SECONDS : APPLICATION_TOKEN_SECONDS;
  const issuer = `https://sts.windows.net/${tenantId}/`;
  const token = await new SignJWT({
    aud: audience,
    iss: issuer,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + expiresIn,
    appid: principal.clientId,
    appidacr: { none: '0', secret: '1', assertion: '2' }[proof],
    app_displayname: principal.displayName,
    idp: issuer,
    idtyp: 'app',
    oid: principal.objectId,
    sub: principal.objectId,
    tid: tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
    ...(principal.resourceId === undefined ? {} : { xms_mirid: principal.resourceId }),
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid, x5t: key.kid })
    .sign(key.privateKey);
  return { token, expiresIn, expiresOn: issuedAt + expiresIn };
}
