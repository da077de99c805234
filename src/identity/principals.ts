import { timingSafeEqual, X509Certificate } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { conflict, invalid } from '../kernel/errors.ts';
import { newGuid, newSecret } from '../kernel/ids.ts';
import type { Store, Vault } from '../store/index.ts';
import type { IdentityTables } from './tables.ts';

/** Someone or something that tokens are made for. */
export type StoredPrincipal = {
  readonly objectId: string;
  readonly clientId: string;
  readonly kind: 'service-principal' | 'managed-identity';
  readonly displayName: string;
  /** ARM id of a managed identity, shown in its tokens. */
  readonly resourceId: string | undefined;
};

export type FederatedCredential = {
  readonly clientId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
};

/** What may sign in here, and with what. */
export type Principals = {
  find(clientId: string): Promise<StoredPrincipal | undefined>;
  /**
   * The service principal with this client id, made if it isn't there. Its secret is made with it and stays the same.
   * @param secret gives it this secret instead (one that a service connection holds already)
   */
  ensureServicePrincipal(wanted: {
    clientId: string;
    displayName: string;
    secret?: string;
  }): Promise<{ clientId: string; objectId: string; secret: string }>;
  /** The managed identity with this client id, made if it isn't there. */
  ensureManagedIdentity(wanted: {
    clientId: string;
    displayName: string;
    resourceId?: string;
  }): Promise<StoredPrincipal>;
  /** Lets assertions of this issuer, subject and audience sign in as the client. Registering twice changes nothing. */
  registerFederatedCredential(credential: FederatedCredential): Promise<void>;
  /** Lets assertions signed with this certificate's key (PEM) sign in as the client. */
  registerCertificate(wanted: { clientId: string; certificate: string }): Promise<void>;
  secretFits(clientId: string, secret: string): Promise<boolean>;
  federatedCredentials(clientId: string): Promise<readonly FederatedCredential[]>;
  certificates(clientId: string): Promise<readonly X509Certificate[]>;
};

/** Opens the principals of the data directory. Client ids compare without case. */
export function openPrincipals(deps: {
  readonly store: Store<IdentityTables>;
  readonly vault: Vault;
  readonly clock: Clock;
}): Principals {
  const { store, vault, clock } = deps;
  const rowOf = (clientId: string) =>
    store.read
      .selectFrom('identity_principals')
      .selectAll()
      .where('client_id', '=', clientId.toLowerCase())
      .executeTakeFirst();
  const now = () => clock.now().toISOString();

  const insert = async (row: Omit<IdentityTables['identity_principals'], 'created_at' | 'object_id'>) => {
    if (!/^[0-9a-z-]{1,64}$/.test(row.client_id))
      throw invalid(`'${row.client_id.slice(0, 80)}' is not a client id. Use a GUID.`, { target: 'clientId' });
    await store.write((writer) =>
      writer
        .insertInto('identity_principals')
        .values({ ...row, object_id: newGuid(), created_at: now() })
        .onConflict((on) => on.column('client_id').doNothing())
        .execute(),
    );
    const made = await rowOf(row.client_id);
    if (!made || made.kind !== row.kind)
      throw conflict(`The client id '${row.client_id}' belongs to a ${made?.kind ?? 'removed principal'} already.`);
    return made;
  };

  return {
    async find(clientId) {
      const row = await rowOf(clientId);
      return row && principalOf(row);
    },
    async ensureServicePrincipal({ clientId, displayName, secret }) {
      const id = clientId.toLowerCase();
      const row =
        (await rowOf(id)) ??
        (await insert({
          client_id: id,
          kind: 'service-principal',
          display_name: displayName,
          secret_sealed: vault.seal(secret ?? newSecret()),
          resource_id: null,
        }));
      if (row.kind !== 'service-principal' || row.secret_sealed === null)
        throw conflict(`The client id '${clientId}' belongs to a ${row.kind}, which has no secret.`);
      const current = vault.open(row.secret_sealed);
      if (secret !== undefined && secret !== current) {
        await store.write((writer) =>
          writer
            .updateTable('identity_principals')
            .set({ secret_sealed: vault.seal(secret) })
            .where('object_id', '=', row.object_id)
            .execute(),
        );
      }
      return { clientId: id, objectId: row.object_id, secret: secret ?? current };
    },
    async ensureManagedIdentity({ clientId, displayName, resourceId }) {
      const id = clientId.toLowerCase();
      const row =
        (await rowOf(id)) ??
        (await insert({
          client_id: id,
          kind: 'managed-identity',
          display_name: displayName,
          secret_sealed: null,
          resource_id: resourceId ?? null,
        }));
      return principalOf(row);
    },
    async registerFederatedCredential(credential) {
      await store.write((writer) =>
        writer
          .insertInto('identity_federated_credentials')
          .values({
            client_id: credential.clientId.toLowerCase(),
            issuer: credential.issuer,
            subject: credential.subject,
            audience: credential.audience,
            created_at: now(),
          })
          .onConflict((on) => on.doNothing())
          .execute(),
      );
    },
    async registerCertificate({ clientId, certificate }) {
      const parsed = parseCertificate(certificate);
      await store.write((writer) =>
        writer
          .insertInto('identity_certificates')
          .values({
            client_id: clientId.toLowerCase(),
            thumbprint: parsed.fingerprint256,
            certificate: parsed.toString(),
            created_at: now(),
          })
          .onConflict((on) => on.doNothing())
          .execute(),
      );
    },
    async secretFits(clientId, secret) {
      const row = await rowOf(clientId);
      return row?.secret_sealed != null && sameSecret(vault.open(row.secret_sealed), secret);
    },
    async federatedCredentials(clientId) {
      const rows = await store.read
        .selectFrom('identity_federated_credentials')
        .selectAll()
        .where('client_id', '=', clientId.toLowerCase())
        .execute();
      return rows.map((row) => ({
        clientId: row.client_id,
        issuer: row.issuer,
        subject: row.subject,
        audience: row.audience,
      }));
    },
    async certificates(clientId) {
      const rows = await store.read
        .selectFrom('identity_certificates')
        .select('certificate')
        .where('client_id', '=', clientId.toLowerCase())
        .execute();
      return rows.map((row) => new X509Certificate(row.certificate));
    },
  };
}

function principalOf(row: IdentityTables['identity_principals']): StoredPrincipal {
  return {
    objectId: row.object_id,
    clientId: row.client_id,
    kind: row.kind === 'managed-identity' ? 'managed-identity' : 'service-principal',
    displayName: row.display_name,
    resourceId: row.resource_id ?? undefined,
  };
}

function parseCertificate(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw invalid('This is not an X.509 certificate in PEM form.', { cause, target: 'certificate' });
  }
}

/** Compares two secrets in a time that does not depend on where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  // The length is no secret: each kind of ours has one.
  return left.length === right.length && timingSafeEqual(left, right);
}
