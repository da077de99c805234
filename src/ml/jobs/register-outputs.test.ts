import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { WS } from '../arm-scene.ts';
import { openJobScene } from '../job-scene.ts';

const ENDED = `NEW.state LIKE '%"status":"Completed"%'`;
const NODE = { type: 'command', componentId: 'azureml:make:1' };

async function open(t: TestContext) {
  const scene = await openJobScene();
  t.after(() => scene.close());
  await scene.put('computes/c', {
    computeType: 'AmlCompute',
    properties: { vmSize: 'S', scaleSettings: { minNodeCount: 1, maxNodeCount: 4 } },
  });
  return scene;
}

const command = (outputs: object) => ({
  jobType: 'Command',
  command: 'true',
  environmentId: 'azureml:AzureML-sklearn-1.5@latest',
  computeId: `${WS}/computes/c`,
  outputs,
});
const named = (name: string) => ({ jobOutputType: 'uri_folder', assetName: name });
const model = { jobOutputType: 'custom_model', assetName: 'best' };

test('a server that dies between the version of an output and the end of its job makes no second version', async (t) => {
  const scene = await open(t);
  const count = async (path: string) => (await scene.send('GET', `${path}/versions`)).body.value?.length ?? 0;
  await scene.sql(
    `CREATE TRIGGER no_end BEFORE UPDATE ON ml_run_states WHEN ${ENDED} BEGIN SELECT RAISE(ABORT, 'the server died'); END`,
  );
  await scene.put('jobs/maker', command({ o: named('made'), m: model }));
  await scene.eventually(
    'the versions are there',
    async () => (await count('data/made')) + (await count('models/best')) === 2,
  );
  await scene.restart();
  assert.deepEqual(await scene.sql('SELECT name FROM ml_jobs WHERE ended = 1'), []);
  await scene.restart();
  await scene.sql('DROP TRIGGER no_end');
  await scene.restart();
  await scene.until('maker', 'Completed');
  await scene.restart();
  assert.deepEqual([await count('data/made'), await count('models/best')], [1, 1]);
});

test('a node that takes over the result of an equal one has its asset in the write of its end', async (t) => {
  const scene = await open(t);
  await scene.put('components/make/versions/1', {
    componentSpec: {
      name: 'make',
      version: '1',
      type: 'command',
      command: 'true',
      environment: 'azureml:AzureML-sklearn-1.5@latest',
      is_deterministic: true,
      outputs: { o: { type: 'uri_folder' } },
    },
  });
  const job = (name: string) => ({
    jobType: 'Pipeline',
    settings: { default_compute: `${WS}/computes/c` },
    jobs: { n: { ...NODE, outputs: { o: { job_output_type: 'uri_folder', name } } } },
  });
  await scene.put('jobs/first', job('first'));
  await scene.until('first', 'Completed');
  await scene.sql(
    `CREATE TRIGGER no_version BEFORE INSERT ON ml_versions WHEN NEW.name = 'second' BEGIN SELECT RAISE(ABORT, 'the server died'); END`,
  );
  await scene.put('jobs/second', job('second'));
  await scene.eventually('it wants to end', async () => (await scene.job('second')).status === 'Completed');
  assert.deepEqual(await scene.sql(`SELECT name FROM ml_jobs WHERE ended = 1 AND name = 'second'`), []);
  const completed = `SELECT run_id FROM ml_runs JOIN ml_run_states USING (workspace_id, run_id) WHERE job = 'second' AND state LIKE '%Completed%'`;
  assert.deepEqual(await scene.sql(completed), []);
  await scene.sql('DROP TRIGGER no_version');
  await scene.clock.advance(1000);
  await scene.eventually('it is there', async () => (await scene.send('GET', 'data/second/versions/1')).status === 200);
  assert.equal((await scene.sql(completed)).length, 2);
  assert.equal((await scene.send('GET', 'data/second/versions')).body.value.length, 1);
  assert.equal(scene.launches(), 1);
});

test('a job with the name of a removed one makes versions of its own', async (t) => {
  const scene = await open(t);
  for (const number of ['1', '2']) {
    await scene.put('jobs/again', command({ o: named('made') }));
    await scene.until('again', 'Completed');
    assert.equal((await scene.send('GET', `data/made/versions/${number}`)).status, 200);
    await scene.eventually('it can be removed', async () => (await scene.send('DELETE', 'jobs/again')).status < 300);
    await scene.eventually('it is gone', async () => (await scene.send('GET', 'jobs/again')).status === 404);
  }
});

test('the type that a pipeline gives its output decides what is made of it; without one, the type of the component', async (t) => {
  const scene = await open(t);
  await scene.put('components/make/versions/1', {
    componentSpec: {
      name: 'make',
      version: '1',
      type: 'command',
      command: 'true',
      environment: 'azureml:AzureML-sklearn-1.5@latest',
      outputs: { folder: { type: 'uri_folder' }, model: { type: 'mlflow_model' } },
    },
  });
  await scene.put('jobs/typed', {
    jobType: 'Pipeline',
    settings: { default_compute: `${WS}/computes/c` },
    outputs: { said: model, unsaid: { jobOutputType: 'uri_folder', assetName: 'unsaid' } },
    jobs: {
      n: {
        ...NODE,
        outputs: {
          folder: { type: 'literal', value: '${{parent.outputs.said}}' },
          model: { type: 'literal', value: '${{parent.outputs.unsaid}}' },
        },
      },
    },
  });
  await scene.until('typed', 'Completed');
  assert.equal((await scene.send('GET', 'models/best/versions/1')).body.properties.modelType, 'custom_model');
  assert.equal((await scene.send('GET', 'models/unsaid/versions/1')).body.properties.modelType, 'mlflow_model');
});
