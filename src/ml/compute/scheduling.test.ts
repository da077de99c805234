import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type JobScene, openJobScene } from '../job-scene.ts';

const scenes: JobScene[] = [];
after(async () => {
  for (const scene of scenes) await scene.close();
});
const open = async (cores = 4) => {
  const scene = await openJobScene(cores);
  scenes.push(scene);
  return scene;
};
const cluster = (more: object = {}, scale: object = {}) => ({
  computeType: 'AmlCompute',
  properties: {
    vmSize: 'STANDARD_DS3_V2',
    vmPriority: 'Dedicated',
    scaleSettings: { minNodeCount: 0, maxNodeCount: 3, nodeIdleTimeBeforeScaleDown: 'PT120S', ...scale },
    ...more,
  },
});
const job = (milliseconds: number, more: object = {}) => ({
  jobType: 'Command',
  command: 'true',
  environmentId: 'azureml:AzureML-sklearn-1.5@latest',
  environmentVariables: { DUMMY_SLEEP_MS: String(milliseconds) },
  computeId: 'c1',
  ...more,
});
const nodesOf = async (s: JobScene) => {
  const inner = (await s.send('GET', 'computes/c1')).body.properties.properties;
  return {
    current: inner.currentNodeCount,
    target: inner.targetNodeCount,
    running: inner.nodeStateCounts.runningNodeCount,
  };
};

describe('clusters and their queue', () => {
  test('a cluster grows with its jobs to its maximum, and after its idle time back to none', async () => {
    const s = await open();
    await s.put('computes/c1', cluster());
    assert.deepEqual(await nodesOf(s), { current: 0, target: 0, running: 0 });
    for (const name of ['j1', 'j2', 'j3', 'j4']) await s.put(`jobs/${name}`, job(60_000));
    for (const name of ['j1', 'j2', 'j3']) await s.until(name, 'Running');
    await s.until('j4', 'Queued');
    assert.deepEqual(await nodesOf(s), { current: 3, target: 3, running: 3 });
    const { nodes } = (await s.send('POST', 'computes/c1/listNodes', {})).body;
    assert.deepEqual(
      nodes.map((node: { nodeState: string; runId: string }) => [node.nodeState, node.runId]),
      [
        ['running', 'j1'],
        ['running', 'j2'],
        ['running', 'j3'],
      ],
    );
    s.clock.advance(60_000);
    await s.until('j4', 'Running');
    for (const name of ['j1', 'j2', 'j3']) await s.until(name, 'Completed');
    assert.deepEqual(await nodesOf(s), { current: 3, target: 3, running: 1 });
    s.clock.advance(60_000);
    await s.until('j4', 'Completed');
    s.clock.advance(119_000);
    assert.deepEqual(await nodesOf(s), { current: 1, target: 1, running: 0 });
    s.clock.advance(1_000);
    assert.deepEqual(await nodesOf(s), { current: 0, target: 0, running: 0 });
  });

  test('a job that waits for its turn is a run that MLflow finds, as soon as its request is answered', async () => {
    const s = await open();
    await s.put('computes/c1', cluster({}, { maxNodeCount: 1 }));
    await s.put('jobs/first', job(60_000));
    await s.until('first', 'Running');
    await s.put('jobs/second', job(0));
    const statuses = async () =>
      (await s.sql(`SELECT status FROM mltrack_runs WHERE run_id = 'second'`)).map(
        (row) => (row as { status: string }).status,
      );
    assert.deepEqual(await statuses(), ['SCHEDULED']);
    await s.until('second', 'Queued');
    assert.deepEqual(await statuses(), ['SCHEDULED']);
  });

  test('queue_settings decide who is next; a job of several nodes waits for all of them', async () => {
    const s = await open(2);
    await s.put('computes/c1', cluster());
    await s.put('jobs/first', job(10_000, { resources: { instanceCount: 2 } }));
    await s.until('first', 'Running');
    await s.put('jobs/spot', job(10_000, { queueSettings: { jobTier: 'Spot' } }));
    await s.put('jobs/plain', job(10_000));
    await s.put('jobs/urgent', job(10_000, { queueSettings: { jobTier: 'Standard', priority: 3 } }));
    await s.put('jobs/wide', job(10_000, { resources: { instanceCount: 2 }, queueSettings: { jobTier: 'Premium' } }));
    for (const name of ['spot', 'plain', 'urgent', 'wide']) await s.until(name, 'Queued');
    s.clock.advance(10_000);
    await s.until('wide', 'Running');
    assert.equal((await s.job('urgent')).status, 'Queued');
    s.clock.advance(10_000);
    await s.until('urgent', 'Running');
    await s.until('plain', 'Running');
    assert.equal((await s.job('spot')).status, 'Queued');
    s.clock.advance(10_000);
    await s.until('spot', 'Running');
  });

  test('the jobs of one experiment do not hold up another’s', async () => {
    const s = await open(2);
    await s.put('computes/c1', cluster());
    for (const name of ['a1', 'a2', 'a3', 'a4']) await s.put(`jobs/${name}`, job(10_000, { experimentName: 'a' }));
    await s.until('a2', 'Running');
    await s.put('jobs/b1', job(10_000, { experimentName: 'b' }));
    await s.until('b1', 'Queued');
    s.clock.advance(10_000);
    await s.until('b1', 'Running');
    await s.until('a3', 'Running');
    assert.equal((await s.job('a4')).status, 'Queued');
  });

  test('a job is cancelled while it is queued, while it runs, and just after it was asked for', async () => {
    const s = await open(1);
    await s.put('computes/c1', cluster());
    await s.put('jobs/runs', job(60_000));
    await s.put('jobs/waits', job(60_000));
    await s.put('jobs/next', job(60_000));
    await s.until('runs', 'Running');
    await s.until('waits', 'Queued');
    await s.send('POST', 'jobs/waits/cancel');
    await s.until('waits', 'Canceled');
    await s.send('POST', 'jobs/runs/cancel');
    await s.until('runs', 'Canceled');
    await s.until('next', 'Running');
    await s.put('jobs/new', job(60_000));
    await s.send('POST', 'jobs/new/cancel');
    await s.until('new', 'Canceled');
    assert.deepEqual(await nodesOf(s), { current: 1, target: 1, running: 1 });
  });

  test('a lost node of low priority sends its job back into the queue, under a launch of its own', async () => {
    const s = await open(1);
    await s.put('computes/c1', cluster({ vmPriority: 'LowPriority' }));
    await s.put('jobs/j1', job(60_000));
    await s.until('j1', 'Running');
    s.clock.advance(30_000);
    s.loseNodes();
    await s.eventually('the job runs again', async () => {
      const [node] = (await s.send('POST', 'computes/c1/listNodes', {})).body.nodes;
      return node?.nodeId === 'node-1' && (await s.job('j1')).status === 'Running';
    });
    s.clock.advance(59_000);
    assert.equal((await s.job('j1')).status, 'Running', 'it began anew');
    s.clock.advance(1_000);
    await s.until('j1', 'Completed');
  });

  test('a lost node of a dedicated cluster fails its job, and says that it was not the command', async () => {
    const s = await open(1);
    await s.put('computes/c1', cluster());
    await s.put('jobs/j1', job(60_000));
    await s.until('j1', 'Running');
    s.loseNodes();
    const { error } = await s.until('j1', 'Failed');
    assert.equal((error as { code: string }).code, 'SystemError');
    assert.match(JSON.stringify(error), /the machine went down under them/);
    assert.deepEqual(await nodesOf(s), { current: 0, target: 0, running: 0 });
  });

  test('one that is cancelled in the moment its node is lost ends as cancelled', async () => {
    const s = await open(1);
    await s.put('computes/c1', cluster({ vmPriority: 'LowPriority' }));
    await s.put('jobs/j1', job(60_000));
    await s.until('j1', 'Running');
    const canceled = s.send('POST', 'jobs/j1/cancel');
    s.loseNodes();
    await canceled;
    await s.until('j1', 'Canceled');
  });

  test('a compute that is deleted under its jobs leaves none of them waiting for ever', async () => {
    const s = await open(1);
    await s.put('computes/c1', cluster());
    await s.put('jobs/j1', job(60_000));
    await s.put('jobs/j2', job(60_000));
    await s.until('j1', 'Running');
    await s.until('j2', 'Queued');
    assert.equal((await s.send('DELETE', 'computes/c1')).status, 200);
    s.clock.advance(60_000);
    await s.until('j1', 'Completed');
    await s.until('j2', 'Running');
    s.clock.advance(60_000);
    await s.until('j2', 'Completed');
  });

  test('another maximum holds at once', async () => {
    const s = await open();
    await s.put('computes/c1', cluster({}, { maxNodeCount: 1 }));
    await s.put('jobs/j1', job(60_000));
    await s.put('jobs/j2', job(60_000));
    await s.until('j1', 'Running');
    await s.until('j2', 'Queued');
    const scaleSettings = { minNodeCount: 1, maxNodeCount: 2 };
    assert.equal((await s.send('PATCH', 'computes/c1', { properties: { properties: { scaleSettings } } })).status, 200);
    await s.until('j2', 'Running');
    s.clock.advance(60_000);
    await s.until('j2', 'Completed');
    s.clock.advance(1_000_000);
    assert.deepEqual(await nodesOf(s), { current: 1, target: 1, running: 0 });
  });
});
