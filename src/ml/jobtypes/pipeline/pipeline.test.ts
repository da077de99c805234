import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { WS } from '../../arm-scene.ts';
import { type JobScene, openJobScene } from '../../job-scene.ts';

const scenes: JobScene[] = [];
after(async () => {
  for (const scene of scenes) await scene.close();
});

const ENVIRONMENT = 'azureml:AzureML-sklearn-1.5@latest';
const ref = (name: string) => `${WS}/components/${name}/versions/1`;
const literal = (value: string) => ({ job_input_type: 'literal', value });
const out = (node: string, output: string) => `\${{parent.jobs.${node}.outputs.${output}}}`;
type Env = Record<string, string>;
/** A node of a component; `env` steers the dummy driver. */
const node = (component: string, inputs: Record<string, string> = {}, env: Env = {}, more: object = {}) => ({
  type: 'command',
  componentId: ref(component),
  inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, literal(value)])),
  environment_variables: env,
  ...more,
});
const forever: Env = { DUMMY_SLEEP_MS: 'forever' };
const fails: Env = { DUMMY_EXIT_CODE: '1' };
const pipeline = (jobs: object, settings: object = {}, more: object = {}) => ({
  jobType: 'Pipeline',
  settings: { default_compute: 'cpu-cluster', ...settings },
  jobs,
  ...more,
});

type Shown = Record<string, unknown> & {
  status: string;
  displayName: string;
  inputs: Record<string, { value?: string; uri?: string }>;
  outputs: Record<string, { value?: string; uri?: string }>;
  properties: Record<string, string>;
};

async function open() {
  const s = await openJobScene();
  scenes.push(s);
  const component = (name: string, inputs: object, outputs: object, more: object = {}) =>
    s.put(`components/${name}/versions/1`, {
      componentSpec: {
        name,
        version: '1',
        type: 'command',
        command: 'true',
        environment: ENVIRONMENT,
        inputs,
        outputs,
        ...more,
      },
    });
  await component('make', { word: { type: 'string', optional: true } }, { data: { type: 'uri_folder' } });
  await component('use', { data: { type: 'uri_folder', mode: 'direct' } }, { data: { type: 'uri_folder' } });
  await component('test', { word: { type: 'string', optional: true } }, { ok: { type: 'boolean', is_control: true } });
  await component(
    'count',
    { n: { type: 'integer', default: 0 } },
    { next: { type: 'integer' }, again: { type: 'boolean' } },
  );
  await component('read', { n: { type: 'string', optional: true } }, {});
  return {
    ...s,
    component,
    /** The runs below a run by display name. */
    async nodes(name: string): Promise<Record<string, Shown & { id: string }>> {
      const ids = Object.keys(await s.children(name));
      const jobs = await Promise.all(ids.map(async (id) => ({ id, ...((await s.job(id)) as Shown) })));
      return Object.fromEntries(jobs.map((job) => [job.displayName, job]));
    },
    async statuses(name: string): Promise<Record<string, string>> {
      const ids = Object.keys(await s.children(name));
      const jobs = await Promise.all(ids.map((id) => s.job(id)));
      return Object.fromEntries(jobs.map((job) => [job['displayName'], job.status]));
    },
    async refused(body: object): Promise<{ status: number; message: string; codes: string }> {
      const answer = await s.send('PUT', 'jobs/refused', { properties: body });
      assert.equal((await s.send('GET', 'jobs/refused')).status, 404, 'something was kept');
      return { status: answer.status, message: answer.body.error?.message, codes: JSON.stringify(answer.body.error) };
    },
  };
}

describe('control flow', () => {
  for (const [value, runs] of [
    ['True', 'yes'],
    ['false', 'no'],
  ] as const)
    test(`if_else on a primitive output that is ${value} runs one block, and skips the other with what reads it`, async () => {
      const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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

describe('values that do not fit', () => {
  test('are refused with the service’s codes, before anything starts', async () => {
    const s = await open();
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

describe('reuse', () => {
  test('a node equal to one that has completed takes its result over, and is marked as the service marks it', async () => {
    const s = await open();
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
    const s = await open();
    await s.component('dice', {}, {}, { is_deterministic: false });
    const runs = async (name: string, jobs: object, settings: object = {}) => {
      await s.put(`jobs/${name}`, pipeline(jobs, settings));
      await s.until(name, 'Completed');
      return Object.values(await s.nodes(name)).map((run) => run.properties['azureml.isreused'] !== 'true');
    };
    const make = (word: string, env: Env = {}, more: object = {}) => ({ n: node('make', { word }, env, more) });
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
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
    const s = await open();
    await s.put('jobs/p', pipeline({ slow: jobs.slow, waits: jobs.waits, other: node('read', { n: '1' }) }));
    await s.eventually('it runs', async () => (await s.statuses('p'))['slow'] === 'Running');
    await s.send('POST', `jobs/${(await s.nodes('p'))['slow']?.id}/cancel`);
    await s.until('p', 'Canceled');
    assert.deepEqual(await s.statuses('p'), { slow: 'Canceled', waits: 'Canceled', other: 'Completed' });
  });

  test('after a restart of the server, while nodes run', async () => {
    const s = await open();
    await s.put('jobs/p', pipeline(jobs));
    await s.eventually('it runs', async () => (await s.statuses('p'))['slow'] === 'Running');
    await s.restart();
    assert.equal((await s.send('POST', 'jobs/p/cancel')).status, 200);
    await s.until('p', 'Canceled');
    assert.deepEqual([...new Set(Object.values(await s.statuses('p')))], ['Canceled']);
  });
});

describe('failures', () => {
  test('without continue_on_step_failure the loop’s other iterations end; with it they go on', async () => {
    const s = await open();
    await s.component('fail', { n: { type: 'string' } }, {});
    const jobs = (more: Env) => ({
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
    const s = await open();
    await s.put('jobs/p', pipeline({ check: node('test') }));
    const job = await s.until('p', 'Failed');
    assert.match(JSON.stringify(job['error']), /'ok' of 'check' is a boolean: its command must write it/);
  });

  test('an optional input whose producer failed is left out, and an optional output of a skipped block too', async () => {
    const s = await open();
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
    const s = await open();
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
