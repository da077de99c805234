import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

const COMPONENT = `name: step
type: command
inputs:
  lr: {type: number}
  data: {type: uri_folder}
outputs:
  model: {type: uri_folder}
  again: {type: boolean, is_control: true}
command: python t.py \${{inputs.lr}}
environment: azureml:${WORKSPACE}/environments/e/versions/1
`;
const node = (name: string, inputs: string) =>
  `  ${name}: {type: command, component: ./step.yml, inputs: {${inputs}}}\n`;
const BOTH = `lr: 1, data: "\${{parent.inputs.raw}}"`;
const PIPELINE = `type: pipeline
inputs:
  raw: {type: uri_folder, path: https://x/y}
jobs:
${node('a', BOTH)}${node('b', BOTH)}${node('c', BOTH)}${node('body', BOTH)}${node('each1', `data: "\${{parent.inputs.raw}}"`)}${node('each2', '')}${node('each3', '')}  gate:
    type: if_else
    condition: \${{parent.jobs.a.outputs.again}}
    true_block: \${{parent.jobs.b}}
    false_block: ["\${{parent.jobs.c}}"]
  loop:
    type: do_while
    body: \${{parent.jobs.body}}
    condition: \${{parent.jobs.body.outputs.again}}
    mapping: {model: data, again: [lr]}
    limits: {max_iteration_count: 3}
  rates:
    type: parallel_for
    body: \${{parent.jobs.each1}}
    items: [{lr: 1}, {lr: 2.5}]
    max_concurrency: 2
  sets:
    type: parallel_for
    body: \${{parent.jobs.each2}}
    items: {x: {lr: 1, data: {type: uri_folder, path: https://x/z}}}
    outputs: {model: {type: mltable}}
  made:
    type: parallel_for
    body: \${{parent.jobs.each3}}
    items: \${{parent.jobs.a.outputs.model}}
`;

describe('az ml job create of control nodes', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'control');
    mkdirSync(folder);
    writeFileSync(join(folder, 'step.yml'), COMPONENT);
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    await loggedIn(fake);
  });
  const create = (yaml: string) => {
    writeFileSync(join(folder, 'job.yml'), yaml);
    return fake.az(['ml', 'job', 'create', '-g', 'rg', '-w', 'ws', '-f', 'job.yml', '-n', 'mine'], { cwd: folder });
  };

  test('choices and loops are sent as the public client sends them', async () => {
    const result = await create(PIPELINE);
    assert.equal(result.code, 0, result.err);
    const job = fake.requests.find((one) => one.method === 'PUT' && one.path === `${WORKSPACE}/jobs/mine`);
    assert.ok(job);
    const { jobs } = (job.body as { properties: { jobs: Record<string, Record<string, unknown>> } }).properties;
    assert.deepEqual(jobs['gate'], {
      type: 'if_else',
      condition: `\${{parent.jobs.a.outputs.again}}`,
      true_block: `\${{parent.jobs.b}}`,
      false_block: `\${{parent.jobs.c}}`,
      _source: 'YAML.JOB',
    });
    assert.deepEqual(jobs['loop'], {
      type: 'do_while',
      body: `\${{parent.jobs.body}}`,
      condition: 'again',
      mapping: { model: ['data'], again: ['lr'] },
      limits: { max_iteration_count: 3 },
      _source: 'YAML.JOB',
    });
    assert.deepEqual(jobs['rates'], {
      type: 'parallel_for',
      body: `\${{parent.jobs.each1}}`,
      items: '[{"lr": 1}, {"lr": 2.5}]',
      max_concurrency: 2,
      _source: 'YAML.JOB',
    });
    const { items, ...sets } = jobs['sets'] ?? {};
    assert.deepEqual(JSON.parse(String(items)), {
      x: { lr: 1, data: { uri: 'https://x/z', job_input_type: 'uri_folder' } },
    });
    assert.deepEqual(sets, {
      type: 'parallel_for',
      body: `\${{parent.jobs.each2}}`,
      outputs: { model: { job_output_type: 'mltable' } },
      _source: 'YAML.JOB',
    });
    assert.equal(jobs['made']?.['items'], `\${{parent.jobs.a.outputs.model}}`);
  });

  test('what is wrong in a control node is told with its place', async () => {
    const wrong = PIPELINE.replace('true_block: ${{parent.jobs.b}}', 'true_block: ${{parent.jobs.c}}')
      .replace('body: ${{parent.jobs.body}}', 'body: ${{parent.jobs.gone}}')
      .replace('max_iteration_count: 3', 'max_iteration_count: 3000')
      .replace('items: [{lr: 1}, {lr: 2.5}]', 'items: some')
      .replace('x: {lr: 1, data:', 'x: {data:');
    const { err } = await create(wrong);
    for (const line of [
      "jobs.gate.false_block: The job 'c' is in both blocks",
      'jobs.loop.body: Must name another job of the pipeline',
      'jobs.loop.limits.max_iteration_count: Must be 1 to 1000',
      'jobs.rates.items: Must be a list or a mapping',
      'jobs.each2.inputs.lr: Missing data for a required input',
    ])
      assert.ok(err.includes(line), `${line}\nis not in\n${err}`);
  });
});
