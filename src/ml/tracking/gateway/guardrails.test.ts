import assert from 'node:assert/strict';
import test from 'node:test';
import { budgetWindow } from './budget-windows.ts';
import { codes, openWithModel, THERE } from './test-scene.ts';

test('a budget’s window lies end to end with the others from 1970, months by the calendar and weeks from Sunday', () => {
  const day = (unit: string, value: number, now: string) => {
    const { start, end } = budgetWindow(unit, value, Date.parse(now));
    return [start, end].map((time) => new Date(time).toISOString().slice(0, 16));
  };
  assert.deepEqual(day('MINUTES', 5, '2026-03-04T10:07:59Z'), ['2026-03-04T10:05', '2026-03-04T10:10']);
  assert.deepEqual(day('HOURS', 6, '2026-03-04T05:59:00Z'), ['2026-03-04T00:00', '2026-03-04T06:00']);
  assert.deepEqual(day('DAYS', 1, '2026-03-04T00:00:00Z'), ['2026-03-04T00:00', '2026-03-05T00:00']);
  // A Wednesday: weeks begin on Sundays, and seven days on Thursdays, as 1970 did.
  assert.deepEqual(day('WEEKS', 1, '2026-03-04T12:00:00Z'), ['2026-03-01T00:00', '2026-03-08T00:00']);
  assert.deepEqual(day('DAYS', 7, '2026-03-04T12:00:00Z'), ['2026-02-26T00:00', '2026-03-05T00:00']);
  assert.deepEqual(day('MONTHS', 1, '2026-12-31T23:59:00Z'), ['2026-12-01T00:00', '2027-01-01T00:00']);
  assert.deepEqual(day('MONTHS', 3, '2026-03-04T12:00:00Z'), ['2026-01-01T00:00', '2026-04-01T00:00']);
});

test('a budget is for the gateway, a workspace or an endpoint that is there, and another scope wants another target', async (t) => {
  const { call, endpoint } = await openWithModel(t);
  const { endpoint_id } = (await endpoint()).endpoint;
  const create = (fields: object = {}) =>
    call('POST', 'gateway/budgets/create', {
      budget_unit: 'USD',
      budget_amount: 2.5,
      duration: { unit: 'HOURS', value: 6 },
      target_scope: 'GLOBAL',
      budget_action: 'ALERT',
      ...fields,
    });
  const wrong = [
    { budget_unit: 'EUR' },
    { budget_amount: undefined },
    { budget_amount: -1 },
    { duration: { unit: 'HOURS', value: 0 } },
    { duration: { unit: 'HOURS', value: 1_000_001 } },
    { duration: { unit: 'YEARS', value: 1 } },
    { target_scope: 'ENDPOINT' },
    { target_scope: 'USER', target_value: 'eve' },
    { target_value: endpoint_id },
    { budget_action: 'BLOCK' },
  ];
  for (const fields of wrong)
    assert.equal((await create(fields)).error_code, 'INVALID_PARAMETER_VALUE', JSON.stringify(fields));
  assert.equal((await create({ target_scope: 'ENDPOINT', target_value: 'e-none' })).status, 404);
  const made = await create({ target_scope: 'ENDPOINT', target_value: endpoint_id, created_by: 'eve' });
  assert.equal(made.status, 200, made.message);
  const { budget_policy_id } = made.budget_policy;
  const update = (fields: object) => call('POST', 'gateway/budgets/update', { budget_policy_id, ...fields });
  assert.deepEqual(
    await codes([
      update({ target_value: '' }),
      update({ target_value: 'e-none' }),
      update({ target_scope: 'GLOBAL', target_value: endpoint_id }),
    ]),
    ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE'],
  );
  const kept = (await update({ target_scope: 'ENDPOINT', budget_amount: 0, updated_by: 'bob' })).budget_policy;
  assert.deepEqual([kept.target_value, kept.budget_amount, kept.last_updated_by], [endpoint_id, 0, 'bob']);
  const widened = (await update({ target_scope: 'WORKSPACE' })).budget_policy;
  assert.deepEqual([widened.target_scope, widened.target_value], ['WORKSPACE', undefined]);
  assert.equal((await update({ target_scope: 'ENDPOINT' })).error_code, 'INVALID_PARAMETER_VALUE');
  await create();
  const page = await call('GET', 'gateway/budgets/list', { max_results: '1' });
  const rest = await call('GET', 'gateway/budgets/list', { max_results: '1', page_token: page.next_page_token });
  assert.deepEqual([page.budget_policies.length, rest.budget_policies.length], [1, 1]);
  assert.equal(rest.next_page_token, undefined);
  const { windows } = await call('GET', 'gateway/budgets/windows');
  assert.equal(windows.length, 2);
  assert.deepEqual(
    windows.find((one: { budget_policy_id: string }) => one.budget_policy_id === budget_policy_id),
    {
      budget_policy_id,
      window_start_ms: 0,
      window_end_ms: 6 * 3_600_000,
      current_spend: 0,
    },
  );
  assert.equal((await call('DELETE', 'gateway/budgets/delete', { budget_policy_id }, THERE)).status, 404);
  await call('DELETE', 'gateway/budgets/delete', { budget_policy_id });
  assert.equal((await call('GET', 'gateway/budgets/get', { budget_policy_id })).status, 404);
});

test('a guardrail is made of a scorer that is no code, wherever the code is, and keeps it', async (t) => {
  const { call, endpoint } = await openWithModel(t);
  const register = async (name: string, content: string) =>
    (await call('POST', 'scorers/register', { experiment_id: '0', name, serialized_scorer: content })).scorer_id;
  const scorer_id = await register('judge', '{"instructions": "Be kind.", "call_source": null}');
  const create = (fields: object = {}) =>
    call('POST', 'gateway/guardrails/create', {
      name: 'g',
      scorer_id,
      scorer_version: 1,
      stage: 'BEFORE',
      action: 'VALIDATION',
      ...fields,
    });
  const deep = `${'['.repeat(100_000)}{"call_source": "x"}${']'.repeat(100_000)}`;
  for (const content of ['{"call_source": "return 1"}', `{"parts": [{"call_source": "x"}]}`, deep])
    assert.equal(
      (await create({ scorer_id: await register('code', content), scorer_version: 1 })).error_code ?? content,
      'INVALID_PARAMETER_VALUE',
    );
  assert.deepEqual(
    await codes([
      create({ scorer_id: 'none' }),
      create({ scorer_version: 2 }),
      create({ stage: 'MIDDLE' }),
      create({ action: 'LOG' }),
      create({ action_endpoint_id: 'e-none' }),
    ]),
    [
      'RESOURCE_DOES_NOT_EXIST',
      'RESOURCE_DOES_NOT_EXIST',
      'INVALID_PARAMETER_VALUE',
      'INVALID_PARAMETER_VALUE',
      'RESOURCE_DOES_NOT_EXIST',
    ],
  );
  const { endpoint_id } = (await endpoint()).endpoint;
  const made = await create({ action_endpoint_id: endpoint_id });
  assert.equal(made.status, 200, made.message);
  assert.deepEqual([made.guardrail.scorer.scorer_name, made.guardrail.action_endpoint_id], ['judge', 'chat']);
  const scorer = { experiment_id: '0', name: 'judge' };
  await register('judge', '{}');
  const kept = await call('DELETE', 'scorers/delete', scorer);
  assert.deepEqual([kept.status, kept.error_code], [400, 'INVALID_STATE']);
  assert.equal((await call('DELETE', 'scorers/delete', { ...scorer, version: 2 })).status, 200);
  const { guardrail_id } = made.guardrail;
  const asked = { endpoint_id, guardrail_id };
  const last = (await create({ name: 'last' })).guardrail.guardrail_id;
  await call('POST', 'gateway/guardrails/add-to-endpoint', { endpoint_id, guardrail_id: last });
  await call('POST', 'gateway/guardrails/add-to-endpoint', { ...asked, execution_order: 7 });
  assert.equal((await call('POST', 'gateway/guardrails/add-to-endpoint', asked)).error_code, 'RESOURCE_ALREADY_EXISTS');
  const order = async () =>
    (await call('GET', 'gateway/guardrails/list-for-endpoint', { endpoint_id })).configs.map(
      (one: { guardrail_id: string; execution_order?: number }) => [one.guardrail_id, one.execution_order],
    );
  assert.deepEqual(await order(), [
    [guardrail_id, 7],
    [last, undefined],
  ]);
  await call('PATCH', 'gateway/guardrails/update-config', { endpoint_id, guardrail_id: last, execution_order: -1 });
  assert.deepEqual((await order())[0], [last, -1]);
  await call('DELETE', 'gateway/guardrails/delete', { guardrail_id: last });
  assert.deepEqual(await order(), [[guardrail_id, 7]]);
  await call('DELETE', 'gateway/endpoints/delete', { endpoint_id });
  const left = (await call('GET', 'gateway/guardrails/list')).guardrails;
  assert.deepEqual(
    left.map((one: Record<string, string>) => [one.guardrail_id, one.action_endpoint_id]),
    [[guardrail_id, undefined]],
  );
  await endpoint();
  assert.equal((await call('DELETE', 'gateway/guardrails/remove-from-endpoint', asked)).status, 404);
  await call('DELETE', 'gateway/guardrails/delete', { guardrail_id });
  assert.equal((await call('DELETE', 'scorers/delete', scorer)).status, 200);
});
