import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fails, node, openPipelineScene, out, pipeline } from './pipeline-scene.ts';

describe('reuse', () => {
  test('a node equal to one that has completed takes its result over, and is marked as the service marks it', async () => {
    const s = await openPipelineScene();
    const jobs = { make: node('make', { word: 'hi' }), use: node('use', { data: out('make', 'data') }) };
    await s.put('jobs/first', pipeline(jobs));
    await s.until('first', 'Completed');
    await s.put('jobs/second', pipeline(jobs));
    await s.until('second', 'Completed');
    const [a, b] = [await s.nodes('first'), await s.nodes('second')];
    assert.equal(a['make']?.properties['azureml.isreused'], undefined);
    for (const key of ['make', 'use']) {
      const properties = b[key]?.properties as Record<string, string>;
      assert.equal(properties['azureml.isreused'], 'true');
      assert.equal(properties['azureml.reusedrunid'], a[key]?.id);
      assert.equal(properties['azureml.reusednodeid'], a[key]?.properties['azureml.nodeid']);
      assert.equal(properties['azureml.reusedpipelinerunid'], 'first');
      assert.equal(b[key]?.outputs['data']?.uri, a[key]?.outputs['data']?.uri);
    }
    assert.equal(b['use']?.inputs['data']?.uri, a['make']?.outputs['data']?.uri);
  });

  test('what differs, what is forced and what is not deterministic runs', async () => {
    const s = await openPipelineScene();
    await s.component('dice', {}, {}, { is_deterministic: false });
    const runs = async (name: string, jobs: object, settings: object = {}) => {
      await s.put(`jobs/${name}`, pipeline(jobs, settings));
      await s.until(name, 'Completed');
      return Object.values(await s.nodes(name)).map((run) => run.properties['azureml.isreused'] !== 'true');
    };
    const make = (word: string, env: Record<string, string> = {}, more: object = {}) => ({
      n: node('make', { word }, env, more),
    });
    assert.deepEqual(await runs('p1', make('a')), [true]);
    assert.deepEqual(await runs('p2', make('a')), [false]);
    assert.deepEqual(await runs('p3', make('b')), [true], 'another value');
    assert.deepEqual(await runs('p4', make('a', { X: '1' })), [true], 'another variable');
    assert.deepEqual(
      await runs('p5', make('a', {}, { resources: { instance_count: 2 } })),
      [false],
      'resources do not matter',
    );
    assert.deepEqual(await runs('p6', make('a'), { force_rerun: true }), [true], 'forced');
    assert.deepEqual(await runs('p7', { n: node('dice') }), [true]);
    assert.deepEqual(await runs('p8', { n: node('dice') }), [true], 'not deterministic');
  });

  test('a failed run is not reused; when its job is deleted, a completed one is not either', async () => {
    const s = await openPipelineScene();
    await s.put('jobs/bad', pipeline({ n: node('make', {}, fails) }));
    await s.until('bad', 'Failed');
    await s.put('jobs/again', pipeline({ n: node('make', {}, fails) }));
    await s.until('again', 'Failed');
    await s.put('jobs/good', pipeline({ n: node('make') }));
    await s.until('good', 'Completed');
    assert.equal((await s.send('DELETE', 'jobs/good')).status, 200);
    await s.put('jobs/other', pipeline({ n: node('make') }));
    await s.until('other', 'Completed');
    assert.equal((await s.nodes('other'))['n']?.properties['azureml.isreused'], undefined);
  });

  test('an equal node of the same job waits for the first one, not started, and runs itself when that fails', async () => {
    const s = await openPipelineScene();
    const env = { DUMMY_SLEEP_MS: '1000' };
    await s.put('jobs/p', pipeline({ a: node('make', {}, env), b: node('make', {}, env) }));
    await s.eventually('a runs', async () => (await s.statuses('p'))['a'] === 'Running');
    assert.equal((await s.statuses('p'))['b'], 'NotStarted');
    s.clock.advance(1000);
    await s.until('p', 'Completed');
    const nodes = await s.nodes('p');
    assert.equal(nodes['b']?.properties['azureml.reusedrunid'], nodes['a']?.id);
    const failing = { ...env, ...fails };
    await s.put('jobs/q', pipeline({ a: node('make', {}, failing), b: node('make', {}, failing) }));
    await s.eventually('a runs', async () => (await s.statuses('q'))['a'] === 'Running');
    s.clock.advance(1000);
    await s.eventually('b runs', async () => (await s.statuses('q'))['b'] === 'Running');
    s.clock.advance(1000);
    await s.until('q', 'Failed');
  });

  test('after a restart of the server equal nodes wait on for the one that runs, also those that come later', async () => {
    const s = await openPipelineScene();
    const slow = { DUMMY_SLEEP_MS: '1000' };
    const jobs = {
      a: node('make', { word: 'x' }, slow),
      b: node('make', { word: 'x' }, slow),
      // What it waits for has ended only when the server is back.
      late: node('make', { word: 'x' }, slow),
      choose: { type: 'if_else', condition: out('check', 'ok'), true_block: '${{parent.jobs.late}}' },
      check: node('test', {}, { DUMMY_SLEEP_MS: '500', DUMMY_WRITES: JSON.stringify({ AZURE_ML_OUTPUT_ok: 'true' }) }),
    };
    await s.put('jobs/p', pipeline(jobs));
    await s.eventually('a and check run', async () => {
      const { a, check } = await s.statuses('p');
      return a === 'Running' && check === 'Running';
    });
    await s.restart();
    await s.eventually('a is taken up', async () => (await s.statuses('p'))['a'] === 'Running');
    assert.equal((await s.statuses('p'))['b'], 'NotStarted');
    s.clock.advance(500);
    await s.eventually('the condition has chosen', async () => (await s.statuses('p'))['choose'] === 'Completed');
    assert.equal((await s.statuses('p'))['late'], 'NotStarted');
    s.clock.advance(500);
    await s.until('p', 'Completed');
    assert.equal(s.launches(), 2);
    const nodes = await s.nodes('p');
    for (const key of ['b', 'late']) assert.equal(nodes[key]?.properties['azureml.reusedrunid'], nodes['a']?.id, key);
  });

  test('after a restart an equal node that waited runs itself when the first one fails', async () => {
    const s = await openPipelineScene();
    const failing = { DUMMY_SLEEP_MS: '1000', ...fails };
    await s.put('jobs/q', pipeline({ a: node('make', {}, failing), b: node('make', {}, failing) }));
    await s.eventually('a runs', async () => (await s.statuses('q'))['a'] === 'Running');
    await s.restart();
    await s.eventually('a is taken up', async () => (await s.statuses('q'))['a'] === 'Running');
    assert.equal((await s.statuses('q'))['b'], 'NotStarted');
    s.clock.advance(1000);
    await s.eventually('b runs', async () => (await s.statuses('q'))['b'] === 'Running');
    s.clock.advance(1000);
    await s.until('q', 'Failed');
    assert.equal(s.launches(), 2);
  });
});
