// The identity service: who may sign in, the tokens they get, and the check of every token.
import type { FastifyInstance } from 'fastify';
import { type Authenticate, createService, type Outbound, statusOf, type TokenIssuer } from '../http/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Store, Vault } from '../store/index.ts';
import { createAuthenticate } from './authenticate.ts';
import { addDiscovery } from './discovery.ts';
import { createTokenIssuer } from './issuer.ts';
import { openSigningKeys } from './keys.ts';
import { addManagedIdentity, managedIdentityEnvironment } from './managed-identity.ts';
import { openPrincipals, type Principals } from './principals.ts';
import type { IdentityTables } from './tables.ts';
import { addTokenEndpoints } from './token-endpoint.ts';

export { DEFAULT_TENANT } from './audience.ts';
export type { FederatedCredential, Principals, StoredPrincipal } from './principals.ts';
export { type IdentityTables, identityMigrations } from './tables.ts';

export type IdentityDeps = {
  readonly store: Store<IdentityTables>;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  /** The server's own token, which the data directory's owner holds. */
  readonly ownerToken: string;
  /** The secret that callers of the managed identity endpoint show. */
  readonly identityHeader: string;
  /** Fetches the keys of foreign issuers of federated credentials. */
  readonly outbound?: Outbound;
};

export type Identity = {
  /** Made when it is first read. */
  readonly service: FastifyInstance;
  readonly authenticate: Authenticate;
  readonly tokens: TokenIssuer;
  readonly principals: Principals;
  /** The variables that let a process get the managed identity's tokens. `serverUrl` is the server's loopback address. */
  managedIdentityEnvironment(serverUrl: string): Record<string, string>;
};

/** Client id of the managed identity that is meant when a request names none. */
export const DEFAULT_MANAGED_IDENTITY = '6d1c7a3e-0000-4000-8000-00000000000a';

const HOSTS = new Set(['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net']);

/** Whether the identity service is the one meant by a public host name. */
export const identityHosts = (host: string): boolean => HOSTS.has(host);

/** First path segments of the service on a loopback address. */
export const identityPrefixes = ['_identity', 'metadata'] as const;

/** Opens the identity service; makes its keys and its managed identity at first start. */
export async function createIdentity(deps: IdentityDeps): Promise<Identity> {
  const { clock } = deps;
  const keys = await openSigningKeys(deps);
  const principals = openPrincipals(deps);
  const defaultIdentity = await principals.ensureManagedIdentity({
    clientId: DEFAULT_MANAGED_IDENTITY,
    displayName: 'millrace',
  });
  const authenticate = createAuthenticate({ ownerToken: deps.ownerToken, accessKey: keys.access, clock });
  let service: FastifyInstance | undefined;
  const makeService = () => {
    const made = createService({
      name: 'identity',
      log: deps.log,
      authenticate,
      bodyLimit: 256 * 1024,
      unlisted: { paths: /\/oauth2\//i },
      toWire: (error) => ({
        status: statusOf(error),
        body: { error: 'invalid_request', error_description: error.message },
      }),
    });
    const assertions = {
      principals,
      assertionKey: keys.assertion,
      clock,
      ...(deps.outbound ? { outbound: deps.outbound } : {}),
    };
    for (const base of ['', '/_identity/login']) {
      addDiscovery(made, base, keys);
      addTokenEndpoints(made, base, { keys, principals, clock, assertions });
    }
    addManagedIdentity(made, { keys, principals, clock, identityHeader: deps.identityHeader, defaultIdentity });
    return made;
  };
  return {
    get service() {
      service ??= makeService();
      return service;
    },
    authenticate,
    tokens: createTokenIssuer({ keys, principals, clock }),
    principals,
    managedIdentityEnvironment: (serverUrl) =>
      managedIdentityEnvironment(serverUrl, deps.identityHeader, defaultIdentity.clientId),
  };
}
