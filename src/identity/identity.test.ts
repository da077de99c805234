import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLocalJWKSet, decodeJwt, exportJWK, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose';
import type { OutboundRequest } from '../http/index.ts';
import { fakeClock } from '../kernel/clock.ts';
import { silentLog } from '../kernel/log.ts';
import { openStore, openVault, type Store, type Vault } from '../store/index.ts';
import { audienceOfScope } from './audience.ts';
import { createIdentity, DEFAULT_TENANT, type Identity, type IdentityTables, identityMigrations } from './index.ts';

const CLIENT = '11111111-2222-4333-8444-555555555555';
const TENANT = 'aaaaaaaa-0000-4000-8000-000000000009';
const SECRET = 'a-secret-value';
const AUDIENCE = 'api://AzureADTokenExchange';
const FOREIGN = 'https://issuer.example';
const foreignKey = generateKeyPairSync('rsa', { modulusLength: 2048 });

const clock = fakeClock();
let folder: string;
let store: Store<IdentityTables>;
let vault: Vault;
let identity: Identity;

const open = () =>
  createIdentity({
    store,
    vault,
    clock,
    log: silentLog,
    ownerToken: 'the-owner-token',
    identityHeader: 'the-identity-header',
    outbound: async ({ url }: OutboundRequest) => ({
      status: 200,
      headers: {},
      body: url.endsWith('openid-configuration')
        ? JSON.stringify({ jwks_uri: `${FOREIGN}/keys` })
        : JSON.stringify({ keys: [{ ...(await exportJWK(foreignKey.publicKey)), kid: 'foreign', alg: 'RS256' }] }),
    }),
  });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'identity-'));
  store = await openStore(':memory:', identityMigrations);
  vault = await openVault(join(folder, 'key'));
  identity = await open();
  await identity.principals.ensureServicePrincipal({ clientId: CLIENT, displayName: 'pipeline', secret: SECRET });
});
after(async () => {
  await identity.service.close();
  await store.close();
  await rm(folder, { recursive: true });
});

type Fields = Record<string, string>;

async function token(fields: Fields, path = `/${TENANT}/oauth2/v2.0/token`) {
  const answer = await identity.service.inject({
    method: 'POST',
    url: path,
    headers: { host: 'login.microsoftonline.com', 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  });
  return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
}

const bySecret = (scope: string, secret = SECRET): Fields => ({
  grant_type: 'client_credentials',
  client_id: CLIENT,
  client_secret: secret,
  client_info: '1',
  scope,
});

const byAssertion = (assertion: string): Fields => ({
  grant_type: 'client_credentials',
  client_id: CLIENT,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
  scope: 'https://management.azure.com/.default',
});

test('audiences are what the scope says, to the letter', () => {
  assert.equal(audienceOfScope('https://ml.azure.com/.default'), 'https://ml.azure.com');
  assert.equal(
    audienceOfScope('https://management.core.windows.net//.default'),
    'https://management.core.windows.net/',
  );
  assert.equal(
    audienceOfScope('499b84ac-1321-427f-aa17-267ca6975798/.default openid'),
    '499b84ac-1321-427f-aa17-267ca6975798',
  );
  assert.equal(audienceOfScope('https://graph.microsoft.com/User.Read'), 'https://graph.microsoft.com');
  assert.equal(audienceOfScope('openid profile'), undefined);
  assert.equal(audienceOfScope('https://a/.default https://b/.default'), undefined);
});

test('a secret gets a token that the published keys verify and that authenticates', async () => {
  const { status, body } = await token(bySecret('https://management.core.windows.net//.default'));
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body).sort(), [
    'access_token',
    'expires_in',
    'ext_expires_in',
    'refresh_in',
    'token_type',
  ]);
  const text = String(body['access_token']);
  const keys = (await identity.service.inject({ url: `/${TENANT}/discovery/v2.0/keys` })).json() as JSONWebKeySet;
  const { payload } = await jwtVerify(text, createLocalJWKSet(keys), { currentDate: clock.now() });
  assert.equal(payload.aud, 'https://management.core.windows.net/');
  assert.equal(payload.iss, `https://sts.windows.net/${TENANT}/`);
  assert.equal(payload['tid'], TENANT);
  const principal = await identity.authenticate({ scheme: 'bearer', token: text });
  assert.equal(principal?.kind, 'identity');
  assert.deepEqual(principal?.kind === 'identity' && [principal.clientId, principal.name, principal.audience], [
    CLIENT,
    'pipeline',
    'https://management.core.windows.net/',
  ]);
});

test('refusals have Entra’s shape, number and status', async () => {
  const cases: [Fields, number, string, number][] = [
    [bySecret('https://ml.azure.com/.default', 'wrong'), 401, 'invalid_client', 7000215],
    [{ ...bySecret('x/.default'), client_id: DEFAULT_TENANT }, 400, 'unauthorized_client', 700016],
    [{ grant_type: 'client_credentials', client_id: CLIENT, scope: 'x/.default' }, 401, 'invalid_client', 7000218],
    [bySecret('openid'), 400, 'invalid_scope', 70011],
    [{ grant_type: 'refresh_token', refresh_token: 'x' }, 400, 'invalid_grant', 700082],
    [{ grant_type: 'device_code' }, 400, 'unsupported_grant_type', 70003],
    [{}, 400, 'invalid_request', 900144],
  ];
  for (const [fields, status, error, number] of cases) {
    const answer = await token(fields);
    assert.deepEqual([answer.status, answer.body['error'], answer.body['error_codes']], [status, error, [number]]);
    assert.match(String(answer.body['error_description']), new RegExp(`^AADSTS${number}: `));
    assert.ok(!JSON.stringify(answer.body).includes(SECRET));
  }
});

test('the older endpoint takes a resource and writes its numbers as text', async () => {
  const { scope: _scope, ...form } = bySecret('');
  const { body } = await token({ ...form, resource: 'https://storage.azure.com/' }, '/common/oauth2/token');
  assert.deepEqual([body['expires_in'], body['resource']], ['3599', 'https://storage.azure.com/']);
  const claims = decodeJwt(String(body['access_token']));
  assert.deepEqual([claims.aud, claims['tid']], ['https://storage.azure.com/', DEFAULT_TENANT]);
});

test('an OIDC assertion signs in as the application that it is registered for, and only so', async () => {
  const subject = 'sc://millrace/default/connection';
  const make = (changed: { subject?: string; issuer?: string; audience?: string } = {}) =>
    identity.tokens.oidcToken({
      subject,
      issuer: 'https://vstoken.example/o',
      audience: AUDIENCE,
      extra: {},
      ...changed,
    });
  assert.deepEqual((await token(byAssertion(await make()))).body['error_codes'], [70021]);
  await identity.principals.registerFederatedCredential({
    clientId: CLIENT,
    issuer: 'https://vstoken.example/o',
    subject,
    audience: AUDIENCE,
  });
  assert.equal((await token(byAssertion(await make()))).status, 200);
  for (const changed of [{ subject: 'sc://other' }, { issuer: 'https://vstoken.example/p' }, { audience: 'api://x' }])
    assert.deepEqual((await token(byAssertion(await make(changed)))).body['error_codes'], [700213]);
  const old = await make();
  clock.advance(20 * 60_000);
  assert.deepEqual((await token(byAssertion(old))).body['error_codes'], [700024]);
});

test('an OIDC assertion is no access token, whatever issuer and claims its maker gave it', async () => {
  const forged = await identity.tokens.oidcToken({
    subject: 's',
    audience: 'https://millrace.invalid/tokens',
    issuer: 'https://millrace.invalid/tokens',
    extra: { kind: 'job', planId: 'p', jobId: 'j', projectId: 'x' },
  });
  assert.equal(await identity.authenticate({ scheme: 'bearer', token: forged }), undefined);
});

test('an assertion of a foreign issuer is verified with that issuer’s keys', async () => {
  await identity.principals.registerFederatedCredential({
    clientId: CLIENT,
    issuer: FOREIGN,
    subject: 'repo:x',
    audience: AUDIENCE,
  });
  const seconds = Math.floor(clock.now().getTime() / 1000);
  const make = (key: typeof foreignKey.privateKey) =>
    new SignJWT({ iss: FOREIGN, sub: 'repo:x', aud: AUDIENCE, exp: seconds + 60 })
      .setProtectedHeader({ alg: 'RS256', kid: 'foreign' })
      .sign(key);
  assert.equal((await token(byAssertion(await make(foreignKey.privateKey)))).status, 200);
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  assert.deepEqual((await token(byAssertion(await make(other)))).body['error_codes'], [700027]);
});

test('tokens of our own parts become their principals until they expire, also from the cache', async () => {
  const expires = new Date(clock.now().getTime() + 60_000);
  const job = { planId: 'p', jobId: 'j', projectId: 'x', runId: 7 };
  const text = await identity.tokens.jobToken({ ...job, expires });
  const check = () => identity.authenticate({ scheme: 'basic', token: text });
  assert.deepEqual(await check(), { kind: 'job', ...job });
  assert.deepEqual(await check(), { kind: 'job', ...job });
  clock.advance(60_001);
  assert.equal(await check(), undefined);
  const agent = await identity.tokens.agentToken({ poolId: 1, name: 'a' });
  assert.deepEqual(await identity.authenticate({ scheme: 'bearer', token: agent }), {
    kind: 'agent',
    poolId: 1,
    name: 'a',
  });
  assert.deepEqual(await identity.authenticate({ scheme: 'basic', token: 'the-owner-token' }), { kind: 'owner' });
  for (const bad of ['', 'x', `${agent.slice(0, -4)}AAAA`, 'a.b.c'])
    assert.equal(await identity.authenticate({ scheme: 'bearer', token: bad }), undefined);
});

test('the managed identity endpoint answers to its secret only, in each form that clients know', async () => {
  const url = '/_identity/msi/token?resource=https://ml.azure.com&api-version=2019-08-01';
  const get = (path: string, headers: Record<string, string>) => identity.service.inject({ url: path, headers });
  const good = await get(url, { 'x-identity-header': 'the-identity-header' });
  assert.equal(decodeJwt(good.json().access_token).aud, 'https://ml.azure.com');
  assert.equal(good.json().expires_on, String(Math.floor(clock.now().getTime() / 1000) + 86_399));
  assert.equal((await get(url, { secret: 'the-identity-header' })).statusCode, 200);
  assert.equal((await get(url, {})).statusCode, 401);
  assert.equal((await get(url, { 'x-identity-header': 'no' })).statusCode, 401);
  assert.equal((await get('/metadata/identity/oauth2/token?resource=x', { metadata: 'true' })).statusCode, 401);
  const imds = (secret: string) => `/_identity/imds/${secret}/metadata/identity/oauth2/token?resource=x`;
  assert.equal((await get(imds('the-identity-header'), { metadata: 'true' })).statusCode, 200);
  assert.equal((await get(imds('the-identity-header'), {})).statusCode, 400);
  assert.equal((await get(imds('other'), { metadata: 'true' })).statusCode, 401);
  const variables = identity.managedIdentityEnvironment('http://127.0.0.1:9/');
  const named = await get(`${url}&client_id=${variables['DEFAULT_IDENTITY_CLIENT_ID']}`, {
    secret: variables['MSI_SECRET'] ?? '',
  });
  assert.equal(named.statusCode, 200, 'the identity that the variables name is there');
  const unknown = await get(`${url}&client_id=${CLIENT}`, { 'x-identity-header': 'the-identity-header' });
  assert.equal(unknown.statusCode, 400);
});

test('keys and secrets survive a restart, and none lies in clear in the database', async () => {
  const agent = await identity.tokens.agentToken({ poolId: 3, name: 'b' });
  const again = await open();
  assert.equal((await again.authenticate({ scheme: 'bearer', token: agent }))?.kind, 'agent');
  const kept = await again.principals.ensureServicePrincipal({ clientId: CLIENT.toUpperCase(), displayName: 'x' });
  assert.equal(kept.secret, SECRET);
  await again.service.close();
  const rows = JSON.stringify([
    await store.read.selectFrom('identity_keys').selectAll().execute(),
    await store.read.selectFrom('identity_principals').selectAll().execute(),
  ]);
  assert.ok(!rows.includes(SECRET) && !rows.includes('PRIVATE KEY'));
});

test('the documents of discovery name what clients read', async () => {
  const configuration = (
    await identity.service.inject({ url: `/${TENANT}/v2.0/.well-known/openid-configuration` })
  ).json();
  assert.equal(configuration.token_endpoint, `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`);
  assert.equal(configuration.issuer, `https://login.microsoftonline.com/${TENANT}/v2.0`);
  for (const name of ['authorization_endpoint', 'device_authorization_endpoint', 'jwks_uri'])
    assert.ok(configuration[name].startsWith(`https://login.microsoftonline.com/${TENANT}/`));
  const instance = (
    await identity.service.inject({
      url: '/common/discovery/instance?api-version=1.1&authorization_endpoint=https://login.microsoftonline.com/t/oauth2/v2.0/authorize',
    })
  ).json();
  assert.match(instance.tenant_discovery_endpoint, /\/t\/v2\.0\/\.well-known\/openid-configuration$/);
  assert.ok(instance.metadata[0].aliases.includes('login.windows.net'));
});
