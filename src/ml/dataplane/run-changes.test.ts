import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type ArmScene, openArmScene, WS } from '../arm-scene.ts';

const HISTORY = `/history/v1.0${WS}`;
const MLFLOW = `/mlflow/v2.0${WS}/api/2.0/mlflow`;

/** A scene with a job `one` of the experiment `house`, which has ended. */
async function open(t: TestContext): Promise<ArmScene> {
  const scene = await openArmScene();
  t.after(() => scene.close());
  await scene.put(`${WS}/environments/e/versions/1`, { image: 'i:1' });
  await scene.put(`${WS}/computes/c`, {
    computeType: 'AmlCompute',
    properties: { scaleSettings: { maxNodeCount: 1 } },
  });
  const made = await scene.put(`${WS}/jobs/one`, {
    jobType: 'Command',
    command: 'true',
    environmentId: `${WS}/environments/e/versions/1`,
    computeId: `${WS}/computes/c`,
    experimentName: 'house',
    displayName: 'First',
    tags: { by: 'hand' },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await ended(scene, 'one');
  return scene;
}

async function ended(scene: ArmScene, name: string): Promise<void> {
  for (;;) {
    const { status } = (await scene.get(`${WS}/jobs/${name}`)).body.properties;
    if (status === 'Completed' || status === 'Failed') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('what is said of a job is the same by run history, by mlflow and by its own resource', async (t) => {
  const scene = await open(t);
  const plane = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) =>
    scene.ask('dataPlane', method, path, body);
  const changed = await plane('PATCH', `${HISTORY}/experiments/house/runs/one`, {
    displayName: 'Second',
    description: 'Looked at',
    tags: { seen: 'yes' },
    properties: { checked: '1' },
  });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  await plane('POST', `${MLFLOW}/runs/set-tag`, { run_id: 'one', key: 'stage', value: 'trained' });

  const job = (await scene.get(`${WS}/jobs/one`)).body.properties;
  assert.deepEqual([job.displayName, job.description], ['Second', 'Looked at']);
  assert.deepEqual(job.tags, { by: 'hand', seen: 'yes', stage: 'trained' });
  assert.equal(job.properties.checked, '1');
  const run = (await plane('GET', `${HISTORY}/runs/one`)).body;
  assert.deepEqual(
    [run.displayName, run.description, run.tags, run.properties.checked],
    ['Second', 'Looked at', job.tags, '1'],
  );
  const logged = (await plane('GET', `${MLFLOW}/runs/get?run_id=one`)).body.run;
  assert.equal(logged.info.run_name, 'Second');
  const tags = Object.fromEntries(logged.data.tags.map((tag: { key: string; value: string }) => [tag.key, tag.value]));
  assert.deepEqual([tags.seen, tags['mlflow.note.content']], ['yes', 'Looked at']);

  // The job's own resource says what all the tags are to be.
  await scene.put(`${WS}/jobs/one`, { jobType: 'Command', tags: { by: 'hand', last: 'one' }, displayName: 'Third' });
  const after = (await plane('GET', `${HISTORY}/runs/one`)).body;
  assert.deepEqual([after.displayName, after.tags], ['Third', { by: 'hand', last: 'one' }]);

  await plane('PATCH', `${HISTORY}/runs/one/tags`, { tagsToModify: { by: 'foot' }, tagsToDelete: ['last'] });
  await plane('DELETE', `${HISTORY}/experimentids/x/runs/one/tags`, { tags: ['gone'] });
  assert.deepEqual((await scene.get(`${WS}/jobs/one`)).body.properties.tags, { by: 'foot' });

  await plane('PATCH', `${HISTORY}/experiments/house/runs/one`, { hidden: true });
  assert.deepEqual((await scene.get(`${WS}/jobs`)).body.value, []);
  assert.equal((await scene.get(`${WS}/jobs?listViewType=ArchivedOnly`)).body.value.length, 1);
  await scene.put(`${WS}/jobs/one`, { jobType: 'Command', isArchived: false });
  assert.equal((await plane('GET', `${HISTORY}/runs/one`)).body.hidden, false);

  const twice = await plane('PATCH', `${HISTORY}/experiments/house/runs/one`, { properties: { checked: '2' } });
  assert.deepEqual([twice.status, twice.body.error.code], [400, 'UserError']);
  assert.equal((await plane('PATCH', `${HISTORY}/runs/none`, { tags: {} })).status, 404);
});

test('a script makes a run and tells its state; a job’s state is not a client’s to tell', async (t) => {
  const scene = await open(t);
  const plane = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown) =>
    scene.ask('dataPlane', method, path, body);
  const made = await plane('PATCH', `${HISTORY}/experiments/garden/runs/mine`, {
    displayName: 'Mine',
    tags: { a: 'b' },
  });
  assert.deepEqual([made.status, made.body.status, made.body.tags], [200, 'NotStarted', { a: 'b' }]);
  await plane('PATCH', `${HISTORY}/experiments/garden/runs/below`, { parentRunId: 'mine' });
  const event = (name: string, timestamp: string) => ({ name: `Microsoft.MachineLearning.Run.${name}`, timestamp });
  await plane('POST', `${HISTORY}/runs/mine/events`, event('Start', '2026-01-01T00:00:00Z'));
  assert.equal((await plane('GET', `${HISTORY}/runs/mine`)).body.status, 'Running');
  await plane('POST', `${HISTORY}/runs/mine/events`, event('Completed', '2026-01-01T00:01:00Z'));
  const run = (await plane('GET', `${HISTORY}/runs/mine`)).body;
  assert.deepEqual([run.status, run.duration, run.runType], ['Completed', '00:01:00.0000000', null]);
  const children = (await plane('GET', `${HISTORY}/runs/mine/children`)).body.value;
  assert.deepEqual(
    children.map((one: { runId: string }) => one.runId),
    ['below'],
  );

  const before = (await scene.get(`${WS}/jobs/one`)).body.properties.status;
  await plane('POST', `${HISTORY}/runs/one/events`, event('Canceled', '2026-01-01T00:01:00Z'));
  assert.equal((await plane('GET', `${HISTORY}/runs/one`)).body.status, before);
});

test('runs and experiments are found by what they are like', async (t) => {
  const scene = await open(t);
  const plane = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown) =>
    scene.ask('dataPlane', method, path, body);
  for (const name of ['a', 'b', 'c'])
    await plane('PATCH', `${HISTORY}/experiments/house/runs/${name}`, { tags: { letter: name } });
  const query = async (body: object) => {
    const { body: found } = await plane('POST', `${HISTORY}/experiments/house/runs:query`, body);
    return { ids: found.value.map((one: { runId: string }) => one.runId), token: found.continuationToken };
  };
  assert.deepEqual((await query({ filter: "Tags/letter eq 'b' or Tags/by eq 'hand'", orderBy: 'RunId' })).ids, [
    'b',
    'one',
  ]);
  const first = await query({ orderBy: 'RunId desc', top: 3 });
  assert.deepEqual(first.ids, ['one', 'c', 'b']);
  assert.deepEqual(await query({ orderBy: 'RunId desc', top: 3, continuationToken: first.token }), {
    ids: ['a'],
    token: null,
  });
  const bad = await plane('POST', `${HISTORY}/experiments/house/runs:query`, { filter: 'Colour eq null' });
  assert.deepEqual([bad.status, bad.body.error.target], [400, 'filter']);

  const one = (await plane('GET', `${HISTORY}/experiments/house`)).body;
  assert.equal((await plane('GET', `${HISTORY}/experimentids/${one.experimentId}`)).body.name, 'house');
  const listed = (await plane('POST', `${HISTORY}/experiments:query`, { filter: "Name eq 'house'" })).body.value;
  assert.deepEqual(listed, [one]);
  assert.equal((await plane('GET', `${HISTORY}/experiments/none`)).status, 404);
  const named = await plane('POST', `${HISTORY}/experiments/house/runs/runIds`, { runIds: ['a', 'nobody'] });
  assert.deepEqual(Object.keys(named.body.runs), ['a']);
});

test('metrics are read by name, in pages of their points; data by container, version and id', async (t) => {
  const scene = await open(t);
  const post = (path: string, body: object) => scene.ask('dataPlane', 'POST', path, body);
  const metrics = `/metric/v2.0${WS}/runs/one`;
  const values = ['loss', 'gain'].map((name) => ({
    name,
    value: [0, 1].map((step) => ({ createdUtc: '2026-01-01T00:00:00Z', step, data: { [name]: step / 4 } })),
  }));
  await post(`${metrics}/batch`, { values });
  const listed = (await post(`${metrics}/list`, {})).body.value;
  assert.deepEqual(
    listed.map((one: { metricKey: { name: string } }) => one.metricKey.name),
    ['gain', 'loss'],
  );
  for (const what of ['full', 'sample']) {
    const { body } = await post(`${metrics}/${what}`, { metricName: 'loss' });
    assert.deepEqual(
      body.value.map((point: { step: number; data: object; createdUtc: string }) => [
        point.step,
        point.data,
        point.createdUtc,
      ]),
      [
        [0, { loss: 0 }, '2026-01-01T00:00:00.000Z'],
        [1, { loss: 0.25 }, '2026-01-01T00:00:00.000Z'],
      ],
    );
  }
  assert.equal((await post(`${metrics}/full`, { metricName: 'none' })).status, 404);

  await scene.put(`${WS}/data/d/versions/1`, { dataType: 'uri_file', dataUri: 'https://example.org/1' });
  await scene.put(`${WS}/data/d/versions/2`, {
    dataType: 'uri_file',
    dataUri: 'https://example.org/2',
    tags: { a: 'b' },
  });
  const base = `/data/v1.0${WS}`;
  const get = async (path: string) => (await scene.ask('dataPlane', 'GET', `${base}${path}`)).body;
  assert.equal((await get('/datacontainer/d')).latestVersion.dataVersion.versionId, '2');
  assert.deepEqual((await get('/datacontainer')).value.length, 1);
  assert.equal((await get('/dataversion/d/versions')).value.length, 2);
  const second = await get('/dataversion/d/versions/2');
  assert.equal(second.dataVersion.dataType, 'UriFile');
  assert.equal(second.isV2, true, 'mltable loads no table of the first generation');
  assert.deepEqual(
    [second.dataVersion.dataUri, second.dataVersion.mutableProps.tags],
    ['https://example.org/2', { a: 'b' }],
  );
  assert.deepEqual(
    (await post(`${base}/dataversion/getByAssetId`, { value: second.dataVersion.assetId })).body,
    second,
  );
  assert.equal((await scene.ask('dataPlane', 'GET', `${base}/dataversion/d/versions/3`)).status, 404);
});
