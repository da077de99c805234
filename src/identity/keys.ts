import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '../kernel/clock.ts';
import type { Store, Vault } from '../store/index.ts';
import type { IdentityTables } from './tables.ts';

/**
 * Access tokens and assertions are signed with different keys, so that an OIDC assertion, whose issuer and audience a caller
 * chooses, can never pass for an access token.
 */
export type KeyPurpose = 'access' | 'assertion';

export type SigningKey = {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As the JWKS endpoint shows it. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
};

export type SigningKeys = Readonly<Record<KeyPurpose, SigningKey>>;

const makeKeyPair = promisify(generateKeyPair);

/** Opens the RS256 keys of the data directory; makes them at first start. Private keys rest sealed by the vault. */
export async function openSigningKeys(deps: {
  readonly store: Store<IdentityTables>;
  readonly vault: Vault;
  readonly clock: Clock;
}): Promise<SigningKeys> {
  const [access, assertion] = await Promise.all([openKey(deps, 'access'), openKey(deps, 'assertion')]);
  return { access, assertion };
}

async function openKey(deps: Parameters<typeof openSigningKeys>[0], purpose: KeyPurpose): Promise<SigningKey> {
  const find = () =>
    deps.store.read.selectFrom('identity_keys').selectAll().where('purpose', '=', purpose).executeTakeFirst();
  let row = await find();
  if (!row) {
    const pair = await makeKeyPair('rsa', { modulusLength: 2048 });
    const jwk = pair.publicKey.export({ format: 'jwk' });
    const kid = createHash('sha256')
      .update(JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }))
      .digest('base64url');
    const made = {
      purpose,
      kid,
      private_key_sealed: deps.vault.seal(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string),
      public_jwk: JSON.stringify({ ...jwk, kid, use: 'sig', alg: 'RS256', x5t: kid }),
      created_at: deps.clock.now().toISOString(),
    };
    await deps.store.write((writer) =>
      writer
        .insertInto('identity_keys')
        .values(made)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    row = (await find()) ?? made;
  }
  const privateKey = createPrivateKey(deps.vault.open(row.private_key_sealed));
  return {
    kid: row.kid,
    privateKey,
    publicKey: createPublicKey(privateKey),
    publicJwk: JSON.parse(row.public_jwk) as Record<string, unknown>,
  };
}
