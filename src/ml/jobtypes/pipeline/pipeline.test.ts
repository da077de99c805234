import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fails, node, openPipelineScene, out, pipeline } from './pipeline-scene.ts';

describe('values that do not fit', () => {
  test('are refused with the service’s codes, before anything starts', async () => {
    const s = await openPipelineScene();
    await s.component(
      'typed',
      {
        i: { type: 'integer', min: 1, max: 5, optional: true },
        b: { type: 'boolean', optional: true },
        c: { type: 'string', enum: ['x', 'y'], optional: true },
        d: { type: 'uri_folder', optional: true },
      },
      {},
    );
    const typed = (inputs: Record<string, string>) => ({ n: node('typed', inputs), t: node('test'), m: node('make') });
    const cases: [Record<string, string>, RegExp][] = [
      [{ i: 'two' }, /'i' the value 'two'; its component expects a whole number/],
      [{ i: '9' }, /at most 5/],
      [{ b: 'perhaps' }, /expects true or false/],
      [{ c: 'z' }, /expects one of x, y/],
      [{ i: out('m', 'data') }, /data \(uri_folder\); its component expects a value of the type integer/],
      [{ d: out('t', 'ok') }, /the boolean .* expects data \(uri_folder\)/],
      [{ other: '1' }, /does not have. It has i, b, c, d/],
    ];
    for (const [inputs, message] of cases) {
      const answer = await s.refused(pipeline(typed(inputs)));
      assert.equal(answer.status, 400);
      assert.match(answer.message, message);
      assert.match(answer.codes, /InvalidComponentJobInput/);
    }
    const unknown = await s.refused(pipeline(typed({ d: out('m', 'nothing') })));
    assert.match(unknown.message, /the outputs of 'm' are data/);
    assert.match(unknown.codes, /InvalidExpressionInJob/);
  });
});

describe('failures', () => {
  test('without continue_on_step_failure the loop’s other iterations end; with it they go on', async () => {
    const s = await openPipelineScene();
    await s.component('fail', { n: { type: 'string' } }, {});
    const jobs = (more: Record<string, string>) => ({
      item: node('fail', {}, more),
      each: {
        type: 'parallel_for',
        body: '${{parent.jobs.item}}',
        items: '[{"n":"1"},{"n":"2"},{"n":"3"}]',
        max_concurrency: 1,
      },
      reader: node('use', { data: out('slow', 'data') }),
      slow: node('make', {}, { DUMMY_SLEEP_MS: '500' }),
    });
    for (const [name, goesOn] of [
      ['p1', false],
      ['p2', true],
    ] as const) {
      await s.put(`jobs/${name}`, pipeline(jobs(fails), { continue_on_step_failure: goesOn, force_rerun: true }));
      await s.eventually('the loop has failed', async () => (await s.statuses(name))['each'] === 'Failed');
      s.clock.advance(500);
      await s.until(name, 'Failed');
      const each = (await s.nodes(name))['each']?.id as string;
      const ended = Object.values(await s.children(each));
      assert.deepEqual(ended, goesOn ? ['Failed', 'Failed', 'Failed'] : ['Failed', 'Canceled', 'Canceled']);
      assert.equal((await s.statuses(name))['reader'], goesOn ? 'Completed' : 'Canceled');
    }
  });

  test('a primitive output that was not written fails the node and says where to write it', async () => {
    const s = await openPipelineScene();
    await s.put('jobs/p', pipeline({ check: node('test') }));
    const job = await s.until('p', 'Failed');
    assert.match(JSON.stringify(job['error']), /'ok' of 'check' is a boolean: its command must write it/);
  });

  test('an optional input whose producer failed is left out, and an optional output of a skipped block too', async () => {
    const s = await openPipelineScene();
    await s.component('maybe', { data: { type: 'uri_folder', optional: true, mode: 'direct' } }, {});
    await s.put(
      'jobs/p',
      pipeline({
        bad: node('make', {}, fails),
        reader: node('maybe', { data: out('bad', 'data') }),
        choose: { type: 'if_else', condition: false, true_block: '${{parent.jobs.skipped}}' },
        skipped: node('make', { word: 's' }),
        other: node('maybe', { data: out('skipped', 'data') }, { X: '1' }),
      }),
    );
    await s.until('p', 'Failed');
    const nodes = await s.nodes('p');
    assert.deepEqual(await s.statuses('p'), {
      bad: 'Failed',
      reader: 'Completed',
      choose: 'Completed',
      skipped: 'Canceled',
      other: 'Completed',
    });
    assert.deepEqual(nodes['reader']?.inputs, {});
    assert.deepEqual(nodes['other']?.inputs, {});
  });

  test('outputs of iterations and of reused nodes become assets as those of others do', async () => {
    const s = await openPipelineScene();
    const named = { data: { job_output_type: 'uri_folder', name: 'made' } };
    await s.put('jobs/p', pipeline({ n: node('make', {}, {}, { outputs: named }) }));
    await s.until('p', 'Completed');
    await s.put('jobs/q', pipeline({ n: node('make', {}, {}, { outputs: named }) }));
    await s.until('q', 'Completed');
    await s.eventually('both are registered', async () => (await s.send('GET', 'data/made/versions/2')).status === 200);
    const versions = await s.send('GET', 'data/made/versions');
    const uris = versions.body.value.map((one: { properties: { dataUri: string } }) => one.properties.dataUri);
    assert.equal(new Set(uris).size, 1);
    assert.equal((await s.nodes('q'))['n']?.outputs['data']?.uri, uris[0]);
    // Two equal ones in one job, one name each.
    const other = { data: { job_output_type: 'uri_folder', name: 'other' } };
    const both = { a: node('make', { word: 'z' }), b: node('make', { word: 'z' }, {}, { outputs: other }) };
    await s.put('jobs/r', pipeline(both));
    await s.until('r', 'Completed');
    await s.eventually('it is registered', async () => {
      const found = await s.send('GET', 'data/other/versions/1');
      const uri = found.body.properties?.dataUri;
      return uri !== undefined && uri === (await s.nodes('r'))['a']?.outputs['data']?.uri;
    });
  });
});
