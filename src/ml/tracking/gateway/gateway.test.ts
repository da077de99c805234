import assert from 'node:assert/strict';
import test from 'node:test';
import { codes, openGateway, openWithModel, THERE } from './test-scene.ts';

test('a secret is stored sealed and answered masked, whatever is asked or refused', async (t) => {
  const { call, secret, store } = await openGateway(t);
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
  const { secret, call } = await openGateway(t);
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
  const { call, secret, definition } = await openGateway(t);
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

test('an endpoint has models that are there, each once in a linkage, and a name of its own', async (t) => {
  const { call, config, endpoint, first, model } = await openWithModel(t);
  const wrong = [
    { name: 'a b' },
    { name: '' },
    { model_configs: [] },
    { model_configs: [{ model_definition_id: first }] },
    { model_configs: [{ ...config, weight: -1 }] },
    { model_configs: [{ ...config, fallback_order: -1 }] },
    { routing_strategy: 'RANDOM' },
    { fallback_config: { strategy: 'RANDOM' } },
    { model_configs: Array.from({ length: 101 }, () => config) },
  ];
  for (const fields of wrong)
    assert.equal((await endpoint(fields)).error_code, 'INVALID_PARAMETER_VALUE', JSON.stringify(fields));
  assert.deepEqual(
    await codes([
      endpoint({ model_configs: [{ ...config, model_definition_id: 'd-none' }] }),
      endpoint({ experiment_id: 'none' }),
      endpoint({ model_configs: [config, config] }),
    ]),
    ['RESOURCE_DOES_NOT_EXIST', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_ALREADY_EXISTS'],
  );
  assert.deepEqual((await call('GET', 'gateway/endpoints/list')).endpoints, [], 'what is refused leaves nothing');
  const made = await endpoint({ model_configs: [config, { ...config, linkage_type: 'FALLBACK' }] });
  assert.equal(made.status, 200, made.message);
  const { endpoint_id } = made.endpoint;
  assert.deepEqual([made.endpoint.fallback_config, made.endpoint.routing_strategy], [{}, undefined]);
  assert.equal((await endpoint()).error_code, 'RESOURCE_ALREADY_EXISTS');
  const second = await model({ name: 'second', provider: 'q' });
  const attach = (fields: object) =>
    call('POST', 'gateway/endpoints/models/attach', { endpoint_id, model_config: fields });
  assert.equal((await attach({ ...config, model_definition_id: second })).mapping.model_definition.name, 'second');
  assert.equal((await attach(config)).error_code, 'RESOURCE_ALREADY_EXISTS');
  const detach = { endpoint_id, model_definition_id: first };
  await call('POST', 'gateway/endpoints/models/detach', detach);
  const left = (await call('GET', 'gateway/endpoints/get', { name: 'chat' })).endpoint.model_mappings;
  assert.deepEqual(
    left.map((one: Record<string, string>) => [one.model_definition_id, one.linkage_type]),
    [
      [first, 'FALLBACK'],
      [second, 'PRIMARY'],
    ],
  );
  const definition = { model_definition_id: first };
  const used = await call('DELETE', 'gateway/model-definitions/delete', definition);
  assert.deepEqual([used.status, used.error_code], [400, 'INVALID_STATE']);
  await call('POST', 'gateway/endpoints/models/detach', detach);
  assert.equal((await call('POST', 'gateway/endpoints/models/detach', detach)).status, 404);
  assert.equal((await call('DELETE', 'gateway/model-definitions/delete', definition)).status, 200);
});

test('an endpoint keeps its uses in an experiment, unless it is told not to', async (t) => {
  const { call, endpoint } = await openWithModel(t);
  const own = (await endpoint()).endpoint;
  const { experiment } = await call('GET', 'experiments/get', { experiment_id: own.experiment_id });
  assert.equal(experiment.name, 'gateway/chat');
  assert.deepEqual(
    experiment.tags.find((tag: { key: string }) => tag.key.endsWith('sourceId')),
    { key: 'mlflow.experiment.sourceId', value: own.endpoint_id },
  );
  const quiet = (await endpoint({ name: 'quiet', usage_tracking: false })).endpoint;
  assert.deepEqual([quiet.usage_tracking, quiet.experiment_id], [false, undefined]);
  const update = async (fields: object) =>
    (await call('POST', 'gateway/endpoints/update', { endpoint_id: quiet.endpoint_id, ...fields })).endpoint;
  assert.equal((await update({ experiment_id: '0' })).experiment_id, '0');
  assert.equal((await update({ usage_tracking: true })).experiment_id, '0');
  await call('DELETE', 'gateway/endpoints/delete', { endpoint_id: own.endpoint_id });
  assert.equal((await endpoint()).endpoint.experiment_id, own.experiment_id, 'of the same name, the same experiment');
});

test('an update changes what it names: models as a whole, and a name that is free', async (t) => {
  const { call, config, endpoint, model } = await openWithModel(t);
  await endpoint({ name: 'other' });
  const fallback_config = { strategy: 'SEQUENTIAL', max_attempts: 2 };
  const { endpoint_id } = (await endpoint({ fallback_config, created_by: 'eve' })).endpoint;
  const update = (fields: object) => call('POST', 'gateway/endpoints/update', { endpoint_id, ...fields });
  assert.equal((await update({ name: 'other' })).error_code, 'RESOURCE_ALREADY_EXISTS');
  const renamed = (await update({ name: 'chat-2', updated_by: 'bob', model_configs: [] })).endpoint;
  assert.deepEqual(
    [renamed.name, renamed.created_by, renamed.last_updated_by, renamed.fallback_config, renamed.model_mappings.length],
    ['chat-2', 'eve', 'bob', fallback_config, 1],
  );
  const second = await model({ name: 'second', provider: 'q' });
  const changed = (await update({ model_configs: [{ ...config, model_definition_id: second, weight: 0.25 }] }))
    .endpoint;
  assert.deepEqual(
    [changed.fallback_config, changed.model_mappings[0].weight, changed.model_mappings.length],
    [{}, 0.25, 1],
  );
  const names = async (fields: object) =>
    ((await call('GET', 'gateway/endpoints/list', fields)).endpoints as { name: string }[]).map((one) => one.name);
  assert.deepEqual(await names({ provider: 'q' }), ['chat-2']);
  assert.deepEqual(await names({ provider: 'p' }), ['other']);
  assert.deepEqual(await names({ secret_id: 's-none' }), []);
  assert.equal((await update({ model_configs: [{ ...config, model_definition_id: 'd-none' }] })).status, 404);
  assert.deepEqual(await names({ provider: 'q' }), ['chat-2'], 'what is refused changes nothing');
});

test('tags and bindings go with their endpoint', async (t) => {
  const { call, endpoint } = await openWithModel(t);
  const { endpoint_id } = (await endpoint()).endpoint;
  const tag = (key: string, value: string) => call('POST', 'gateway/endpoints/set-tag', { endpoint_id, key, value });
  await tag('team', 'a');
  await tag('team', 'b');
  assert.equal((await tag('long', 'x'.repeat(5001))).error_code, 'INVALID_PARAMETER_VALUE');
  await call('DELETE', 'gateway/endpoints/delete-tag', { endpoint_id, key: 'never' });
  const { tags } = (await call('GET', 'gateway/endpoints/get', { endpoint_id })).endpoint;
  assert.deepEqual(tags, [{ key: 'team', value: 'b' }]);
  const bind = (fields: object = {}) =>
    call('POST', 'gateway/endpoints/bindings/create', {
      endpoint_id,
      resource_type: 'scorer',
      resource_id: 'r',
      ...fields,
    });
  assert.equal((await bind({ created_by: 'eve' })).binding.created_by, 'eve');
  assert.deepEqual(await codes([bind(), bind({ resource_type: 'job' }), bind({ endpoint_id: 'e-none' })]), [
    'RESOURCE_ALREADY_EXISTS',
    'INVALID_PARAMETER_VALUE',
    'RESOURCE_DOES_NOT_EXIST',
  ]);
  const list = async (fields: object = {}) =>
    (await call('GET', 'gateway/endpoints/bindings/list', fields)).bindings.length;
  assert.deepEqual([await list(), await list({ endpoint_id }), await list({ resource_id: 's' })], [1, 1, 0]);
  const there = await call('GET', 'gateway/endpoints/bindings/list', {}, THERE);
  assert.deepEqual(there.bindings, []);
  assert.equal((await call('DELETE', 'gateway/endpoints/delete', { endpoint_id }, THERE)).status, 404);
  await call('DELETE', 'gateway/endpoints/delete', { endpoint_id });
  assert.equal(await list(), 0);
});

test('nothing is called through the gateway, which says so to who sends no token', async (t) => {
  const { service, base } = await openGateway(t);
  for (const path of ['gateway/mlflow/v1/chat/completions', 'gateway/chat/mlflow/invocations']) {
    const answer = await service.inject({ method: 'POST', url: `${base}/${path}`, payload: {} });
    assert.deepEqual([answer.statusCode, answer.json().error_code], [501, 'NOT_IMPLEMENTED']);
  }
});
