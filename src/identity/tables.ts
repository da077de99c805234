import type { Migration } from '../store/index.ts';

/** The tables of the identity service, as queries see them. Times are ISO 8601 in UTC. */
export type IdentityTables = {
  identity_keys: { purpose: string; kid: string; private_key_sealed: string; public_jwk: string; created_at: string };
  identity_principals: {
    object_id: string;
    client_id: string;
    kind: string;
    display_name: string;
    secret_sealed: string | null;
    resource_id: string | null;
    created_at: string;
  };
  identity_federated_credentials: {
    client_id: string;
    issuer: string;
    subject: string;
    audience: string;
    created_at: string;
  };
  identity_certificates: { client_id: string; thumbprint: string; certificate: string; created_at: string };
};

export const identityMigrations: Migration[] = [
  {
    name: 'identity/0001-principals-and-keys',
    statements: [
      `CREATE TABLE identity_keys (purpose TEXT PRIMARY KEY, kid TEXT NOT NULL, private_key_sealed TEXT NOT NULL,
        public_jwk TEXT NOT NULL, created_at TEXT NOT NULL)`,
      `CREATE TABLE identity_principals (object_id TEXT PRIMARY KEY, client_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
        display_name TEXT NOT NULL, secret_sealed TEXT, resource_id TEXT, created_at TEXT NOT NULL)`,
      `CREATE TABLE identity_federated_credentials (client_id TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL,
        audience TEXT NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (client_id, issuer, subject, audience))`,
      `CREATE TABLE identity_certificates (client_id TEXT NOT NULL, thumbprint TEXT NOT NULL, certificate TEXT NOT NULL,
        created_at TEXT NOT NULL, PRIMARY KEY (client_id, thumbprint))`,
    ],
  },
];
