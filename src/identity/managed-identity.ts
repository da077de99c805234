import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../kernel/clock.ts';
import { makeAccessToken } from './access-token.ts';
import { DEFAULT_TENANT } from './audience.ts';
import type { SigningKeys } from './keys.ts';
import { type Principals, type StoredPrincipal, sameSecret } from './principals.ts';

export type ManagedIdentityDeps = {
  readonly keys: SigningKeys;
  readonly principals: Principals;
  readonly clock: Clock;
  /** The secret that a caller shows; only processes that Millrace starts, and the owner, know it. */
  readonly identityHeader: string;
  /** The identity that is meant when none is named. */
  readonly defaultIdentity: StoredPrincipal;
};

/** Where the endpoint lies on the server's loopback address. */
const MANAGED_IDENTITY_PATH = '/_identity/msi/token';
const METADATA_PATH = '/metadata/identity/oauth2/token';

/**
 * Adds the managed identity endpoint in the forms that clients know (documented): App Service 2019-08-01 (`X-IDENTITY-HEADER`), App
 * Service 2017-09-01 and Azure ML (`secret`), and the instance metadata service (`Metadata: true`). That last protocol knows no
 * secret, so its address here holds one: `/_identity/imds/<secret>/metadata/identity/oauth2/token`.
 */
export function addManagedIdentity(service: FastifyInstance, deps: ManagedIdentityDeps): void {
  const open = { config: { open: true } };
  const fits = (value: unknown) => typeof value === 'string' && sameSecret(value, deps.identityHeader);
  const byHeader = async (request: FastifyRequest, reply: FastifyReply) => {
    if (!fits(request.headers['x-identity-header']) && !fits(request.headers['secret']))
      return refuse(reply, 401, 'The header X-IDENTITY-HEADER must hold the value of IDENTITY_HEADER.');
    return answer(deps, request, reply);
  };
  service.get(MANAGED_IDENTITY_PATH, open, byHeader);
  // Old clients in the manner of the Cloud Shell send a form.
  service.post(MANAGED_IDENTITY_PATH, open, byHeader);
  service.get(METADATA_PATH, open, byHeader);
  service.get(`/_identity/imds/:secret${METADATA_PATH}`, open, async (request, reply) => {
    if (String(request.headers['metadata']).toLowerCase() !== 'true')
      return refuse(reply, 400, "The header 'Metadata: true' is missing.");
    if (!fits((request.params as { secret: string }).secret))
      return refuse(reply, 401, 'The address of the metadata service does not hold the right secret.');
    return answer(deps, request, reply);
  });
}

/**
 * The variables by which every client library finds the endpoint. `serverUrl` is the server's loopback address; `clientId` names the identity for the
 * libraries that read datastores (azureml-fsspec, mltable): with an endpoint and no name they give up (client source).
 */
export function managedIdentityEnvironment(
  serverUrl: string,
  identityHeader: string,
  clientId: string,
): Record<string, string> {
  const endpoint = `${serverUrl.replace(/\/$/, '')}${MANAGED_IDENTITY_PATH}`;
  return {
    IDENTITY_ENDPOINT: endpoint,
    IDENTITY_HEADER: identityHeader,
    MSI_ENDPOINT: endpoint,
    MSI_SECRET: identityHeader,
    DEFAULT_IDENTITY_CLIENT_ID: clientId,
    AZURE_POD_IDENTITY_AUTHORITY_HOST: `${serverUrl.replace(/\/$/, '')}/_identity/imds/${identityHeader}`,
  };
}

async function answer(deps: ManagedIdentityDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const fields = {
    ...(request.query as Record<string, string | undefined>),
    ...(isForm(request.body) ? request.body : {}),
  };
  const resource = fields['resource'];
  if (resource === undefined || resource === '') return refuse(reply, 400, "The parameter 'resource' is missing.");
  const clientId = fields['client_id'] ?? fields['clientid'];
  const principal =
    clientId === undefined || clientId === '' ? deps.defaultIdentity : await deps.principals.find(clientId);
  if (principal?.kind !== 'managed-identity')
    return refuse(reply, 400, `There is no managed identity with the client id '${String(clientId).slice(0, 80)}'.`);
  const made = await makeAccessToken(deps.keys.access, deps.clock, {
    principal,
    tenantId: DEFAULT_TENANT,
    audience: resource,
    proof: 'assertion',
  });
  reply.header('cache-control', 'no-store');
  return {
    access_token: made.token,
    client_id: principal.clientId,
    expires_in: String(made.expiresIn),
    expires_on: String(made.expiresOn),
    ext_expires_in: String(made.expiresIn),
    not_before: String(made.expiresOn - made.expiresIn),
    resource,
    token_type: 'Bearer',
  };
}

function isForm(body: unknown): body is Record<string, string> {
  return typeof body === 'object' && body !== null && !Buffer.isBuffer(body);
}

/** Old clients read `error_description` at the top, App Service ones `message` and `statusCode`. */
function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  const error = status === 401 ? 'unauthorized_client' : 'invalid_request';
  return reply.code(status).send({ error, error_description: message, statusCode: status, message });
}
