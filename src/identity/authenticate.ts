import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { jwtVerify } from 'jose/jwt/verify';
import type { Authenticate, Principal } from '../http/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { OWN_ISSUER } from './issuer.ts';
import type { SigningKey } from './keys.ts';
import { sameSecret } from './principals.ts';

/** Verified tokens kept ready: a signature check costs a hundred times a look-up. */
const CACHE_LIMIT = 2000;
/** Longer than any token that we make. */
const TOKEN_LENGTH_LIMIT = 16 * 1024;

/** Makes the one check of every token: the owner's token, and the JWTs of our own access key. */
export function createAuthenticate(deps: {
  readonly ownerToken: string;
  readonly accessKey: SigningKey;
  readonly clock: Clock;
}): Authenticate {
  const verified = new Map<string, { principal: Principal; expires: number }>();
  return async ({ token }) => {
    if (token.length > TOKEN_LENGTH_LIMIT) return undefined;
    if (sameSecret(token, deps.ownerToken)) return { kind: 'owner' };
    const now = deps.clock.now().getTime();
    const hash = createHash('sha256').update(token).digest('base64');
    const known = verified.get(hash);
    if (known) {
      verified.delete(hash);
      if (known.expires <= now) return undefined;
      verified.set(hash, known);
      return known.principal;
    }
    const claims = await verify(token, deps.accessKey, new Date(now));
    const principal = claims && principalOf(claims);
    if (!principal) return undefined;
    verified.set(hash, { principal, expires: (claims.exp ?? 0) * 1000 });
    if (verified.size > CACHE_LIMIT) verified.delete(verified.keys().next().value as string);
    return principal;
  };
}

async function verify(token: string, key: SigningKey, now: Date): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      algorithms: ['RS256'],
      currentDate: now,
      requiredClaims: ['iss', 'aud', 'exp'],
    });
    return payload;
  } catch {
    return undefined;
  }
}

function principalOf(claims: JWTPayload): Principal | undefined {
  const text = (name: string) => (typeof claims[name] === 'string' ? (claims[name] as string) : '');
  if (claims.iss !== OWN_ISSUER) {
    if (!/^https:\/\/sts\.windows\.net\/[^/]+\/$/.test(claims.iss ?? '')) return undefined;
    return {
      kind: 'identity',
      objectId: text('oid'),
      tenantId: text('tid'),
      ...(claims['appid'] === undefined ? {} : { clientId: text('appid') }),
      name: text('app_displayname') || text('name'),
      audience: text('aud'),
    };
  }
  switch (claims['kind']) {
    case 'job':
      return {
        kind: 'job',
        planId: text('planId'),
        jobId: text('jobId'),
        projectId: text('projectId'),
        runId: Number(claims['runId']),
      };
    case 'agent':
      return { kind: 'agent', poolId: Number(claims['poolId']), name: text('name') };
    case 'ml-run':
      return { kind: 'ml-run', workspaceId: text('workspaceId'), runId: text('runId') };
    default:
      return undefined;
  }
}
