import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { silentLog } from '../../kernel/log.ts';
import { workspaceResourceId } from '../places.ts';
import { OTHER, openTracking } from './test-service.ts';

const THERE = { base: `/mlflow/v2.0${workspaceResourceId(OTHER)}` };

/** A service with a vault that is easily read, and what most tests begin with. */
async function open(t: TestContext) {
  const opened = await openTracking(t, {
    vault: { seal: (text) => `sealed(${text.length})`, open: (text) => text },
    log: silentLog,
    outbound: () => Promise.reject(new Error('nothing is called')),
  });
  const { call } = opened;
  const secret = (fields: object = {}) =>
    call('POST', 'gateway/secrets/create', {
      secret_name: 'key',
      secret_value: { api_key: 'sk-abcdefghijkl' },
      ...fields,
    });
  const definition = (fields: object = {}) =>
    call('POST', 'gateway/model-definitions/create', { name: 'model', provider: 'p', model_name: 'm', ...fields });
  return { ...opened, secret, definition };
}

test('a secret is stored sealed and answered masked, whatever is asked or refused', async (t) => {
  const { call, secret, store } = await open(t);
  const made = await secret({ secret_value: { api_key: 'sk-abcdefghijkl', eight: '12345678', seven: '1234567' } });
  assert.equal(made.status, 200, made.message);
  const { secret_id, masked_values } = made.secret;
  assert.match(secret_id, /^s-[0-9a-f]{32}$/);
  assert.deepEqual(masked_values, { api_key: 'sk-...ijkl', eight: '123...5678', seven: '***' });
  const rows = await store.read.selectFrom('mltrack_gateway_secrets').selectAll().execute();
  assert.match(rows[0]?.value ?? '', /^sealed\(\d+\)$/);
  const answers = [
    rows,
    made,
    await call('GET', 'gateway/secrets/get', { secret_id }),
    await call('GET', 'gateway/secrets/list'),
    await call('POST', 'gateway/secrets/update', { secret_id, secret_value: { api_key: 'sk-abcdefghijkl' } }),
    await secret(),
    await secret({ secret_name: 'b', secret_value: { base_url: 'sk-abcdefghijkl' } }),
    await secret({ secret_name: 'b', secret_value: { api_key: ['sk-abcdefghijkl'] } }),
    await secret({ secret_name: 'b', secret_value: { api_key: `sk-abcdefghijkl${'x'.repeat(17_000)}` } }),
  ];
  assert.ok(!JSON.stringify(answers).includes('abcdefghijkl'));
  assert.deepEqual(
    answers.slice(5).map((one) => (one as { error_code: string }).error_code),
    ['RESOURCE_ALREADY_EXISTS', 'INVALID_PARAMETER_VALUE', 'INVALID_PARAMETER_VALUE', 'INVALID_PARAMETER_VALUE'],
  );
  assert.equal((await call('GET', 'gateway/secrets/get', { secret_id }, THERE)).status, 404);
  assert.equal((await call('POST', 'gateway/secrets/create', { secret_name: 'key' }, THERE)).error_code, undefined);
});

test('where a secret’s requests go is an https address in its configuration, and nothing else', async (t) => {
  const { secret, call } = await open(t);
  const wrong = [
    { api_base: 'http://host/v1' },
    { api_base: 'host' },
    { api_base: 'https://user:word@host/' },
    { fallbacks: '[]' },
    Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, ''])),
  ];
  for (const auth_config of wrong)
    assert.equal((await secret({ auth_config })).error_code, 'INVALID_PARAMETER_VALUE', JSON.stringify(auth_config));
  const made = await secret({ auth_config: { api_base: ' https://host/v1 ', auth_mode: 'key' }, created_by: 'eve' });
  assert.deepEqual(made.secret.auth_config, { auth_mode: 'key', api_base: 'https://host/v1' });
  const { secret_id } = made.secret;
  const update = async (fields: object) =>
    (await call('POST', 'gateway/secrets/update', { secret_id, ...fields })).secret;
  assert.deepEqual((await update({ auth_config: {} })).auth_config, made.secret.auth_config, 'nothing said');
  const cleared = await update({ auth_config: { api_base: ' ' }, updated_by: 'bob' });
  assert.deepEqual([cleared.auth_config, cleared.created_by, cleared.last_updated_by], [{}, 'eve', 'bob']);
});

test('a model definition has a name of its own and outlives its secret', async (t) => {
  const { call, secret, definition } = await open(t);
  const { secret_id } = (await secret()).secret;
  assert.equal((await definition({ secret_id: 's-none' })).error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal((await definition({ secret_id, provider: '' })).error_code, 'INVALID_PARAMETER_VALUE');
  assert.equal((await definition({ secret_id, provider: 'p'.repeat(65) })).error_code, 'INVALID_PARAMETER_VALUE');
  const made = (await definition({ secret_id })).model_definition;
  assert.deepEqual([made.secret_name, made.provider, made.model_name], ['key', 'p', 'm']);
  assert.equal((await definition({ secret_id })).error_code, 'RESOURCE_ALREADY_EXISTS');
  const other = (await definition({ secret_id, name: 'other', provider: 'q' })).model_definition;
  const update = (fields: object) =>
    call('POST', 'gateway/model-definitions/update', { model_definition_id: other.model_definition_id, ...fields });
  assert.equal((await update({ name: 'model' })).error_code, 'RESOURCE_ALREADY_EXISTS');
  assert.equal((await update({ name: 'other', model_name: 'n' })).model_definition.model_name, 'n');
  const names = async (fields: object) =>
    ((await call('GET', 'gateway/model-definitions/list', fields)).model_definitions as { name: string }[]).map(
      (one) => one.name,
    );
  assert.deepEqual((await names({})).toSorted(), ['model', 'other']);
  assert.deepEqual(await names({ provider: 'q' }), ['other']);
  assert.deepEqual(await names({ secret_id: 's-none' }), []);
  await call('DELETE', 'gateway/secrets/delete', { secret_id });
  const asked = { model_definition_id: made.model_definition_id };
  const orphan = (await call('GET', 'gateway/model-definitions/get', asked)).model_definition;
  assert.deepEqual([orphan.name, orphan.secret_id, orphan.secret_name], ['model', undefined, undefined]);
});

test('nothing is called through the gateway', async (t) => {
  const { service, base } = await open(t);
  for (const path of ['gateway/mlflow/v1/chat/completions', 'gateway/chat/mlflow/invocations']) {
    const headers = { authorization: 'Bearer x' };
    const answer = await service.inject({ method: 'POST', url: `${base}/${path}`, headers, payload: {} });
    assert.deepEqual([answer.statusCode, answer.json().error_code], [501, 'NOT_IMPLEMENTED']);
  }
});
