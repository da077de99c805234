import type { JobEndpoint, VariableValue } from '../../contracts/agent.ts';
import { conflict } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Reader, Vault, Writer } from '../../store/index.ts';
import { openDocument, sealDocument } from '../runs/secrets.ts';
import type { DevopsTables } from '../tables.ts';

/** A service connection. Parameters that are not known to be public are secrets. */
export type Connection = {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly description: string;
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, VariableValue>>;
  readonly data: Readonly<Record<string, string>>;
  readonly createdOn: string;
};

/** Parameters of an endpoint's authorization that are no secrets (the agent's own list, and the ids of principals). */
const PUBLIC_PARAMETERS = new Set(
  [
    'role scope tenantid issuedAt expiresAt audience authenticationType authorizationType accessTokenType',
    'accessTokenFetchingMethod useWindowsSecurity unsecured OAuthAccessTokenIsSupplied completeCallbackPayload',
    'acceptUntrustedCerts serviceprincipalid username workloadIdentityFederationIssuer workloadIdentityFederationSubject',
    'workloadIdentityFederationIssuerType clientId',
  ]
    .join(' ')
    .toLowerCase()
    .split(' '),
);

/** Marks the secrets among an authorization's parameters. */
export function markSecrets(parameters: Readonly<Record<string, unknown>>): Record<string, VariableValue> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const text = value === null || value === undefined ? '' : String(value);
      const isSecret = !PUBLIC_PARAMETERS.has(name.toLowerCase()) && text !== '';
      return [name, isSecret ? { value: text, isSecret } : { value: text }];
    }),
  );
}

/** Finds a connection by id or, ignoring case, by name. */
export async function findConnection(
  reader: Reader<DevopsTables>,
  vault: Vault,
  projectId: string,
  idOrName: string,
): Promise<Connection | undefined> {
  const wanted = idOrName.toLowerCase();
  return (await listConnections(reader, vault, projectId)).find(
    (one) => one.id === wanted || one.name.toLowerCase() === wanted,
  );
}

export async function listConnections(
  reader: Reader<DevopsTables>,
  vault: Vault,
  projectId: string,
): Promise<Connection[]> {
  const rows = await reader
    .selectFrom('devops_endpoints')
    .select('document')
    .where('project_id', '=', projectId)
    .orderBy('name')
    .execute();
  return rows.map((row) => openDocument<Connection>(vault, row.document));
}

/**
 * Stores a new connection.
 * @throws conflict when the project has one of that name
 */
export async function addConnection(
  writer: Writer<DevopsTables>,
  vault: Vault,
  projectId: string,
  connection: Omit<Connection, 'id'> & { readonly id?: string },
): Promise<Connection> {
  if (await findConnection(writer, vault, projectId, connection.name))
    throw conflict(
      `A service connection named '${connection.name}' exists already. Choose another name, or update it.`,
    );
  const stored = { ...connection, id: (connection.id ?? newGuid()).toLowerCase() };
  await writer
    .insertInto('devops_endpoints')
    .values({
      id: stored.id,
      project_id: projectId,
      name: stored.name,
      document: sealDocument(vault, stored),
    })
    .execute();
  return stored;
}

/** Replaces a stored connection. */
export async function replaceConnection(
  writer: Writer<DevopsTables>,
  vault: Vault,
  connection: Connection,
): Promise<void> {
  await writer
    .updateTable('devops_endpoints')
    .set({ name: connection.name, document: sealDocument(vault, connection) })
    .where('id', '=', connection.id)
    .execute();
}

/** A connection as a job gets it, its secrets in clear. */
export function jobEndpoint(connection: Connection): JobEndpoint {
  return {
    id: connection.id,
    name: connection.name,
    type: connection.type,
    url: connection.url,
    authorization: {
      scheme: connection.scheme,
      parameters: Object.fromEntries(Object.entries(connection.parameters).map(([name, one]) => [name, one.value])),
    },
    data: connection.data,
  };
}
