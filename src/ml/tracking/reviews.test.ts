import assert from 'node:assert/strict';
import test from 'node:test';
import { workspaceResourceId } from '../places.ts';
import { OTHER, openTracking } from './test-service.ts';

test('issues are found by status and experiment, the most severe first', async (t) => {
  const { call } = await openTracking(t);
  const create = async (fields: object) => {
    const answer = await call('POST', 'issues', { experiment_id: '0', description: 'd', ...fields });
    assert.equal(answer.status, 200, answer.message);
    return answer.issue;
  };
  await create({ name: 'none' });
  const low = await create({ name: 'low', severity: 'low', root_causes: ['a'] });
  await create({ name: 'high', severity: 'high', source_run_id: 'r' });
  const search = async (fields: object) =>
    (await call('POST', 'issues/search', fields)).issues.map((one: { name: string }) => one.name);
  assert.deepEqual(await search({ experiment_id: '0' }), ['high', 'low', 'none']);
  assert.deepEqual(await search({ experiment_id: 'other' }), []);
  const changed = await call('PATCH', `issues/${low.issue_id}`, { status: 'resolved' });
  assert.deepEqual(
    [changed.issue.status, changed.issue.severity, changed.issue.root_causes],
    ['resolved', 'low', ['a']],
  );
  assert.deepEqual(await search({ filter_string: "status != 'resolved' AND source_run_id = 'r'" }), ['high']);
  assert.equal((await call('PATCH', `issues/${low.issue_id}`, { status: 'done' })).status, 400);
  assert.equal((await call('POST', 'issues/search', { filter_string: "name = 'x'" })).status, 400);
  const there = { base: `/mlflow/v2.0${workspaceResourceId(OTHER)}` };
  assert.equal((await call('GET', `issues/${low.issue_id}`, {}, there)).status, 404);
});

test('a label schema is one of four kinds of answers, with a name of its own in its experiment', async (t) => {
  const { call } = await openTracking(t);
  const create = (input: unknown, name = 'n', type = 'FEEDBACK') =>
    call('POST', 'label-schemas/create', { experiment_id: '0', name, type, input });
  const wrong = [
    {},
    { text: {}, numeric: {} },
    { pass_fail: { positive_label: 'a', negative_label: 'a' } },
    { pass_fail: { positive_label: 'a' } },
    { categorical: { options: [] } },
    { categorical: { options: ['a', 'a'] } },
    { numeric: { min_value: 1, max_value: 1 } },
    { numeric: { min_value: 'x' } },
    { text: { max_length: 0 } },
  ];
  for (const input of wrong) assert.equal((await create(input)).status, 400, JSON.stringify(input));
  assert.equal((await create({ text: {} }, 'feedback')).status, 400, 'the name of the default question');
  assert.equal((await create({ text: {} }, 'n', 'OTHER')).status, 400);
  const made = await create({ categorical: { options: ['a', 'b'] }, more: 1 });
  assert.deepEqual(made.label_schema.input, { categorical: { options: ['a', 'b'], multi_select: false } });
  assert.equal((await create({ text: {} })).error_code, 'RESOURCE_ALREADY_EXISTS');
  for (let n = 0; n < 2; n++) {
    const { label_schemas: found } = await call('GET', 'label-schemas/list', { experiment_id: '0' });
    assert.deepEqual(found.map((one: { name: string }) => one.name).toSorted(), ['Feedback', 'n'], 'one default alone');
  }
  const own = await call('GET', 'label-schemas/get-by-name', { experiment_id: '0', name: 'Feedback' });
  const { schema_id: fixed } = own.label_schema;
  assert.equal((await call('PATCH', 'label-schemas/update', { schema_id: fixed, instruction: 'x' })).status, 400);
  assert.equal((await call('DELETE', 'label-schemas/delete', { schema_id: fixed })).status, 400);
  const { schema_id } = made.label_schema;
  const changed = await call('PATCH', 'label-schemas/update', { schema_id, name: 'm', enable_comment: true });
  assert.deepEqual([changed.label_schema.name, changed.label_schema.enable_comment], ['m', true]);
  await call('DELETE', 'label-schemas/delete', { schema_id });
  assert.equal((await call('GET', 'label-schemas/get', { schema_id })).error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal((await call('DELETE', 'label-schemas/delete', { schema_id })).status, 200);
});

test('a queue has reviewers, questions that stay while there are items, and items that somebody completes', async (t) => {
  const { call } = await openTracking(t);
  const create = (fields: object) =>
    call('POST', 'review-queues/create', { experiment_id: '0', queue_type: 'CUSTOM', name: 'Q', ...fields });
  for (const fields of [
    { name: 'Default' },
    { queue_type: 'OTHER' },
    { schema_ids: ['ls-none'] },
    { users: Array.from({ length: 11 }, (_, n) => `u${n}`) },
    { queue_type: 'USER', name: 'ann', users: ['bob'] },
  ])
    assert.equal((await create(fields)).error_code, 'INVALID_PARAMETER_VALUE', JSON.stringify(fields));
  const made = await create({ users: ['Bob', 'bob ', 'ann'] });
  assert.deepEqual(made.review_queue.users, ['ann', 'bob']);
  assert.equal((await create({ name: 'q' })).error_code, 'RESOURCE_ALREADY_EXISTS');
  const { queue_id } = made.review_queue;
  assert.equal(
    (await call('POST', 'review-queues/get-or-create-user', { experiment_id: '0', user: 'Q' })).error_code,
    'RESOURCE_ALREADY_EXISTS',
  );
  const add = (item_ids: string[]) => call('POST', 'review-queues/items/add', { queue_id, item_ids });
  assert.equal((await add([])).status, 400);
  await add(['tr-1']);
  const set = (fields: object) =>
    call('POST', 'review-queues/items/set-status', { queue_id, item_id: 'tr-1', ...fields });
  assert.equal((await set({ status: 'COMPLETE' })).status, 400);
  assert.equal((await set({ status: 'PENDING', completed_by: 'ann' })).status, 400);
  assert.equal((await set({ status: 'COMPLETE', completed_by: 'Ann' })).item.completed_by, 'ann');
  const again = await add(['tr-2', 'tr-1']);
  assert.deepEqual(
    again.items.map((one: { item_id: string; status: string }) => [one.item_id, one.status]),
    [
      ['tr-2', 'PENDING'],
      ['tr-1', 'COMPLETE'],
    ],
  );
  const questions = { queue_id, update_schema_ids: true, schema_ids: [] };
  assert.equal((await call('POST', 'review-queues/update', questions)).status, 400);
  const there = { base: `/mlflow/v2.0${workspaceResourceId(OTHER)}` };
  assert.equal((await call('POST', 'review-queues/items/remove', { queue_id, item_ids: ['tr-1'] }, there)).status, 404);
  await call('POST', 'review-queues/items/remove', { queue_id, item_ids: ['tr-1', 'tr-2'] });
  assert.equal((await call('POST', 'review-queues/update', questions)).status, 200);
  await call('POST', 'review-queues/delete', { queue_id });
  assert.equal((await call('GET', 'review-queues/get', { queue_id })).status, 404);
});
