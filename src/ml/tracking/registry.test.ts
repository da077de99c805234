import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fakeClock } from '../../kernel/clock.ts';
import { createAssetVersions } from '../versions.ts';
import { openTracking, workspace } from './test-service.ts';

const names = (answer: { registered_models: { name: string }[] }) => answer.registered_models.map((one) => one.name);
const versionsOf = (answer: { model_versions: { name: string; version: string }[] }) =>
  answer.model_versions.map((one) => `${one.name}:${one.version}`);

test('a version registered from a run is the workspace’s model asset, with its flavors; an asset of the workspace is a version', async (t) => {
  const { call, newRun, folder, store } = await openTracking(t);
  const assets = createAssetVersions({ store, clock: fakeClock(9000) });
  const run = await newRun();
  const file = join(folder, `mr111/azureml/ExperimentRun/dcid.${run}/model/MLmodel`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    'flavors:\n  sklearn: {sklearn_version: 1.9.1, code: null}\n  python_function: {loader_module: mlflow.sklearn}\n',
  );
  await call('POST', 'registered-models/create', {
    name: 'taxi',
    description: 'fares',
    tags: [{ key: 'team', value: 'a' }],
  });
  const created = await call('POST', 'model-versions/create', {
    name: 'taxi',
    source: `mlflow-artifacts:/runs/${run}/artifacts/model`,
    run_id: run,
    tags: [{ key: 'k', value: 'v' }],
    description: 'first',
  });
  assert.equal(created.status, 200, created.message);
  assert.deepEqual(
    [
      created.model_version.version,
      created.model_version.status,
      created.model_version.run_id,
      created.model_version.current_stage,
    ],
    ['1', 'READY', run, 'None'],
  );
  const asset = await assets.find(workspace.id, 'models', 'taxi', '1');
  assert.equal(asset?.properties['modelType'], 'mlflow_model');
  assert.match(
    String(asset?.properties['modelUri']),
    new RegExp(`/datastores/workspaceartifactstore/paths/ExperimentRun/dcid.${run}/model$`),
  );
  assert.deepEqual(asset?.properties['flavors'], {
    sklearn: { data: { sklearn_version: '1.9.1' } },
    python_function: { data: { loader_module: 'mlflow.sklearn' } },
  });
  assert.deepEqual(
    [asset?.properties['description'], asset?.properties['tags'], asset?.properties['jobName']],
    ['first', { k: 'v' }, run],
  );
  assert.equal(
    (await call('GET', 'model-versions/get-download-uri', { name: 'taxi', version: '1' })).artifact_uri,
    `mlflow-artifacts:/runs/${run}/artifacts/model`,
  );

  await assets.put(workspace.id, 'models', {
    name: 'by-az',
    version: '7',
    properties: {
      modelType: 'custom_model',
      modelUri: 'azureml://datastores/workspaceblobstore/paths/m',
      stage: 'Production',
    },
  });
  assert.deepEqual(names(await call('GET', 'registered-models/search')), ['by-az', 'taxi']);
  const theirs = await call('GET', 'model-versions/get', { name: 'by-az', version: '7' });
  assert.deepEqual(
    [theirs.model_version.current_stage, theirs.model_version.source],
    ['Production', 'azureml://datastores/workspaceblobstore/paths/m'],
  );
  assert.equal(
    (await call('GET', 'model-versions/get-download-uri', { name: 'by-az', version: '7' })).artifact_uri,
    'mlflow-artifacts:/models/by-az/7',
  );
  const asPlugin = { host: 'eastus.api.azureml.ms' };
  assert.equal(
    (await call('GET', 'model-versions/get-download-uri', { name: 'by-az', version: '7' }, asPlugin)).artifact_uri,
    'azureml://artifacts/Model/by-az:7/m',
  );
  const next = await call('POST', 'model-versions/create', { name: 'by-az', source: 'models:/taxi/1' });
  assert.equal(next.model_version.version, '8', 'the next number counts every version');
});

test('aliases, tags, stages and deletion keep to the registry’s rules', async (t) => {
  const { call, newRun } = await openTracking(t);
  const run = await newRun();
  const source = `runs:/${run}/model`;
  await call('POST', 'registered-models/create', { name: 'm' });
  const again = await call('POST', 'registered-models/create', { name: 'm' });
  assert.deepEqual([again.status, again.error_code], [400, 'RESOURCE_ALREADY_EXISTS']);
  for (let n = 0; n < 3; n++) await call('POST', 'model-versions/create', { name: 'm', source });
  await call('POST', 'registered-models/alias', { name: 'm', alias: 'champion', version: '2' });
  assert.equal(
    (await call('GET', 'registered-models/alias', { name: 'm', alias: 'champion' })).model_version.version,
    '2',
  );
  assert.equal(
    (await call('GET', 'registered-models/alias', { name: 'm', alias: 'latest' })).model_version.version,
    '3',
  );
  assert.equal((await call('POST', 'registered-models/alias', { name: 'm', alias: 'v1', version: '1' })).status, 400);
  assert.equal(
    (await call('GET', 'registered-models/alias', { name: 'm', alias: 'none' })).error_code,
    'INVALID_PARAMETER_VALUE',
  );

  const stage = (version: string, to: string, others = false) =>
    call('POST', 'model-versions/transition-stage', {
      name: 'm',
      version,
      stage: to,
      archive_existing_versions: others,
    });
  assert.equal((await stage('1', 'production')).model_version.current_stage, 'Production');
  await stage('3', 'Production', true);
  assert.equal(
    (await call('GET', 'model-versions/get', { name: 'm', version: '1' })).model_version.current_stage,
    'Archived',
  );
  assert.equal((await stage('1', 'Archived', true)).status, 400);
  assert.equal((await stage('1', 'Testing')).status, 400);
  assert.deepEqual(
    versionsOf(await call('POST', 'registered-models/get-latest-versions', { name: 'm', stages: ['Production'] })),
    ['m:3'],
  );

  await call('POST', 'model-versions/set-tag', { name: 'm', version: '2', key: 'a', value: 'b' });
  assert.deepEqual((await call('GET', 'model-versions/get', { name: 'm', version: '2' })).model_version.tags, [
    { key: 'a', value: 'b' },
  ]);
  await call('DELETE', 'model-versions/delete', { name: 'm', version: '2' });
  assert.deepEqual(
    (await call('GET', 'registered-models/get', { name: 'm' })).registered_model.aliases,
    [],
    'its alias went with it',
  );
  assert.equal(
    (await call('GET', 'model-versions/get', { name: 'm', version: '2' })).error_code,
    'RESOURCE_DOES_NOT_EXIST',
  );
  await call('DELETE', 'model-versions/delete', { name: 'm', version: '3' });
  assert.equal(
    (await call('POST', 'model-versions/create', { name: 'm', source })).model_version.version,
    '4',
    'numbers are not given twice',
  );

  await call('POST', 'registered-models/rename', { name: 'm', new_name: 'n' });
  assert.deepEqual(versionsOf(await call('GET', 'model-versions/search', { filter: "name='n'" })), ['n:4', 'n:1']);
  await call('DELETE', 'registered-models/delete', { name: 'n' });
  assert.equal((await call('GET', 'registered-models/get', { name: 'n' })).status, 404);
  assert.deepEqual(versionsOf(await call('GET', 'model-versions/search')), []);
});

test('a prompt is a version without files: found by its tag alone, in the models’ names, and no asset of the workspace', async (t) => {
  const { call, store } = await openTracking(t);
  const assets = createAssetVersions({ store, clock: fakeClock(9000) });
  const isPrompt = { key: 'mlflow.prompt.is_prompt', value: 'true' };
  const version = {
    name: 'p',
    source: 'prompt-template',
    tags: [isPrompt, { key: 'mlflow.prompt.text', value: 'hi' }],
  };
  assert.equal((await call('POST', 'model-versions/create', version)).status, 404);
  assert.equal((await call('POST', 'registered-models/create', { name: 'p', tags: [isPrompt] })).status, 200);
  const made = await call('POST', 'model-versions/create', version);
  assert.deepEqual(
    [made.model_version.version, made.model_version.source, made.model_version.tags],
    ['1', 'prompt-template', version.tags],
  );
  assert.equal((await call('POST', 'model-versions/create', { ...version, source: '/etc' })).status, 400);
  await call('POST', 'registered-models/alias', { name: 'p', alias: 'live', version: '1' });
  assert.equal((await call('GET', 'registered-models/alias', { name: 'p', alias: 'live' })).model_version.version, '1');
  assert.equal(await assets.find(workspace.id, 'models', 'p', '1'), undefined);

  const filter = "tags.`mlflow.prompt.is_prompt` = 'true'";
  assert.deepEqual(names(await call('GET', 'registered-models/search')), []);
  assert.deepEqual(names(await call('GET', 'registered-models/search', { filter })), ['p']);
  assert.deepEqual(versionsOf(await call('GET', 'model-versions/search')), []);
  assert.deepEqual(versionsOf(await call('GET', 'model-versions/search', { filter })), ['p:1']);

  assert.match((await call('POST', 'registered-models/create', { name: 'p' })).message, /models and prompts share/);
  assert.equal((await call('POST', 'model-versions/create', { name: 'p', source: 'runs:/r/m' })).status, 400);
  await call('POST', 'registered-models/create', { name: 'm' });
  assert.equal((await call('POST', 'model-versions/create', { ...version, name: 'm' })).status, 400);
  assert.equal((await call('POST', 'model-versions/create', { name: 'm', source: 'models:/p/1' })).status, 400);
  await call('DELETE', 'model-versions/delete', { name: 'p', version: '1' });
  assert.equal((await call('POST', 'model-versions/create', version)).model_version.version, '2');
  await call('DELETE', 'registered-models/delete', { name: 'p' });
  assert.deepEqual(versionsOf(await call('GET', 'model-versions/search', { filter })), []);
});

test('a source that no server can read and a bad name are refused', async (t) => {
  const { call } = await openTracking(t);
  assert.equal((await call('POST', 'registered-models/create', { name: 'a/b' })).status, 400);
  await call('POST', 'registered-models/create', { name: 'm' });
  for (const source of [
    '/etc',
    'file:///etc',
    'runs:/r/../../x',
    'models:/none/1',
    'mlflow-artifacts:/runs/r/artifacts/../x',
  ])
    assert.match(String((await call('POST', 'model-versions/create', { name: 'm', source })).status), /^4/, source);
  assert.equal((await call('POST', 'model-versions/create', { name: 'none', source: 'runs:/r/m' })).status, 404);
});

test('models and versions are found by filters, in order, page by page', async (t) => {
  const { call } = await openTracking(t);
  for (const name of ['a', 'b', 'c'])
    await call('POST', 'registered-models/create', {
      name,
      tags: [{ key: 'odd', value: name === 'b' ? 'no' : 'yes' }],
    });
  await call('POST', 'model-versions/create', { name: 'a', source: 'runs:/r1/m', run_id: 'r1' });
  await call('POST', 'model-versions/create', { name: 'a', source: 'runs:/r2/m', run_id: 'r2' });
  const search = async (fields: object) => names(await call('GET', 'registered-models/search', fields));
  assert.deepEqual(await search({ filter: "tags.odd = 'yes'", order_by: 'name DESC' }), ['c', 'a']);
  assert.deepEqual(await search({ filter: "name ILIKE 'B%'" }), ['b']);
  assert.deepEqual(await search({ filter: "name IN ('a','c') AND tags.`mlflow.prompt.is_prompt` != 'true'" }), [
    'a',
    'c',
  ]);
  const first = await call('GET', 'registered-models/search', { max_results: 2 });
  assert.deepEqual(names(first), ['a', 'b']);
  assert.deepEqual(await search({ max_results: 2, page_token: first.next_page_token }), ['c']);
  const versions = async (filter: string) => versionsOf(await call('GET', 'model-versions/search', { filter }));
  assert.deepEqual(await versions("run_id = 'r1'"), ['a:1']);
  assert.deepEqual(await versions("name = 'a' AND version_number > 1"), ['a:2']);
  for (const filter of ["run_id > 'a'", "status = 'READY'", 'metrics.a > 1', 'tags.a IS NULL'])
    assert.equal(
      (await call('GET', 'model-versions/search', { filter })).error_code,
      'INVALID_PARAMETER_VALUE',
      filter,
    );
  assert.equal((await call('GET', 'registered-models/search', { max_results: 1001 })).status, 400);
});
