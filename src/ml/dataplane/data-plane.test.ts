import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Principal } from '../../http/index.ts';
import { fakeClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { openStore } from '../../store/index.ts';
import { createAssetContainers } from '../containers.ts';
import { outputAssetId, workspaceResourceId } from '../places.ts';
import { mlMigrations } from '../tables.ts';
import { createTracking, trackingMigrations } from '../tracking/index.ts';
import type { RunView, Workspace } from '../types.ts';
import { createAssetVersions } from '../versions.ts';
import { createDataPlane, dataPlaneHosts } from './index.ts';

const workspace: Workspace = {
  id: '11111111-2222-4333-8444-555555555555',
  subscriptionId: 'sub',
  resourceGroup: 'rg',
  name: 'ws',
  location: 'eastus',
  storageAccount: 'mr111',
  createdAt: '2026-01-01T00:00:00.000Z',
};

const job: RunView = {
  workspace,
  runId: 'brave_fox',
  kind: 'pipeline',
  rootRunId: 'brave_fox',
  name: 'brave_fox',
  displayName: 'Taxi',
  experimentName: 'taxi',
  experimentId: 'e1',
  status: 'Failed',
  tags: { team: 'blue' },
  properties: { 'azureml.runsource': 'azureml.PipelineRun' },
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:01.000Z',
  endedAt: '2026-01-01T01:01:02.500Z',
  error: { code: 'UserError', message: 'exit code 1: ValueError' },
  warnings: ['Python 3.11 instead of 3.10'],
  inputs: { rate: { kind: 'literal', value: '0.1' } },
  outputs: {
    model: {
      kind: 'asset',
      type: 'mlflow_model',
      uri: 'azureml://datastores/d/paths/m',
      assetId: outputAssetId(workspace, 'brave_fox', 'model'),
    },
    report: {
      kind: 'asset',
      type: 'uri_folder',
      uri: 'azureml://datastores/d/paths/r',
      assetId: outputAssetId(workspace, 'brave_fox', 'report'),
    },
  },
};
const child = (index: number): RunView => ({
  ...job,
  runId: `00000000-0000-4000-8000-00000000000${index}`,
  kind: 'command',
  parentRunId: 'brave_fox',
  name: 'azureml_anonymous',
  displayName: `step ${index}`,
  computeName: 'cpu-cluster',
});

async function bench(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'data-plane-'));
  const clock = fakeClock(Date.parse('2026-01-02T00:00:00Z'));
  const store = await openStore(':memory:', [...mlMigrations, ...trackingMigrations]);
  let principal: Principal | undefined = { kind: 'owner' };
  const workspaces = { find: async () => workspace, byId: async () => workspace, first: async () => workspace };
  const blobs = {
    pathOf: (account: string, container: string, blob: string) => join(folder, account, container, blob),
    signContainerSas: ({
      account,
      container,
      permissions,
    }: {
      account: string;
      container: string;
      permissions: string;
    }) => `sp=${permissions}&sig=${account}-${container}`,
  };
  const tracking = createTracking({ store, workspaces, blobs, modelPath: async () => folder, clock });
  const versions = createAssetVersions({ store, clock });
  const runs = [job, child(1), child(2)];
  const log = join(folder, 'std_log.txt');
  const service = createDataPlane({
    workspaces,
    registries: { byName: async () => undefined },
    tenantId: 'tenant',
    blobs,
    tracking,
    versions,
    containers: createAssetContainers({ store, clock }),
    datastores: {
      find: async (_id, name) =>
        name === 'lake'
          ? { name, isDefault: false, document: { accountName: 'lake1', containerName: 'c' } }
          : undefined,
    },
    clock,
    log: silentLog,
    authenticate: async () => principal,
    tokens: { mlRunToken: async (claims) => `token of ${claims.runId}` },
    jobs: {
      run: async (_workspace, runId) => runs.find((run) => run.runId === runId),
      children: async (_workspace, runId) => runs.filter((run) => run.parentRunId === runId),
      logFiles: async (_workspace, runId) =>
        runId === 'brave_fox' ? [{ path: 'user_logs/std_log.txt', file: log }] : [],
      resolveAsset: async (_workspace, id) => {
        const output = Object.values(job.outputs).find((value) => value.kind === 'asset' && value.assetId === id);
        return output?.kind === 'asset' ? { uri: output.uri, type: output.type } : undefined;
      },
    },
  });
  t.after(async () => {
    await service.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const scope = workspaceResourceId(workspace);
  const call = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const answer = await service.inject({
      method,
      url,
      headers: { authorization: 'Bearer x', host: 'eastus.api.azureml.ms' },
      ...(payload ? { payload } : {}),
    });
    return { status: answer.statusCode, ...answer.json() };
  };
  return {
    service,
    call,
    clock,
    tracking,
    folder,
    log,
    history: `/history/v1.0${scope}`,
    scope,
    runs,
    versions,
    as: (one: Principal | undefined) => (principal = one),
  };
}

test('discovery needs no token and names the host it was asked under', async (t) => {
  const { call, as, service } = await bench(t);
  as(undefined);
  assert.equal((await call('GET', '/discovery')).api, 'https://eastus.api.azureml.ms');
  const local = await service.inject({ url: '/discovery', headers: { host: '127.0.0.1:4000' } });
  assert.equal(local.json().api, 'http://127.0.0.1:4000');
  assert.ok(dataPlaneHosts('westeurope.api.azureml.ms') && !dataPlaneHosts('api.azureml.ms.example.org'));
});

test('a run shows the fields that clients read; an unknown one is run history’s 404', async (t) => {
  const { call, history } = await bench(t);
  const run = await call('GET', `${history}/runs/brave_fox`);
  assert.equal(run.status, 'Failed');
  assert.equal(run.duration, '01:01:01.5000000');
  assert.equal(run.dataContainerId, 'dcid.brave_fox');
  assert.deepEqual(run.outputs, {
    model: { assetId: outputAssetId(workspace, 'brave_fox', 'model'), type: 'uri_folder' },
    report: { assetId: outputAssetId(workspace, 'brave_fox', 'report'), type: 'uri_folder' },
  });
  assert.deepEqual(run.inputs, {}, 'literals are no assets');
  assert.equal(run.error.error.message, 'exit code 1: ValueError');
  const same = await call('GET', `${history}/experiments/taxi/runs/brave_fox`);
  assert.deepEqual(same, run);
  const unknown = await call('GET', `${history}/runs/none`);
  assert.deepEqual(
    [unknown.status, unknown.error.code, unknown.error.innerError.innerError.code],
    [404, 'UserError', 'RunNotFound'],
  );
  assert.equal((await call('GET', '/nothing')).status, 404);
});

test('children come in pages', async (t) => {
  const { call, history } = await bench(t);
  const first = await call('GET', `${history}/runs/brave_fox/children?$top=1`);
  assert.equal(first.value[0].displayName, 'step 1');
  assert.equal(first.value[0].runType, 'azureml.StepRun');
  const second = await call('GET', new URL(first.nextLink).pathname + new URL(first.nextLink).search);
  assert.deepEqual([second.value[0].displayName, second.nextLink], ['step 2', null]);
});

test('the log’s address is readable without a token, follows the growing file, and cannot be bent or kept', async (t) => {
  const { service, call, clock, history, log, as } = await bench(t);
  const details = await call('GET', `${history}/runs/brave_fox/details`);
  assert.deepEqual(details.warnings, [{ source: 'brave_fox', message: 'Python 3.11 instead of 3.10' }]);
  const address = new URL(details.logFiles['user_logs/std_log.txt']);
  as(undefined);
  const get = (url: string, headers = {}) => service.inject({ url, headers: { host: address.host, ...headers } });
  const path = address.pathname + address.search;
  assert.deepEqual([(await get(path)).statusCode, (await get(path)).body], [200, ''], 'not there yet: empty');
  writeFileSync(log, 'epoch 1\n');
  assert.equal((await get(path)).body, 'epoch 1\n');
  appendFileSync(log, 'epoch 2\n');
  const rest = await get(path, { range: 'bytes=8-' });
  assert.deepEqual([rest.statusCode, rest.body], [206, 'epoch 2\n']);
  assert.equal((await get(path, { range: 'bytes=16-' })).statusCode, 416);
  assert.equal((await get(path.replace('std_log', 'other'))).statusCode, 403);
  assert.equal((await get(path.replace('brave_fox', 'another'))).statusCode, 403);
  assert.equal((await get(address.pathname)).statusCode, 403);
  assert.equal((await get(`${history}/runs/brave_fox`)).statusCode, 401);
  clock.advance(2 * 60 * 60 * 1000);
  assert.equal((await get(path)).statusCode, 403);
});

test('downloads find where outputs lie', async (t) => {
  const { call, history, scope } = await bench(t);
  const data = await call('POST', `${history}/rundata`, { runId: 'brave_fox', selectRunMetadata: true });
  const { model, report } = data.runMetadata.outputs;
  const datasets = await call('POST', `/data/v1.0${scope}/dataversion/batchGetResolvedUris`, {
    values: [report.assetId, 'azureml://unknown'],
  });
  assert.deepEqual(datasets.values, {
    [report.assetId]: { uri: 'azureml://datastores/d/paths/r', type: 'uri_folder' },
  });
  const models = await call('POST', `/modelregistry/v1.0${scope}/models/batchGetResolvedUris`, {
    values: [model.assetId],
  });
  assert.equal(models.values[model.assetId].path, 'azureml://datastores/d/paths/m');
  assert.equal((await call('POST', `/data/v1.0${scope}/dataversion/batchGetResolvedUris`, {})).status, 400);
});

test('outputs have the words for their types that the version of the SDK looks for', async (t) => {
  const { service, history } = await bench(t);
  const typeFor = async (agent: string) => {
    const headers = { authorization: 'Bearer x', host: 'eastus.api.azureml.ms', 'user-agent': agent };
    const payload = { runId: 'brave_fox', selectRunMetadata: true };
    const answer = await service.inject({ method: 'POST', url: `${history}/rundata`, headers, payload });
    return answer.json().runMetadata.outputs.report.type;
  };
  assert.equal(
    await typeFor('azureml-cli-v2/2.38.1 azure-ai-ml/1.31.0 azsdk-python-mgmt-machinelearningservices/0.1.0'),
    'UriFolder',
  );
  assert.equal(await typeFor('azure-ai-ml/1.34.0 azsdk-python'), 'UriFolder');
  assert.equal(await typeFor('azure-ai-ml/1.35.2 azsdk-python'), 'uri_folder');
  assert.equal(await typeFor('curl/8'), 'uri_folder');
});

test('artifacts are moved through addresses on the blob host', async (t) => {
  const { call, history, folder } = await bench(t);
  const base = `${history}/experiments/taxi/runs/brave_fox/artifacts`;
  const batch = await call('POST', `${base}/batch/metadata`, { paths: [{ path: 'a b/x.txt' }] });
  assert.deepEqual(batch.errors, {});
  assert.equal(
    batch.artifactContentInformation['a b/x.txt'].contentUri,
    'https://mr111.blob.core.windows.net/azureml/ExperimentRun/dcid.brave_fox/a%20b/x.txt?sp=rcw&sig=mr111-azureml',
  );
  assert.equal((await call('GET', `${base}/contentinfo?path=a%20b/x.txt`)).status, 404);
  const place = join(folder, 'mr111/azureml/ExperimentRun/dcid.brave_fox/a b');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'x.txt'), 'hello');
  assert.match((await call('GET', `${base}/contentinfo?path=a%20b/x.txt`)).contentUri, /x\.txt\?sp=r&/);
  assert.deepEqual(
    (await call('GET', base)).value.map((one: { path: string }) => one.path),
    ['a b/x.txt'],
  );
  assert.deepEqual(
    (await call('GET', `${base}/prefix/contentinfo?path=a%20b`)).value.map((one: { path: string }) => one.path),
    ['a b/x.txt'],
  );
  assert.equal((await call('POST', `${base}/batch/metadata`, { paths: [{ path: '../../other/x' }] })).status, 400);
});

test('what a client uploads by itself is moved as artifacts of runs are', async (t) => {
  const { call, scope, folder } = await bench(t);
  const base = `/artifact/v2.0${scope}/artifacts/LocalUpload/261129-ab`;
  const { artifacts, artifactContentInformation } = await call('POST', `${base}/batch/metadata`, {
    paths: [{ path: 'regressor/MLmodel' }],
  });
  assert.equal(artifacts['regressor/MLmodel'].artifactId, 'LocalUpload/261129-ab/regressor/MLmodel');
  assert.equal(
    artifactContentInformation['regressor/MLmodel'].contentUri,
    'https://mr111.blob.core.windows.net/azureml/LocalUpload/261129-ab/regressor/MLmodel?sp=rcw&sig=mr111-azureml',
  );
  const place = join(folder, 'mr111/azureml/LocalUpload/261129-ab/regressor');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'MLmodel'), '');
  assert.deepEqual(
    (await call('GET', base)).value.map((one: { path: string }) => one.path),
    ['regressor/MLmodel'],
  );
  for (const other of ['LocalUpload/a%2Fb', 'ExperimentRun/dcid...'])
    assert.equal((await call('GET', `/artifact/v2.0${scope}/artifacts/${other}`)).status, 400, other);
  assert.equal((await call('GET', `/artifact/v2.0${scope}/artifacts/Other/x`)).status, 404);
});

test('the files of a model version are read as artifacts, wherever its datastore has them', async (t) => {
  const { call, scope, folder, versions } = await bench(t);
  await versions.put(workspace.id, 'models', {
    name: 'm',
    version: '1',
    properties: { modelType: 'mlflow_model', modelUri: 'azureml://datastores/lake/paths/a/b/model/' },
    by: 'x',
  });
  for (const file of ['a/b/model/MLmodel', 'a/b/secret']) {
    mkdirSync(join(folder, 'lake1/c', file, '..'), { recursive: true });
    writeFileSync(join(folder, 'lake1/c', file), '');
  }
  const base = `/artifact/v2.0${scope}/artifacts/Model/m%3A1`;
  assert.deepEqual(
    (await call('GET', base)).value.map((one: { path: string }) => one.path),
    ['model/MLmodel'],
  );
  assert.equal(
    (await call('GET', `${base}/contentinfo?path=model/MLmodel`)).contentUri,
    'https://lake1.blob.core.windows.net/c/a/b/model/MLmodel?sp=r&sig=lake1-c',
  );
  assert.equal((await call('GET', `${base}/contentinfo?path=secret`)).status, 400);
  assert.equal((await call('POST', `${base}/batch/metadata`, { paths: [{ path: 'model/x' }] })).status, 400);
  assert.equal((await call('GET', `/artifact/v2.0${scope}/artifacts/Model/m%3A2`)).status, 404);
});

test('posted metrics join the run’s MLflow metrics; a run renews its own token and no other', async (t) => {
  const { call, tracking, scope, history, runs, as } = await bench(t);
  await tracking.tracking.ensureRuns([
    {
      workspace,
      runId: 'brave_fox',
      experimentName: 'taxi',
      displayName: 'x',
      rootRunId: 'brave_fox',
      tags: {},
      createdAt: job.createdAt,
    },
  ]);
  const values = [{ name: 'loss', value: [{ createdUtc: '2026-01-01T00:00:00Z', step: 3, data: { loss: 0.5 } }] }];
  assert.deepEqual(await call('POST', `/metric/v2.0${scope}/runs/brave_fox/batch`, { values }), {
    status: 200,
    errors: [],
  });
  const run = await call('GET', `/mlflow/v2.0${scope}/api/2.0/mlflow/runs/get?run_id=brave_fox`);
  assert.deepEqual(run.run.data.metrics, [
    { key: 'loss', value: 0.5, timestamp: Date.parse('2026-01-01T00:00:00Z'), step: 3 },
  ]);
  const { endedAt: _ended, ...running } = job;
  runs.push({ ...running, runId: 'running', status: 'Running' });
  as({ kind: 'ml-run', workspaceId: workspace.id, runId: 'running' });
  assert.equal((await call('GET', `${history}/experimentids/e1/runs/running/token`)).token, 'token of running');
  assert.equal((await call('GET', `${history}/experimentids/e1/runs/brave_fox/token`)).status, 403);
});

test('the SDK, which prints logs only of runs that have not ended, sees a run that just ended as finalizing once', async (t) => {
  const { service, history, clock, runs } = await bench(t);
  const short: RunView = { ...child(3), kind: 'command', status: 'Completed', endedAt: clock.now().toISOString() };
  runs.push(short);
  const look = async (agent: string) =>
    (
      await service.inject({
        url: `${history}/runs/${short.runId}/details`,
        headers: { authorization: 'Bearer x', host: 'eastus.api.azureml.ms', 'user-agent': agent },
      })
    ).json().status;
  assert.equal(await look('curl/8'), 'Completed');
  const sdk = 'azure-ai-ml/1.35.2 azsdk-python-mgmt-machinelearningservices/0.1.0 Python/3.11.2';
  assert.deepEqual([await look(sdk), await look(sdk)], ['Finalizing', 'Completed']);
  clock.advance(61_000);
  assert.equal(await look(sdk), 'Completed', 'long over');
});
