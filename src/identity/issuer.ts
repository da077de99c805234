import type { JWTPayload } from 'jose';
import { SignJWT } from 'jose/jwt/sign';
import type { TokenIssuer } from '../http/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { notFound } from '../kernel/errors.ts';
import { newGuid } from '../kernel/ids.ts';
import { makeAccessToken } from './access-token.ts';
import type { SigningKey, SigningKeys } from './keys.ts';
import type { Principals } from './principals.ts';

/** Issuer and audience of the tokens that Millrace's own parts show each other. */
export const OWN_ISSUER = 'https://millrace.invalid/tokens';

/** An agent keeps its token as long as it is registered. */
const AGENT_TOKEN_SECONDS = 10 * 365 * 24 * 3600;
/** An OIDC token is exchanged at once; Azure DevOps gives it ten minutes (documented). */
const OIDC_TOKEN_SECONDS = 600;

/** Makes the token issuer that the other slices are handed. */
export function createTokenIssuer(deps: {
  readonly keys: SigningKeys;
  readonly principals: Principals;
  readonly clock: Clock;
}): TokenIssuer {
  const { keys, principals, clock } = deps;
  const seconds = () => Math.floor(clock.now().getTime() / 1000);
  const own = (claims: JWTPayload, expires: number) =>
    sign(keys.access, { ...claims, iss: OWN_ISSUER, aud: OWN_ISSUER, iat: seconds(), exp: expires, jti: newGuid() });
  return {
    jobToken: ({ expires, ...claims }) => own({ kind: 'job', ...claims }, secondsOf(expires)),
    agentToken: (claims) => own({ kind: 'agent', ...claims }, seconds() + AGENT_TOKEN_SECONDS),
    mlRunToken: ({ expires, ...claims }) => own({ kind: 'ml-run', ...claims }, secondsOf(expires)),
    oidcToken: ({ subject, audience, issuer, extra }) =>
      sign(keys.assertion, {
        ...extra,
        sub: subject,
        aud: audience,
        iss: issuer,
        iat: seconds(),
        nbf: seconds(),
        exp: seconds() + OIDC_TOKEN_SECONDS,
        jti: newGuid(),
      }),
    async accessToken({ clientId, tenantId, resource }) {
      const principal = await principals.find(clientId);
      if (!principal)
        throw notFound(`There is no principal with the client id '${clientId}'. Create the service connection again.`);
      const made = await makeAccessToken(keys.access, clock, {
        principal,
        tenantId,
        audience: resource,
        proof: 'secret',
      });
      return made.token;
    },
  };
}

function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

function sign(key: SigningKey, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid }).sign(key.privateKey);
}
