import type { FastifyInstance } from 'fastify';
import { DEFAULT_TENANT } from './audience.ts';
import type { SigningKeys } from './keys.ts';

const LOGIN = 'https://login.microsoftonline.com';

/** Adds the documents by which clients find their way: OpenID configuration, signing keys, instance discovery. */
export function addDiscovery(service: FastifyInstance, base: string, keys: SigningKeys): void {
  const open = { config: { open: true } };
  service.get(`${base}/:tenant/v2.0/.well-known/openid-configuration`, open, async (request) =>
    openIdConfiguration((request.params as { tenant: string }).tenant, 2),
  );
  service.get(`${base}/:tenant/.well-known/openid-configuration`, open, async (request) =>
    openIdConfiguration((request.params as { tenant: string }).tenant, 1),
  );
  const keySet = { keys: [keys.access.publicJwk, keys.assertion.publicJwk] };
  service.get(`${base}/:tenant/discovery/v2.0/keys`, open, async () => keySet);
  service.get(`${base}/:tenant/discovery/keys`, open, async () => keySet);
  service.get(`${base}/:tenant/discovery/instance`, open, async (request) =>
    instanceDiscovery((request.query as { authorization_endpoint?: string }).authorization_endpoint),
  );
}

/** What clients read of it: the endpoints and the issuer (recorded). For the tenants `common` and `organizations` the issuer is a pattern. */
function openIdConfiguration(tenant: string, version: 1 | 2): Record<string, unknown> {
  const isPattern = /^(common|organizations)$/i.test(tenant);
  const named = isPattern ? '{tenantid}' : /^[0-9a-f-]{36}$/i.test(tenant) ? tenant.toLowerCase() : DEFAULT_TENANT;
  const path = encodeURIComponent(tenant);
  const oauth = version === 2 ? `${LOGIN}/${path}/oauth2/v2.0` : `${LOGIN}/${path}/oauth2`;
  return {
    token_endpoint: `${oauth}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: version === 2 ? `${LOGIN}/${path}/discovery/v2.0/keys` : `${LOGIN}/${path}/discovery/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: version === 2 ? `${LOGIN}/${named}/v2.0` : `https://sts.windows.net/${named}/`,
    request_uri_parameter_supported: false,
    authorization_endpoint: `${oauth}/authorize`,
    device_authorization_endpoint: `${oauth}/devicecode`,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: `${oauth}/logout`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'tid', 'oid', 'ver'],
    tenant_region_scope: null,
    cloud_instance_name: 'microsoftonline.com',
    cloud_graph_host_name: 'graph.windows.net',
    msgraph_host: 'graph.microsoft.com',
    rbac_url: 'https://pas.windows.net',
  };
}

function instanceDiscovery(authorizationEndpoint: string | undefined): Record<string, unknown> {
  let tenant = 'common';
  if (authorizationEndpoint !== undefined && URL.canParse(authorizationEndpoint))
    tenant = new URL(authorizationEndpoint).pathname.split('/')[1] || 'common';
  return {
    tenant_discovery_endpoint: `${LOGIN}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [
      {
        preferred_network: 'login.microsoftonline.com',
        preferred_cache: 'login.windows.net',
        aliases: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
      },
    ],
  };
}
