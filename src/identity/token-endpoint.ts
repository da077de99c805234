import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../kernel/clock.ts';
import { type AccessToken, makeAccessToken, type Proof } from './access-token.ts';
import { audienceOfScope, tenantOf } from './audience.ts';
import { type AssertionDeps, checkClientAssertion, JWT_BEARER } from './client-assertion.ts';
import { EntraError, entraErrorBody } from './entra-error.ts';
import type { SigningKeys } from './keys.ts';
import type { Principals, StoredPrincipal } from './principals.ts';

export type TokenEndpointDeps = {
  readonly keys: SigningKeys;
  readonly principals: Principals;
  readonly clock: Clock;
  readonly assertions: AssertionDeps;
};

type Form = Readonly<Record<string, string | undefined>>;

/** Adds `/{tenant}/oauth2/v2.0/token` (scope) and `/{tenant}/oauth2/token` (resource) below `base`. */
export function addTokenEndpoints(service: FastifyInstance, base: string, deps: TokenEndpointDeps): void {
  for (const [path, version] of [
    [`${base}/:tenant/oauth2/v2.0/token`, 2],
    [`${base}/:tenant/oauth2/token`, 1],
  ] as const) {
    service.post(path, { config: { open: true } }, async (request, reply) => {
      reply.header('cache-control', 'no-store').header('pragma', 'no-cache');
      try {
        const { tenant } = request.params as { tenant: string };
        return await answer(deps, formOf(request), tenantOf(tenant), version);
      } catch (error) {
        if (!(error instanceof EntraError)) throw error;
        const { status, body } = entraErrorBody(error, deps.clock.now());
        return reply.code(status).send(body);
      }
    });
  }
  // Sign-in by a person needs a browser page of the public service, which this server has not.
  for (const path of ['oauth2/v2.0/devicecode', 'oauth2/devicecode'])
    service.post(`${base}/:tenant/${path}`, { config: { open: true } }, async (_request, reply) =>
      interactive(deps, reply),
    );
  for (const path of ['oauth2/v2.0/authorize', 'oauth2/authorize'])
    service.get(`${base}/:tenant/${path}`, { config: { open: true } }, async (_request, reply) =>
      interactive(deps, reply),
    );
}

function interactive(
  deps: TokenEndpointDeps,
  reply: { code(status: number): { send(body: unknown): unknown } },
): unknown {
  const error = new EntraError(
    65001,
    'Signing in as a person is not implemented. Use `az login --identity`, or `az login --service-principal` with a client id and secret.',
  );
  const { status, body } = entraErrorBody(error, deps.clock.now());
  return reply.code(status).send(body);
}

function formOf(request: FastifyRequest): Form {
  const form = request.body;
  if (typeof form !== 'object' || form === null || Buffer.isBuffer(form))
    throw new EntraError(900144, 'The request must carry a form (application/x-www-form-urlencoded) with grant_type.');
  const fields = { ...(form as Record<string, string>) };
  const basic = /^basic\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const [id, ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':');
    fields['client_id'] ??= decodeField(id ?? '');
    fields['client_secret'] ??= decodeField(rest.join(':'));
  }
  return fields;
}

function decodeField(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function required(form: Form, name: string): string {
  const value = form[name];
  if (value === undefined || value === '')
    throw new EntraError(900144, `The request's form must contain the field '${name}'.`);
  return value;
}

async function answer(
  deps: TokenEndpointDeps,
  form: Form,
  tenantId: string,
  version: 1 | 2,
): Promise<Record<string, unknown>> {
  const grant = required(form, 'grant_type');
  if (grant === 'refresh_token')
    throw new EntraError(700082, 'This refresh token was not issued here, or has expired. Log in again.');
  if (grant !== 'client_credentials')
    throw new EntraError(
      70003,
      `The grant type '${grant.slice(0, 100)}' is not supported. Use client_credentials: \`az login --service-principal\` or \`az login --identity\`.`,
    );
  const { principal, proof } = await signIn(deps, form, tenantId);
  const audience =
    version === 1
      ? (form['resource'] ?? (form['scope'] === undefined ? undefined : audienceOfScope(form['scope'])))
      : audienceOfScope(required(form, 'scope'));
  if (audience === undefined || audience === '')
    throw new EntraError(
      70011,
      `The ${version === 1 ? 'resource' : 'scope'} must name one resource, for example https://management.azure.com/.default; found '${(form['scope'] ?? '').slice(0, 200)}'.`,
    );
  const made = await makeAccessToken(deps.keys.access, deps.clock, { principal, tenantId, audience, proof });
  return version === 1 ? versionOneBody(made, audience) : versionTwoBody(made);
}

async function signIn(
  deps: TokenEndpointDeps,
  form: Form,
  tenantId: string,
): Promise<{ principal: StoredPrincipal; proof: Proof }> {
  const clientId = required(form, 'client_id').toLowerCase();
  const principal = await deps.principals.find(clientId);
  if (principal?.kind !== 'service-principal')
    throw new EntraError(
      700016,
      `There is no application with the identifier '${clientId.slice(0, 80)}' in the tenant '${tenantId}'. Check the client id, or create a service connection that uses it.`,
    );
  const assertion = form['client_assertion'];
  if (assertion !== undefined) {
    if (form['client_assertion_type'] !== JWT_BEARER)
      throw new EntraError(900144, `The field 'client_assertion_type' must be ${JWT_BEARER}.`);
    await checkClientAssertion(deps.assertions, clientId, assertion);
    return { principal, proof: 'assertion' };
  }
  const secret = form['client_secret'];
  if (secret === undefined || secret === '')
    throw new EntraError(7000218, "The form must contain 'client_secret' or 'client_assertion'.");
  if (!(await deps.principals.secretFits(clientId, secret)))
    throw new EntraError(
      7000215,
      `The client secret is not the one of the application '${clientId}'. Send the secret's value, not its id.`,
    );
  return { principal, proof: 'secret' };
}

function versionTwoBody(made: AccessToken): Record<string, unknown> {
  return {
    token_type: 'Bearer',
    expires_in: made.expiresIn,
    ext_expires_in: made.expiresIn,
    // Half of its life: clients that know the field renew early and in the background.
    refresh_in: Math.floor(made.expiresIn / 2),
    access_token: made.token,
  };
}

/** The older endpoint writes its numbers as text (documented). */
function versionOneBody(made: AccessToken, resource: string): Record<string, unknown> {
  return {
    token_type: 'Bearer',
    expires_in: String(made.expiresIn),
    ext_expires_in: String(made.expiresIn),
    expires_on: String(made.expiresOn),
    not_before: String(made.expiresOn - made.expiresIn),
    resource,
    access_token: made.token,
  };
}
