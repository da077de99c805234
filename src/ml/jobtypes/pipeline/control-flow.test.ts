import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { literal, node, openPipelineScene, out, pipeline, ref } from './pipeline-scene.ts';

describe('control flow', () => {
  for (const [value, runs] of [
    ['True', 'yes'],
    ['false', 'no'],
  ] as const)
    test(`if_else on a primitive output that is ${value} runs one block, and skips the other with what reads it`, async () => {
      const s = await openPipelineScene();
      await s.put(
        'jobs/p',
        pipeline({
          check: node('test', {}, { DUMMY_WRITES: JSON.stringify({ AZURE_ML_OUTPUT_ok: value }) }),
          choose: {
            type: 'if_else',
            condition: out('check', 'ok'),
            true_block: '${{parent.jobs.yes}}',
            false_block: ['${{parent.jobs.no}}'],
          },
          yes: node('make'),
          no: node('make', { word: 'no' }),
          'after-yes': node('use', { data: out('yes', 'data') }),
        }),
      );
      assert.equal((await s.until('p', 'Completed', 'Failed', 'Canceled')).status, 'Completed');
      const statuses = await s.statuses('p');
      assert.deepEqual(statuses, {
        check: 'Completed',
        choose: 'Completed',
        yes: runs === 'yes' ? 'Completed' : 'Canceled',
        no: runs === 'no' ? 'Completed' : 'Canceled',
        'after-yes': runs === 'yes' ? 'Completed' : 'Canceled',
      });
      assert.deepEqual((await s.nodes('p'))['check']?.outputs['ok'], { jobOutputType: 'literal', value });
    });

  test('if_else on an input of the pipeline, inside a nested pipeline; both blocks are the same output', async () => {
    const s = await openPipelineScene();
    await s.put('components/inner/versions/1', {
      componentSpec: {
        name: 'inner',
        version: '1',
        type: 'pipeline',
        inputs: { fast: { type: 'boolean' } },
        outputs: { result: { type: 'uri_folder' } },
        jobs: {
          choose: {
            type: 'if_else',
            condition: '${{parent.inputs.fast}}',
            true_block: '${{parent.jobs.quick}}',
            false_block: '${{parent.jobs.slow}}',
          },
          quick: node('make', { word: 'quick' }, {}, { outputs: { data: { value: '${{parent.outputs.result}}' } } }),
          slow: node('make', { word: 'slow' }, {}, { outputs: { data: { value: '${{parent.outputs.result}}' } } }),
        },
      },
    });
    await s.put(
      'jobs/p',
      pipeline(
        {
          nested: { type: 'pipeline', componentId: ref('inner'), inputs: { fast: literal('${{parent.inputs.fast}}') } },
          use: node('use', { data: out('nested', 'result') }),
        },
        {},
        { inputs: { fast: { jobInputType: 'literal', value: 'False' } } },
      ),
    );
    await s.until('p', 'Completed');
    const outer = await s.nodes('p');
    assert.deepEqual(await s.statuses(outer['nested']?.id as string), {
      choose: 'Completed',
      quick: 'Canceled',
      slow: 'Completed',
    });
    const inner = await s.nodes(outer['nested']?.id as string);
    assert.equal(outer['use']?.inputs['data']?.uri, inner['slow']?.outputs['data']?.uri);
  });

  test('do_while goes on while its condition holds, hands outputs on as inputs, and what follows reads the last iteration', async () => {
    const s = await openPipelineScene();
    const writes = { AZURE_ML_OUTPUT_next: ['1', '2', '3'], AZURE_ML_OUTPUT_again: ['true', 'True', 'false'] };
    await s.put(
      'jobs/p',
      pipeline({
        body: node('count', { n: '0' }, { DUMMY_WRITES: JSON.stringify(writes) }),
        loop: {
          type: 'do_while',
          body: '${{parent.jobs.body}}',
          condition: 'again',
          mapping: { next: ['n'] },
          limits: { max_iteration_count: 10 },
        },
        after: node('read', { n: `n=${out('body', 'next')}` }),
      }),
    );
    await s.until('p', 'Completed');
    const nodes = await s.nodes('p');
    const iterations = Object.values(await s.nodes(nodes['loop']?.id as string));
    assert.deepEqual(
      iterations.map((run) => run.inputs['n']?.value),
      ['0', '1', '2'],
    );
    assert.equal(nodes['after']?.inputs['n']?.value, 'n=3');
    assert.equal(nodes['body'], undefined, 'the body itself is no node');
  });

  test('do_while ends at its limit, and without a condition only there', async () => {
    const s = await openPipelineScene();
    const loop = (condition: object) => ({
      type: 'do_while',
      body: '${{parent.jobs.body}}',
      mapping: {},
      limits: { max_iteration_count: 3 },
      ...condition,
    });
    const writes = JSON.stringify({ AZURE_ML_OUTPUT_next: '1', AZURE_ML_OUTPUT_again: 'true' });
    for (const [name, condition] of [
      ['p1', { condition: 'again' }],
      ['p2', {}],
    ] as const) {
      await s.put(
        `jobs/${name}`,
        pipeline({ body: node('count', {}, { DUMMY_WRITES: writes }), loop: loop(condition) }),
      );
      await s.until(name, 'Completed');
      const id = (await s.nodes(name))['loop']?.id as string;
      assert.equal(Object.keys(await s.children(id)).length, 3, name);
    }
  });

  test('parallel_for runs its body for each item, no more at once than it says, and gathers what they make', async () => {
    const s = await openPipelineScene();
    const items = [{ word: 'a' }, { word: 'b' }, { word: '${{parent.inputs.third}}' }];
    await s.put(
      'jobs/p',
      pipeline(
        {
          body: node('make', {}, { DUMMY_SLEEP_MS: '1000' }),
          each: {
            type: 'parallel_for',
            body: '${{parent.jobs.body}}',
            items: JSON.stringify(items),
            max_concurrency: 2,
          },
          use: node('use', { data: out('each', 'data') }),
        },
        {},
        { inputs: { third: { jobInputType: 'literal', value: 'c' } } },
      ),
    );
    await s.eventually('two run', async () => {
      const id = (await s.nodes('p'))['each']?.id as string;
      return Object.values(await s.children(id)).join() === 'Running,Running,NotStarted';
    });
    s.clock.advance(1000);
    await s.eventually('the third runs', async () => {
      const id = (await s.nodes('p'))['each']?.id as string;
      return Object.values(await s.children(id)).join() === 'Completed,Completed,Running';
    });
    s.clock.advance(1000);
    await s.until('p', 'Completed');
    const nodes = await s.nodes('p');
    const iterations = Object.values(await s.nodes(nodes['each']?.id as string));
    assert.deepEqual(
      iterations.map((run) => run.inputs['word']?.value),
      ['a', 'b', 'c'],
    );
    const table = nodes['use']?.inputs['data']?.uri as string;
    assert.equal(table, nodes['each']?.outputs['data']?.uri);
    const file = await s.datastoreFolder(`${table.split('/paths/')[1]}MLTable`);
    const text = readFileSync(file, 'utf8');
    assert.match(text, /type: mltable/);
    for (const run of iterations) assert.ok(text.includes(run.outputs['data']?.uri as string));
  });

  test('parallel_for over items that a node writes, with values gathered as a list', async () => {
    const s = await openPipelineScene();
    await s.component('list', {}, { items: { type: 'string' } });
    const items = JSON.stringify([{ n: '5' }, { n: 7 }]);
    await s.put(
      'jobs/p',
      pipeline({
        list: node('list', {}, { DUMMY_WRITES: JSON.stringify({ AZURE_ML_OUTPUT_items: items }) }),
        body: node(
          'count',
          {},
          { DUMMY_WRITES: JSON.stringify({ AZURE_ML_OUTPUT_next: ['6', '8'], AZURE_ML_OUTPUT_again: 'false' }) },
        ),
        each: { type: 'parallel_for', body: '${{parent.jobs.body}}', items: out('list', 'items') },
        after: node('read', { n: out('each', 'next') }),
      }),
    );
    await s.until('p', 'Completed');
    const nodes = await s.nodes('p');
    const iterations = Object.values(await s.nodes(nodes['each']?.id as string));
    assert.deepEqual(
      iterations.map((run) => run.inputs['n']?.value),
      ['5', '7'],
    );
    assert.deepEqual(JSON.parse(nodes['after']?.inputs['n']?.value as string).sort(), ['6', '8']);
  });

  test('items that a node writes wrongly fail the loop and say why', async () => {
    const s = await openPipelineScene();
    await s.component('list', {}, { items: { type: 'string' } });
    await s.put(
      'jobs/p',
      pipeline({
        list: node('list', {}, { DUMMY_WRITES: JSON.stringify({ AZURE_ML_OUTPUT_items: '[{"m": 1}]' }) }),
        body: node('count'),
        each: { type: 'parallel_for', body: '${{parent.jobs.body}}', items: out('list', 'items') },
      }),
    );
    const job = await s.until('p', 'Failed');
    assert.match(JSON.stringify(job['error']), /sets the input 'm', which its body 'body' does not have/);
  });

  test('a loop in the body of a loop, and a pipeline as a body', async () => {
    const s = await openPipelineScene();
    await s.put('components/inner/versions/1', {
      componentSpec: {
        name: 'inner',
        version: '1',
        type: 'pipeline',
        inputs: { word: { type: 'string' } },
        outputs: { made: { type: 'uri_folder' } },
        jobs: {
          step: node(
            'make',
            { word: 'x-${{parent.inputs.word}}' },
            {},
            { outputs: { data: { value: '${{parent.outputs.made}}' } } },
          ),
          body: node('read', { n: '${{parent.inputs.word}}' }),
          each: {
            type: 'parallel_for',
            body: '${{parent.jobs.body}}',
            items: '[{"n":"${{parent.inputs.word}}-1"},{"n":"2"}]',
          },
        },
      },
    });
    await s.put(
      'jobs/p',
      pipeline({
        body: { type: 'pipeline', componentId: ref('inner') },
        each: { type: 'parallel_for', body: '${{parent.jobs.body}}', items: '{"one":{"word":"a"},"two":{"word":"b"}}' },
      }),
    );
    await s.until('p', 'Completed');
    const [first, second] = Object.values(await s.nodes((await s.nodes('p'))['each']?.id as string));
    for (const [run, word] of [
      [first, 'a'],
      [second, 'b'],
    ] as const) {
      const inside = await s.nodes(run?.id as string);
      assert.equal(inside['step']?.inputs['word']?.value, `x-${word}`);
      assert.equal(inside['step']?.outputs['data']?.uri, run?.outputs['made']?.uri);
      const leaves = Object.values(await s.nodes(inside['each']?.id as string));
      assert.deepEqual(
        leaves.map((leaf) => leaf.inputs['n']?.value),
        [`${word}-1`, '2'],
      );
    }
    assert.notEqual(first?.outputs['made']?.uri, second?.outputs['made']?.uri);
  });

  test('control flow that leads nowhere is refused before anything starts', async () => {
    const s = await openPipelineScene();
    const body = node('count');
    const loop = (more: object) => ({
      type: 'do_while',
      body: '${{parent.jobs.body}}',
      mapping: {},
      limits: { max_iteration_count: 2 },
      ...more,
    });
    const each = (items: unknown, more: object = {}) => ({
      type: 'parallel_for',
      body: '${{parent.jobs.body}}',
      items,
      ...more,
    });
    const cases: [object, RegExp][] = [
      [
        { c: { type: 'if_else', condition: 'maybe', true_block: '${{parent.jobs.body}}' }, body },
        /must be true, false or a binding/,
      ],
      [{ c: { type: 'if_else', condition: true }, body }, /neither a true_block nor a false_block/],
      [{ c: { type: 'if_else', condition: true, true_block: '${{parent.jobs.gone}}' }, body }, /in a block/],
      [
        {
          c: { type: 'if_else', condition: out('m', 'data'), true_block: '${{parent.jobs.body}}' },
          body,
          m: node('make'),
        },
        /is data/,
      ],
      [
        { c: { type: 'if_else', condition: out('body', 'again'), true_block: '${{parent.jobs.body}}' }, body },
        /wait for each other/,
      ],
      [{ w: loop({ body: '${{parent.jobs.gone}}' }), body }, /must be a node of the pipeline/],
      [{ w: loop({ condition: 'gone' }), body }, /names the output 'gone'/],
      [{ w: loop({ mapping: { next: ['gone'] } }), body }, /to the input 'gone'/],
      [{ w: loop({ limits: { max_iteration_count: 1001 } }), body }, /must be 1 to 1000/],
      [{ w: loop({}), v: loop({}), body }, /is the body of both/],
      [{ e: each('[]'), body }, /at least one/],
      [{ e: each('[{"n":1},{"m":1}]'), body }, /sets the same inputs/],
      [{ e: each('no JSON'), body }, /JSON text/],
      [{ e: each('[{"n":1}]', { max_concurrency: 0 }), body }, /at least 1/],
      [{ e: each('[{}]'), body: { ...node('use'), inputs: {} } }, /no value for the required input 'data'/],
    ];
    for (const [jobs, message] of cases) {
      const answer = await s.refused(pipeline(jobs));
      assert.equal(answer.status, 400, `${message}: ${answer.message}`);
      assert.match(answer.message, message);
      assert.match(answer.codes, /InvalidPipelineJob/);
    }
  });
});
