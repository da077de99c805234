import type { X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, type ProtectedHeaderParameters } from 'jose';
import { decodeProtectedHeader } from 'jose/decode/protected_header';
import { decodeJwt } from 'jose/jwt/decode';
import { jwtVerify } from 'jose/jwt/verify';
import type { Outbound } from '../http/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { EntraError } from './entra-error.ts';
import type { SigningKey } from './keys.ts';
import type { Principals } from './principals.ts';

/** The one assertion type that token endpoints take. */
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export type AssertionDeps = {
  readonly principals: Principals;
  readonly assertionKey: SigningKey;
  readonly clock: Clock;
  /** Fetches the keys of issuers that aren't this server; without it their assertions are refused. */
  readonly outbound?: Outbound;
};

/**
 * Checks a client assertion: signed by the key of a registered certificate, or by an issuer whose issuer, subject and audience are
 * registered as a federated credential of the client.
 * @throws EntraError that says which of these did not hold
 */
export async function checkClientAssertion(deps: AssertionDeps, clientId: string, assertion: string): Promise<void> {
  const { header, payload } = decode(assertion);
  if (payload.iss?.toLowerCase() === clientId && payload.sub?.toLowerCase() === clientId) {
    const certificate = certificateOf(header, await deps.principals.certificates(clientId));
    if (!certificate)
      throw new EntraError(
        700027,
        `No certificate of the application '${clientId}' has the thumbprint that the assertion names. Register its certificate first.`,
      );
    await verify(deps, assertion, certificate.publicKey, ['RS256', 'PS256']);
    return;
  }
  const audiences = [payload.aud ?? []].flat();
  const credentials = await deps.principals.federatedCredentials(clientId);
  const match = credentials.find(
    (one) => one.issuer === payload.iss && one.subject === payload.sub && audiences.includes(one.audience),
  );
  if (!match)
    throw new EntraError(
      credentials.length === 0 ? 70021 : 700213,
      `No federated credential of the application '${clientId}' fits the assertion: issuer '${payload.iss}', subject '${payload.sub}', audience '${audiences.join(' ')}'.`,
    );
  if (header.kid === deps.assertionKey.kid) await verify(deps, assertion, deps.assertionKey.publicKey, ['RS256']);
  else await verify(deps, assertion, createLocalJWKSet(await keysOf(deps, match.issuer)), ['RS256', 'ES256', 'PS256']);
}

function decode(assertion: string): { header: ProtectedHeaderParameters; payload: JWTPayload } {
  try {
    return { header: decodeProtectedHeader(assertion), payload: decodeJwt(assertion) };
  } catch (error) {
    throw new EntraError(700027, `The client assertion is not a signed JWT: ${messageOf(error)}.`);
  }
}

/** Clients name their certificate by its SHA-1 (`x5t`) or SHA-256 (`x5t#S256`) thumbprint. */
function certificateOf(
  header: ProtectedHeaderParameters,
  certificates: readonly X509Certificate[],
): X509Certificate | undefined {
  const named = header as { x5t?: string; 'x5t#S256'?: string };
  const thumbprint = (one: X509Certificate, hash: string) => createHash(hash).update(one.raw).digest('base64url');
  return certificates.find((one) =>
    named['x5t#S256'] === undefined
      ? named.x5t?.replace(/=+$/, '') === thumbprint(one, 'sha1')
      : named['x5t#S256'].replace(/=+$/, '') === thumbprint(one, 'sha256'),
  );
}

async function verify(
  deps: AssertionDeps,
  assertion: string,
  key: X509Certificate['publicKey'] | ReturnType<typeof createLocalJWKSet>,
  algorithms: string[],
): Promise<void> {
  const options = { algorithms, currentDate: deps.clock.now(), clockTolerance: 300, requiredClaims: ['exp'] };
  try {
    await (typeof key === 'function' ? jwtVerify(assertion, key, options) : jwtVerify(assertion, key, options));
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'ERR_JWT_EXPIRED' || code === 'ERR_JWT_CLAIM_VALIDATION_FAILED')
      throw new EntraError(700024, `The client assertion is not valid at this time: ${messageOf(error)}.`);
    throw new EntraError(700027, `The signature of the client assertion is not valid: ${messageOf(error)}.`);
  }
}

async function keysOf(deps: AssertionDeps, issuer: string): Promise<JSONWebKeySet> {
  const { outbound } = deps;
  if (!outbound) throw new EntraError(700027, `The keys of the issuer '${issuer}' cannot be fetched by this server.`);
  const fetchJson = async (url: string) => {
    const answer = await outbound({ method: 'GET', url, timeoutMs: 10_000 });
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
    return JSON.parse(answer.body) as Record<string, unknown>;
  };
  try {
    const configuration = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    return (await fetchJson(String(configuration['jwks_uri']))) as unknown as JSONWebKeySet;
  } catch (error) {
    throw new EntraError(700027, `The keys of the issuer '${issuer}' could not be fetched: ${messageOf(error)}.`);
  }
}
