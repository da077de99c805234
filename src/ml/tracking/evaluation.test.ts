import assert from 'node:assert/strict';
import test from 'node:test';
import { workspaceResourceId } from '../places.ts';
import { OTHER, openTracking } from './test-service.ts';

type Found = { name: string }[];
const names = (found: Found) => found.map((one) => one.name);

test('records are merged by their inputs, whatever the order of the keys, and keep the numbers as written', async (t) => {
  const { call } = await openTracking(t);
  const made = await call('POST', 'datasets/create', { name: 'd', tags: '{"a": "b", "n": 1}', experiment_ids: ['0'] });
  assert.equal(made.status, 200, made.message);
  const { dataset_id: id, digest } = made.dataset;
  assert.deepEqual([JSON.parse(made.dataset.tags), made.dataset.experiment_ids], [{ a: 'b', n: '1' }, ['0']]);
  const put = (records: string) => call('POST', `datasets/${id}/records`, { records });
  const first = await put(
    '[{"inputs": {"q": 1.0, "id": 9007199254740993}, "expectations": {"x": "1"}}, {"inputs": {"q": 1}}]',
  );
  assert.deepEqual([first.inserted_count, first.updated_count], [2, 0], '1.0 and 1 are two inputs');
  const second = await put(
    '[{"inputs": {"id": 9007199254740993, "q": 1.0}, "expectations": {"y": true}, "outputs": null}, {"inputs": {"n": 1}}, {"inputs": {"n": 1}, "tags": {"mlflow.user": "eve"}}]',
  );
  assert.deepEqual([second.inserted_count, second.updated_count], [1, 2]);
  const found = await call('GET', `datasets/${id}/records`);
  assert.match(found.records, /"q":1\.0,"id":9007199254740993/);
  const records = JSON.parse(found.records) as { inputs: object; expectations?: object; outputs?: unknown }[];
  const merged = records.find((one) => 'id' in one.inputs);
  assert.deepEqual([merged?.expectations, 'outputs' in (merged ?? {})], [{ x: '1', y: true }, false]);
  const { dataset } = await call('GET', `datasets/${id}`);
  assert.deepEqual(JSON.parse(dataset.schema), {
    inputs: { q: 'float', id: 'integer', n: 'integer' },
    outputs: {},
    expectations: { x: 'string', y: 'boolean' },
    version: '1.0',
  });
  assert.deepEqual([dataset.profile, dataset.last_updated_by], ['{"num_records":3}', 'eve']);
  assert.match(digest, /^[0-9a-f]{8}$/);
  for (const records of [
    '{}',
    '[1]',
    '[{"inputs": 1.0}]',
    '[{"inputs": {"a": NaN}}]',
    '[{"inputs": {"z": 1}, "source": {"source_type": "X"}}]',
  ])
    assert.equal((await put(records)).error_code, 'INVALID_PARAMETER_VALUE', records);
  assert.equal(
    JSON.parse((await call('GET', `datasets/${id}/records`)).records).length,
    3,
    'nothing of a refused call stays',
  );
});

test('records come page by page, and go by their ids', async (t) => {
  const { call } = await openTracking(t);
  const id = (await call('POST', 'datasets/create', { name: 'd' })).dataset.dataset_id;
  const records = Array.from({ length: 5 }, (_, n) => ({ inputs: { n } }));
  await call('POST', `datasets/${id}/records`, { records: JSON.stringify(records) });
  const seen: string[] = [];
  for (let token = ''; ; ) {
    const page = await call('GET', `datasets/${id}/records`, { max_results: 2, page_token: token });
    seen.push(...JSON.parse(page.records).map((one: { dataset_record_id: string }) => one.dataset_record_id));
    token = page.next_page_token ?? '';
    if (token === '') break;
  }
  assert.equal(new Set(seen).size, 5);
  assert.equal((await call('GET', `datasets/${id}/records`, { page_token: 'x' })).status, 400);
  const gone = await call('DELETE', `datasets/${id}/records`, { dataset_record_ids: [seen[0], 'dr-none'] });
  assert.equal(gone.deleted_count, 1);
  assert.equal((await call('GET', `datasets/${id}`)).dataset.profile, '{"num_records":4}');
  const there = { base: `/mlflow/v2.0${workspaceResourceId(OTHER)}` };
  assert.equal(
    (await call('GET', `datasets/${id}/records`, {}, there)).status,
    404,
    'another workspace has none of it',
  );
  await call('DELETE', `datasets/${id}`, {}, there);
  assert.equal((await call('GET', `datasets/${id}`)).status, 200);
  await call('DELETE', `datasets/${id}`);
  assert.equal((await call('GET', `datasets/${id}`)).error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal((await call('POST', `datasets/${id}/records`, { records: '[]' })).status, 404);
});

test('datasets are found by experiment, name and tag', async (t) => {
  const { call } = await openTracking(t);
  const other = (await call('POST', 'experiments/create', { name: 'e' })).experiment_id;
  for (const [name, experiment] of [
    ['a', '0'],
    ['b', other],
    ['c', other],
  ] as const)
    await call('POST', 'datasets/create', { name, experiment_ids: [experiment], tags: `{"of": "${name}"}` });
  const search = async (fields: object) =>
    names((await call('POST', 'datasets/search', { order_by: ['name'], ...fields })).datasets);
  assert.deepEqual(await search({ experiment_ids: [other] }), ['b', 'c']);
  assert.deepEqual(await search({ filter_string: "name IN ('a', 'c') AND tags.of != 'a'" }), ['c']);
  const page = await call('POST', 'datasets/search', { max_results: 2, order_by: ['name DESC'] });
  assert.deepEqual(names(page.datasets), ['c', 'b']);
  assert.deepEqual(await search({ order_by: ['name DESC'], page_token: page.next_page_token }), ['a']);
  assert.equal((await call('POST', 'datasets/search', { filter_string: "digest = 'x'" })).status, 400);
  assert.equal((await call('POST', 'datasets/create', { name: 'd', experiment_ids: ['none'] })).status, 404);
});

test('a scorer’s versions count up, and its latest is what is listed', async (t) => {
  const { call } = await openTracking(t);
  const scorer = { experiment_id: '0', name: 's' };
  const register = (content: string) => call('POST', 'scorers/register', { ...scorer, serialized_scorer: content });
  const [one, two] = [await register('{"v": 1}'), await register('{"v": 2}')];
  assert.deepEqual([one.version, two.version, one.scorer_id === two.scorer_id], [1, 2, true]);
  assert.equal((await register('not json')).status, 400);
  assert.deepEqual(
    (await call('GET', 'scorers/list', { experiment_id: '0' })).scorers.map(
      (found: { scorer_version: number }) => found.scorer_version,
    ),
    [2],
  );
  assert.equal((await call('GET', 'scorers/get', { ...scorer, version: '1' })).scorer.serialized_scorer, '{"v": 1}');
  assert.equal((await call('GET', 'scorers/get', { ...scorer, version: '3' })).status, 404);
  await call('DELETE', 'scorers/delete', { ...scorer, version: 2 });
  assert.equal((await call('GET', 'scorers/get', scorer)).scorer.scorer_version, 1);
  await call('DELETE', 'scorers/delete', scorer);
  assert.equal((await call('GET', 'scorers/versions', scorer)).error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal((await call('GET', 'scorers/online-configs')).configs.length, 0);
});

test('the datasets of an experiment’s runs are told once each', async (t) => {
  const { call, newRun } = await openTracking(t);
  const input = { dataset: { name: 'n', digest: 'x' }, tags: [{ key: 'mlflow.data.context', value: 'training' }] };
  for (const run of [await newRun(), await newRun()])
    await call('POST', 'runs/log-inputs', { run_id: run, datasets: [input] });
  const { dataset_summaries: found } = await call('POST', 'experiments/search-datasets', { experiment_ids: ['0'] });
  assert.deepEqual(found, [{ experiment_id: '0', name: 'n', digest: 'x', context: 'training' }]);
  assert.deepEqual((await call('POST', 'experiments/search-datasets', { experiment_ids: [] })).dataset_summaries, []);
});
