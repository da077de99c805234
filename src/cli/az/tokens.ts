import { createHash, createPrivateKey, createSign, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { commandError } from './errors.ts';
import type { Http } from './http.ts';
import type { Credential } from './profile.ts';
import { findServer } from './server.ts';

export const LOGIN = 'https://login.microsoftonline.com';

/** An access token as the token endpoints give it. `expiresOn` is in seconds since 1970, UTC. */
export type Token = {
  readonly accessToken: string;
  readonly expiresOn: number;
  readonly tenant: string;
  readonly clientId: string;
};

/** Which managed identity is meant, when it is not the system-assigned one. */
export type IdentitySelector = { readonly clientId?: string; readonly objectId?: string; readonly resourceId?: string };

type Env = Readonly<Record<string, string | undefined>>;

/** Where the local server answers for managed identities. A restarted one may listen elsewhere than the variables say. */
const OUR_IDENTITY_PATH = '/_identity/msi/token';
const isOurs = (endpoint: string) => new URL(endpoint).pathname === OUR_IDENTITY_PATH;

/** A resource's `.default` scope. A resource that ends in a slash gives two, as az sends them (recorded). */
export function scopeOf(resource: string): string {
  return `${resource}/.default`;
}

/** Gets a token by client credentials: secret, certificate or federated assertion. @throws what the token endpoint said */
export async function clientCredentialsToken(http: Http, credential: Credential, scope: string): Promise<Token> {
  const url = `${LOGIN}/${encodeURIComponent(credential.tenant)}/oauth2/v2.0/token`;
  const form = new URLSearchParams({
    client_id: credential.clientId,
    grant_type: 'client_credentials',
    client_info: '1',
    scope,
  });
  const assertion =
    credential.federatedToken ?? (credential.certificate ? certificateAssertion(credential, url) : undefined);
  if (assertion) {
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    form.set('client_assertion', assertion);
  } else form.set('client_secret', credential.clientSecret ?? '');
  const response = await http.request({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
    repeatable: true,
  });
  return readToken(response.status, response.body);
}

/** RFC 7523 assertion signed with the certificate's key; the PEM file holds both. `x5t` names the certificate. */
function certificateAssertion(credential: Credential, audience: string): string {
  const file = credential.certificate ?? '';
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (cause) {
    throw commandError(`Cannot read the certificate ${file}: ${(cause as Error).message}`, { cause });
  }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  try {
    const thumbprint = createHash('sha1').update(new X509Certificate(pem).raw).digest('base64url');
    const now = Math.trunc(Date.now() / 1000);
    const claims = {
      aud: audience,
      iss: credential.clientId,
      sub: credential.clientId,
      jti: randomUUID(),
      nbf: now,
      exp: now + 600,
    };
    const signed = `${encode({ alg: 'RS256', typ: 'JWT', x5t: thumbprint })}.${encode(claims)}`;
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(createPrivateKey(pem), 'base64url')}`;
  } catch (cause) {
    throw commandError(`${file} must hold a PEM certificate and its RSA private key: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * Gets a managed identity's token, by the first of the endpoints that are there (documented order): `IDENTITY_ENDPOINT` with
 * `IDENTITY_HEADER`; `MSI_ENDPOINT` with `MSI_SECRET`; `MSI_ENDPOINT` alone; the local server's metadata service.
 */
export async function managedIdentityToken(
  http: Http,
  env: Env,
  resource: string,
  selector: IdentitySelector,
): Promise<Token> {
  const select = (clientName: string): Record<string, string> => ({
    ...(selector.clientId ? { [clientName]: selector.clientId } : {}),
    ...(selector.objectId ? { object_id: selector.objectId } : {}),
    ...(selector.resourceId ? { mi_res_id: selector.resourceId } : {}),
  });
  const get = (endpoint: string, version: string, clientName: string, headers: Record<string, string>) => {
    const url = new URL(endpoint);
    for (const [key, value] of Object.entries({ resource, 'api-version': version, ...select(clientName) })) {
      url.searchParams.set(key, value);
    }
    return http.request({ url: url.href, headers: { metadata: 'true', ...headers }, toServer: isOurs(endpoint) });
  };
  const identity = env['IDENTITY_ENDPOINT'];
  const msi = env['MSI_ENDPOINT'];
  const header = env['IDENTITY_HEADER'];
  const secret = env['MSI_SECRET'];
  let response: Awaited<ReturnType<Http['request']>>;
  if (identity && header) response = await get(identity, '2019-08-01', 'client_id', { 'x-identity-header': header });
  else if (msi && secret) response = await get(msi, '2017-09-01', 'clientid', { secret });
  else if (msi) {
    response = await http.request({
      method: 'POST',
      url: msi,
      headers: { metadata: 'true', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ resource, ...select('client_id') }).toString(),
      toServer: isOurs(msi),
      repeatable: true,
    });
  } else {
    // In a user's own shell: the server file's token, which only that user can read, says who asks.
    const { url, token } = findServer(env);
    if (!token)
      throw commandError(
        "Failed to connect to MSI: no identity endpoint is known. Run this where 'millrace env' was evaluated.",
      );
    const headers = { 'x-identity-header': token, authorization: `Bearer ${token}` };
    response = await get(`${url.replace(/\/$/, '')}${OUR_IDENTITY_PATH}`, '2019-08-01', 'client_id', headers);
  }
  return readToken(response.status, response.body);
}

function readToken(status: number, body: Buffer): Token {
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw commandError(`The token endpoint answered ${status} without JSON: ${body.toString('utf8').slice(0, 500)}`, {
      status,
    });
  }
  const text = answer['access_token'];
  if (status >= 300 || typeof text !== 'string') {
    const error = answer['error'];
    const message = answer['error_description'] ?? answer['message'] ?? (typeof error === 'string' ? error : undefined);
    throw commandError(String(message ?? `The token endpoint answered ${status}.`), { status });
  }
  const claims = tokenClaims(text);
  const lifetime = Number(answer['expires_in']);
  const claimed = Number(claims['exp'] ?? answer['expires_on']);
  return {
    accessToken: text,
    expiresOn: claimed || Math.trunc(Date.now() / 1000) + (lifetime || 3600),
    tenant: String(claims['tid'] ?? ''),
    clientId: String(claims['appid'] ?? claims['azp'] ?? answer['client_id'] ?? ''),
  };
}

/** What a JWT says, unverified: the receiver verifies. Empty for anything else. */
export function tokenClaims(token: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
