import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forever, node, openPipelineScene, out, pipeline } from './pipeline-scene.ts';

describe('cancelling', () => {
  const jobs = {
    slow: node('make', {}, forever),
    waits: node('use', { data: out('slow', 'data') }),
    body: node('count', { n: '1' }, forever),
    loop: { type: 'do_while', body: '${{parent.jobs.body}}', mapping: {}, limits: { max_iteration_count: 5 } },
    item: node('read', {}, forever),
    each: { type: 'parallel_for', body: '${{parent.jobs.item}}', items: '[{"n":"1"},{"n":"2"}]', max_concurrency: 1 },
  };

  test('at once after the job was taken', async () => {
    const s = await openPipelineScene();
    await s.put('jobs/p', pipeline(jobs));
    assert.equal((await s.send('POST', 'jobs/p/cancel')).status, 200);
    await s.until('p', 'Canceled');
    const nodes = await s.nodes('p');
    for (const run of Object.values(nodes)) {
      assert.equal(run.status, 'Canceled');
      for (const status of Object.values(await s.children(run.id))) assert.equal(status, 'Canceled');
    }
    const again = await s.send('POST', 'jobs/p/cancel');
    assert.equal(again.status, 400);
    assert.match(JSON.stringify(again.body), /CancelPipelineRunInTerminalStatus/);
  });

  test('while its nodes and iterations run', async () => {
    const s = await openPipelineScene();
    await s.put('jobs/p', pipeline(jobs));
    await s.eventually('all run', async () => {
      const nodes = await s.nodes('p');
      const below = await Promise.all(['loop', 'each'].map((key) => s.children(nodes[key]?.id as string)));
      return nodes['slow']?.status === 'Running' && below.every((runs) => Object.values(runs).includes('Running'));
    });
    await s.send('POST', 'jobs/p/cancel');
    await s.until('p', 'Canceled');
    assert.deepEqual([...new Set(Object.values(await s.statuses('p')))], ['Canceled']);
  });

  test('one node alone: what reads it goes with it, the rest goes on', async () => {
    const s = await openPipelineScene();
    await s.put('jobs/p', pipeline({ slow: jobs.slow, waits: jobs.waits, other: node('read', { n: '1' }) }));
    await s.eventually('it runs', async () => (await s.statuses('p'))['slow'] === 'Running');
    await s.send('POST', `jobs/${(await s.nodes('p'))['slow']?.id}/cancel`);
    await s.until('p', 'Canceled');
    assert.deepEqual(await s.statuses('p'), { slow: 'Canceled', waits: 'Canceled', other: 'Completed' });
  });

  test('after a restart of the server, while nodes run', async () => {
    const s = await openPipelineScene();
    await s.put('jobs/p', pipeline(jobs));
    await s.eventually('it runs', async () => (await s.statuses('p'))['slow'] === 'Running');
    await s.restart();
    assert.equal((await s.send('POST', 'jobs/p/cancel')).status, 200);
    await s.until('p', 'Canceled');
    assert.deepEqual([...new Set(Object.values(await s.statuses('p')))], ['Canceled']);
  });
});
