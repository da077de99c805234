import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { workspaceResourceId } from '../places.ts';
import { mlflowEnvironment } from './index.ts';
import { OTHER, openTracking, workspace } from './test-service.ts';

test('experiments: Default is there; names are unique, also against deleted ones; unknown is 404', async (t) => {
  const { call } = await openTracking(t);
  assert.equal((await call('GET', 'experiments/get', { experiment_id: '0' })).experiment.name, 'Default');
  const created = await call('POST', 'experiments/create', { name: 'taxi', tags: [{ key: 'a', value: 'b' }] });
  assert.match(created.experiment_id, /^[0-9a-f-]{36}$/);
  await call('POST', 'experiments/delete', { experiment_id: created.experiment_id });
  const again = await call('POST', 'experiments/create', { name: 'taxi' });
  assert.deepEqual([again.status, again.error_code], [400, 'RESOURCE_ALREADY_EXISTS']);
  const unknown = await call('GET', 'experiments/get-by-name', { experiment_name: 'none' });
  assert.deepEqual([unknown.status, unknown.error_code], [404, 'RESOURCE_DOES_NOT_EXIST']);
  const found = await call('POST', 'experiments/search', { filter: "name = 'Default'" });
  assert.deepEqual(
    found.experiments.map((one: { name: string }) => one.name),
    ['Default'],
  );
  assert.equal(
    (await call('GET', 'experiments/get', { experiment_id: created.experiment_id })).experiment.lifecycle_stage,
    'deleted',
  );
});

test('a batch writes all or nothing; parameters are written once; the latest metric is by step, time, value', async (t) => {
  const { call, newRun, service, base } = await openTracking(t);
  const id = await newRun();
  const good = {
    run_id: id,
    metrics: [
      { key: 'loss', value: 3, timestamp: 10, step: 2 },
      { key: 'loss', value: 9, timestamp: '20', step: '1' },
      { key: 'bad', value: 'NaN', timestamp: 1, step: 0 },
      { key: 'far', value: '-Infinity', timestamp: 1, step: 0 },
    ],
    params: [{ key: 'alpha', value: '0.1' }],
    tags: [{ key: 'note', value: 'x' }],
  };
  assert.equal((await call('POST', 'runs/log-batch', good)).status, 200);
  assert.equal((await call('POST', 'runs/log-batch', good)).status, 200, 'a repeated request changes nothing');
  const { run } = await call('GET', 'runs/get', { run_id: id });
  assert.deepEqual(
    Object.fromEntries(run.data.metrics.map((one: { key: string; value: unknown }) => [one.key, one.value])),
    { loss: 3, bad: 'NaN', far: '-Infinity' },
  );
  assert.equal((await call('GET', 'metrics/get-history', { run_id: id, metric_key: 'loss' })).metrics.length, 2);

  const changed = await call('POST', 'runs/log-batch', {
    run_id: id,
    metrics: [{ key: 'new', value: 1 }],
    params: [{ key: 'alpha', value: '0.2' }],
  });
  assert.deepEqual([changed.status, changed.error_code], [400, 'INVALID_PARAMETER_VALUE']);
  assert.equal(
    (await call('GET', 'metrics/get-history', { run_id: id, metric_key: 'new' })).metrics.length,
    0,
    'rolled back',
  );
  const later = { run_id: id, tags: [{ key: 'image', value: 'y' }] };
  const sent = await service.inject({
    method: 'POST',
    url: `${base}/api/2.0/preview/mlflow/runs/log-batch-async`,
    headers: { authorization: 'Bearer x', host: '127.0.0.1:1' },
    payload: later,
  });
  assert.deepEqual([sent.statusCode, sent.json()], [200, {}]);
  assert.ok(
    (await call('GET', 'runs/get', { run_id: id })).run.data.tags.some((one: { key: string }) => one.key === 'image'),
  );

  const many = { run_id: id, metrics: Array.from({ length: 1001 }, () => ({ key: 'k', value: 1 })) };
  assert.match((await call('POST', 'runs/log-batch', many)).message, /at most 1000/);
  assert.equal(
    (await call('POST', 'runs/log-parameter', { run_id: id, key: 'k'.repeat(251), value: '1' })).status,
    400,
  );
  assert.equal((await call('POST', 'runs/log-metric', { run_id: id, key: 'k', value: 'much' })).status, 400);
});

test('deleted runs refuse writes and are found only when asked for', async (t) => {
  const { call, newRun } = await openTracking(t);
  const id = await newRun({ run_name: 'one', tags: [{ key: 'team', value: 'blue' }] });
  await newRun({ run_name: 'two', start_time: 2 });
  await call('POST', 'runs/delete', { run_id: id });
  assert.equal(
    (await call('POST', 'runs/set-tag', { run_id: id, key: 'a', value: 'b' })).error_code,
    'INVALID_PARAMETER_VALUE',
  );
  const names = async (fields: object) =>
    (await call('POST', 'runs/search', { experiment_ids: ['0'], ...fields })).runs.map(
      (run: { info: { run_name: string } }) => run.info.run_name,
    );
  assert.deepEqual(await names({}), ['two']);
  assert.deepEqual(await names({ run_view_type: 'DELETED_ONLY', filter: "tags.team = 'blue'" }), ['one']);
  const page = await call('POST', 'runs/search', { experiment_ids: ['0'], run_view_type: 'ALL', max_results: 1 });
  assert.equal(page.runs[0].info.run_name, 'two');
  assert.deepEqual(await names({ run_view_type: 'ALL', max_results: 1, page_token: page.next_page_token }), ['one']);
  assert.equal((await call('POST', 'runs/search', { experiment_ids: ['0'], page_token: 'x' })).status, 400);
});

test('a job’s run is the MLflow run of its name; its status is the engine’s word alone', async (t) => {
  const { call, tracking } = await openTracking(t);
  const job = {
    workspace,
    runId: 'brave_fox',
    experimentName: 'taxi',
    displayName: 'Train',
    rootRunId: 'brave_fox',
    tags: {},
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  const { experimentId } = await tracking.ensureRuns([job, { ...job, runId: 'child', parentRunId: 'brave_fox' }]);
  assert.deepEqual(await tracking.ensureRuns([job]), { experimentId }, 'a second time changes nothing');
  const status = async () => (await call('GET', 'runs/get', { run_id: 'brave_fox' })).run.info.status;
  assert.equal(await status(), 'SCHEDULED');
  await tracking.setStatuses([{ workspaceId: workspace.id, runId: 'brave_fox', status: 'Running' }]);
  assert.equal(
    (await call('POST', 'runs/update', { run_id: 'brave_fox', status: 'FINISHED', end_time: 9 })).status,
    200,
  );
  assert.equal(await status(), 'RUNNING');
  await tracking.setStatuses([
    { workspaceId: workspace.id, runId: 'brave_fox', status: 'Failed', endedAt: '2026-01-01T00:01:00.000Z' },
  ]);
  assert.equal(await status(), 'FAILED');
  const child = await call('GET', 'runs/get', { run_id: 'child' });
  assert.ok(
    child.run.data.tags.some(
      (tag: { key: string; value: string }) => tag.key === 'mlflow.parentRunId' && tag.value === 'brave_fox',
    ),
  );
});

test('files go through the server byte for byte, stay in their run, and their address fits the client', async (t) => {
  const { call, service, newRun, folder, base } = await openTracking(t);
  const id = await newRun();
  const files = `${base}/api/2.0/mlflow-artifacts/artifacts`;
  const headers = { authorization: 'Bearer x', host: '127.0.0.1:1' };
  const body = '{"not":"parsed" as json';
  const put = await service.inject({
    method: 'PUT',
    url: `${files}/runs/${id}/artifacts/Model%20A/MLmodel`,
    headers: { ...headers, 'content-type': 'application/json' },
    payload: body,
  });
  assert.equal(put.statusCode, 200, put.body);
  assert.equal(
    (await service.inject({ method: 'PUT', url: `${files}/runs/${id}/artifacts/empty`, headers })).statusCode,
    200,
  );
  assert.equal(
    readFileSync(join(folder, 'mr111/azureml/ExperimentRun', `dcid.${id}`, 'Model A/MLmodel'), 'utf8'),
    body,
  );
  assert.equal((await service.inject({ url: `${files}/runs/${id}/artifacts/Model%20A/MLmodel`, headers })).body, body);
  const listed = await call('GET', 'artifacts/list', { run_id: id });
  assert.deepEqual(listed.files, [
    { path: 'Model A', is_dir: true },
    { path: 'empty', is_dir: false, file_size: 0 },
  ]);
  assert.equal(listed.root_uri, `mlflow-artifacts:/runs/${id}/artifacts`);
  const inside = await service.inject({ url: `${files}?path=runs/${id}/artifacts/Model%20A`, headers });
  assert.deepEqual(inside.json().files, [{ path: 'MLmodel', is_dir: false, file_size: body.length }]);
  for (const path of [
    `runs/${id}/artifacts/..%2F..%2Fx`,
    `runs/${id}/artifacts/a/%2e%2e/%2e%2e/x`,
    'runs/..%2Fx/artifacts/y',
    'elsewhere/x',
  ]) {
    const answer = await service.inject({ method: 'PUT', url: `${files}/${path}`, headers, payload: 'x' });
    assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${path}: ${answer.statusCode}`);
  }
  const named = await call('GET', 'runs/get', { run_id: id }, { host: 'eastus.api.azureml.ms' });
  assert.equal(
    named.run.info.artifact_uri,
    `azureml://eastus.api.azureml.ms${base}/experiments/0/runs/${id}/artifacts`,
  );
});

test('a logged model goes from pending to ready, belongs to its run, and keeps its metrics', async (t) => {
  const { call, newRun } = await openTracking(t);
  const id = await newRun();
  const { model } = await call('POST', 'logged-models', {
    experiment_id: '0',
    name: 'clf',
    source_run_id: id,
    params: [{ key: 'p', value: '1' }],
  });
  assert.equal(model.info.status, 'LOGGED_MODEL_PENDING');
  assert.equal(model.info.artifact_uri, `mlflow-artifacts:/runs/${id}/artifacts/models/${model.info.model_id}`);
  await call('PATCH', `logged-models/${model.info.model_id}`, { status: 'LOGGED_MODEL_READY' });
  await call('POST', 'runs/outputs', { run_id: id, models: [{ model_id: model.info.model_id, step: 0 }] });
  await call('POST', 'runs/log-metric', {
    run_id: id,
    key: 'acc',
    value: 0.9,
    timestamp: 1,
    model_id: model.info.model_id,
  });
  const found = await call('POST', 'logged-models/search', {
    experiment_ids: ['0'],
    filter: "name = 'clf' AND metrics.acc > 0.5",
  });
  assert.equal(found.models[0].info.status, 'LOGGED_MODEL_READY');
  assert.equal(
    (await call('GET', 'runs/get', { run_id: id })).run.outputs.model_outputs[0].model_id,
    model.info.model_id,
  );
  assert.equal((await call('GET', 'logged-models/none')).status, 404);
});

test('a run’s token opens its own workspace alone, at the plain address too; agents have no business here', async (t) => {
  const { call, newRun, as } = await openTracking(t);
  const id = await newRun();
  as({ kind: 'ml-run', workspaceId: workspace.id, runId: id });
  assert.equal((await call('GET', 'runs/get', { run_id: id }, { base: '/mlflow' })).status, 200);
  assert.equal(
    (await call('GET', 'runs/get', { run_id: id }, { base: `/mlflow/v1.0${workspaceResourceId(OTHER)}` })).status,
    403,
  );
  as({ kind: 'agent', poolId: 1, name: 'a' });
  assert.deepEqual((await call('GET', 'runs/get', { run_id: id })).error_code, 'PERMISSION_DENIED');
  as({ kind: 'owner' });
  assert.equal(
    (await call('GET', 'runs/get', { run_id: id }, { base: `/mlflow/v2.0${workspaceResourceId(OTHER)}` })).status,
    404,
    'runs of one workspace are not in another',
  );
  assert.equal((await call('GET', 'unified-traces')).error_code, 'NOT_IMPLEMENTED');
});

test('the variables of a job lead the stock client to its run over loopback', () => {
  const env = mlflowEnvironment({
    workspace,
    runId: 'r',
    experimentId: 'e',
    experimentName: 'taxi',
    token: 'secret',
    baseUrl: 'http://127.0.0.1:7000',
  });
  assert.equal(env.MLFLOW_TRACKING_URI, `http://127.0.0.1:7000/mlflow/v2.0${workspaceResourceId(workspace)}`);
  assert.equal(env.MLFLOW_RUN_ID, 'r');
});
