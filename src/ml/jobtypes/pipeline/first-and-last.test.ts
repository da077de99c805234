import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { WS } from '../../arm-scene.ts';
import { type JobScene, openJobScene } from '../../job-scene.ts';

let scene: JobScene | undefined;
after(() => scene?.close());

async function open(): Promise<JobScene> {
  if (scene) return scene;
  scene = await openJobScene();
  await scene.put('components/step/versions/1', {
    componentSpec: {
      name: 'step',
      version: '1',
      type: 'command',
      command: 'true',
      environment: 'azureml:AzureML-sklearn-1.5@latest',
      inputs: { data: { type: 'uri_folder', optional: true, mode: 'direct' } },
      outputs: { made: { type: 'uri_folder' } },
    },
  });
  return scene;
}

const step = (env: Record<string, string> = {}, inputs: object = {}) => ({
  type: 'command',
  componentId: `${WS}/components/step/versions/1`,
  inputs,
  environment_variables: env,
});
const made = (node: string) => ({
  data: { job_input_type: 'literal', value: `\${{parent.jobs.${node}.outputs.made}}` },
});
const pipeline = (jobs: object, settings: object = {}) => ({
  jobType: 'Pipeline',
  settings: { default_compute: 'cpu-cluster', on_init: 'first', on_finalize: 'last', ...settings },
  jobs,
});

const forever = { DUMMY_SLEEP_MS: 'forever' };
const fails = { DUMMY_EXIT_CODE: '1' };

/** Statuses of a pipeline's nodes. */
async function statuses(s: JobScene, name: string): Promise<Record<string, string>> {
  const jobs = await Promise.all(Object.keys(await s.children(name)).map((id) => s.job(id)));
  return Object.fromEntries(jobs.map((job) => [job['displayName'] as string, job.status]));
}

test('nothing begins before the first node has completed, and the last begins after all others', async () => {
  const s = await open();
  await s.put('jobs/whole', pipeline({ last: step(), b: step({}, made('a')), a: step(), first: step(forever) }));
  await s.eventually('the first runs', async () => (await statuses(s, 'whole'))['first'] === 'Running');
  assert.deepEqual(await statuses(s, 'whole'), {
    last: 'NotStarted',
    b: 'NotStarted',
    a: 'NotStarted',
    first: 'Running',
  });
  await s.send('POST', 'jobs/whole/cancel');
  await s.until('whole', 'Canceled');
  await s.put('jobs/most', pipeline({ last: step(), b: step(forever, made('a')), a: step(), first: step() }));
  await s.eventually('b runs', async () => (await statuses(s, 'most'))['b'] === 'Running');
  assert.deepEqual(await statuses(s, 'most'), { last: 'NotStarted', b: 'Running', a: 'Completed', first: 'Completed' });
  await s.send('POST', 'jobs/most/cancel');
  await s.until('most', 'Canceled');
});

test('the last node runs when another failed, when the first failed, and when the pipeline is canceled', async () => {
  const s = await open();
  const strict = { continue_on_step_failure: false };
  await s.put('jobs/failed', pipeline({ first: step(), a: step(fails), b: step({}, made('a')), last: step() }, strict));
  await s.until('failed', 'Failed');
  assert.deepEqual(await statuses(s, 'failed'), { first: 'Completed', a: 'Failed', b: 'Canceled', last: 'Completed' });

  await s.put('jobs/unbegun', pipeline({ first: step(fails), a: step(), last: step() }));
  await s.until('unbegun', 'Failed');
  assert.deepEqual(await statuses(s, 'unbegun'), { first: 'Failed', a: 'Canceled', last: 'Completed' });

  await s.put('jobs/canceled', pipeline({ first: step(), a: step(forever), last: step() }));
  await s.eventually('a runs', async () => (await statuses(s, 'canceled'))['a'] === 'Running');
  await s.send('POST', 'jobs/canceled/cancel');
  await s.until('canceled', 'Canceled');
  assert.deepEqual(await statuses(s, 'canceled'), { first: 'Completed', a: 'Canceled', last: 'Completed' });
});

test('a last node that runs is canceled with its pipeline; one that fails, fails it', async () => {
  const s = await open();
  await s.put('jobs/cleaning', pipeline({ first: step(), a: step(), last: step(forever) }));
  await s.eventually('the last runs', async () => (await statuses(s, 'cleaning'))['last'] === 'Running');
  await s.send('POST', 'jobs/cleaning/cancel');
  await s.until('cleaning', 'Canceled');
  assert.equal((await statuses(s, 'cleaning'))['last'], 'Canceled');
  await s.put('jobs/unclean', pipeline({ first: step(), a: step(), last: step(fails) }));
  await s.until('unclean', 'Failed');
});

test('a last node that runs in a canceled pipeline is canceled when the pipeline is canceled again', async () => {
  const s = await open();
  await s.put('jobs/twice', pipeline({ first: step(), a: step(forever), last: step(forever) }));
  await s.eventually('a runs', async () => (await statuses(s, 'twice'))['a'] === 'Running');
  await s.send('POST', 'jobs/twice/cancel');
  await s.eventually('the last runs', async () => (await statuses(s, 'twice'))['last'] === 'Running');
  assert.equal((await s.job('twice')).status, 'CancelRequested');
  assert.equal((await s.send('POST', 'jobs/twice/cancel')).status, 200);
  await s.until('twice', 'Canceled');
  assert.deepEqual(await statuses(s, 'twice'), { first: 'Completed', a: 'Canceled', last: 'Canceled' });
  assert.equal((await s.send('POST', 'jobs/twice/cancel')).status, 400);
});

test('a server that comes back runs the last node of a pipeline that was being canceled', async () => {
  const s = await open();
  await s.put('jobs/interrupted', pipeline({ first: step(), a: step(forever), last: step(forever) }));
  await s.eventually('a runs', async () => (await statuses(s, 'interrupted'))['a'] === 'Running');
  await s.send('POST', 'jobs/interrupted/cancel');
  await s.eventually('the last runs', async () => (await statuses(s, 'interrupted'))['last'] === 'Running');
  await s.restart();
  assert.equal((await statuses(s, 'interrupted'))['last'], 'Running');
  assert.equal((await s.job('interrupted')).status, 'CancelRequested');
});

for (const [what, jobs, settings, said] of [
  ['a node that is not there', { a: step(), last: step() }, {}, /on_init names 'first', which is not a node/],
  ['one node for both', { first: step(), a: step() }, { on_finalize: 'first' }, /are both 'first'/],
  ['no other node', { first: step(), last: step() }, {}, /no node besides/],
  [
    'a node that others read',
    { first: step(), a: step({}, made('first')), last: step() },
    {},
    /on_init names 'first'.* connected/,
  ],
  [
    'a node that reads others',
    { first: step(), a: step(), last: step({}, made('a')) },
    {},
    /on_finalize names 'last'.* connected/,
  ],
  [
    'a node that is a pipeline with its own',
    { first: step(), a: { ...step(), settings: { on_init: 'x' } }, last: step() },
    {},
    /as in 'a'/,
  ],
] as const)
  test(`refused: ${what}`, async () => {
    const s = await open();
    const answer = await s.send('PUT', 'jobs/refused', { properties: pipeline(jobs, settings) });
    assert.equal(answer.status, 400);
    assert.match(answer.body.error.message, said);
    assert.equal((await s.send('GET', 'jobs/refused')).status, 404);
  });
