import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

const CODE = `azureml:${WORKSPACE}/codes/c/versions/1`;
const ENVIRONMENT = `azureml:${WORKSPACE}/environments/e/versions/1`;
const RULES = `input_data: \${{inputs.data}}
mini_batch_size: "10kb"
mini_batch_error_threshold: 3
error_threshold: 4
max_concurrency_per_instance: 2
retry_settings: {max_retries: 2, timeout: 60}
logging_level: DEBUG
resources: {instance_count: 2}
partition_keys: [a, b]
task:
  type: run_function
  code: ${CODE}
  entry_script: score.py
  environment: ${ENVIRONMENT}
  append_row_to: \${{outputs.out}}
  program_arguments: --x \${{inputs.data}}
`;
const COMPONENT = `name: scorer
description: Scores.
type: parallel
inputs:
  data: {type: uri_folder}
outputs:
  out: {type: uri_file}
${RULES}`;
const PIPELINE = `type: pipeline
inputs:
  raw: {type: uri_folder, path: https://x/y}
jobs:
  written:
    type: parallel
    inputs: {data: "\${{parent.inputs.raw}}"}
    outputs: {out: {type: uri_file}}
    environment_variables: {A: b}
${RULES.replace(/^(?=.)/gm, '    ')}  named:
    type: parallel
    component: ./scorer.yml
    inputs: {data: "\${{parent.inputs.raw}}"}
    mini_batch_size: "1"
`;

/** What the public client sends of RULES, in a node. */
const SENT = {
  resources: { instance_count: 2 },
  logging_level: 'DEBUG',
  task: {
    type: 'run_function',
    code: CODE,
    entry_script: 'score.py',
    program_arguments: `--x \${{inputs.data}}`,
    append_row_to: `\${{outputs.out}}`,
    environment: ENVIRONMENT,
  },
  mini_batch_size: 10_240,
  partition_keys: '["a", "b"]',
  input_data: `\${{inputs.data}}`,
  retry_settings: { timeout: 60, max_retries: 2 },
  max_concurrency_per_instance: 2,
  error_threshold: 4,
  mini_batch_error_threshold: 3,
};

describe('az ml job create of parallel nodes', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'parallel');
    mkdirSync(folder);
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    await loggedIn(fake);
    writeFileSync(join(folder, 'scorer.yml'), COMPONENT);
  });
  const create = (yaml: string) => {
    writeFileSync(join(folder, 'job.yml'), yaml);
    return fake.az(['ml', 'job', 'create', '-g', 'rg', '-w', 'ws', '-f', 'job.yml', '-n', 'mine'], { cwd: folder });
  };

  test('nodes and components are sent as the public client sends them', async () => {
    const result = await create(PIPELINE);
    assert.equal(result.code, 0, result.err);
    const puts = fake.requests.filter((one) => one.method === 'PUT');
    type Body = { properties: { jobs: Record<string, Record<string, unknown>>; componentSpec?: unknown } };
    const job = puts.find((one) => one.path === `${WORKSPACE}/jobs/mine`);
    assert.ok(job);
    const { written = {}, named = {} } = (job.body as Body).properties.jobs;
    const common = {
      type: 'parallel',
      inputs: { data: { value: `\${{parent.inputs.raw}}`, job_input_type: 'literal' } },
    };
    const { componentId: first, ...own } = written;
    assert.deepEqual(own, {
      ...SENT,
      ...common,
      name: 'written',
      environment_variables: { A: 'b' },
      outputs: { out: { job_output_type: 'uri_file' } },
      _source: 'YAML.JOB',
    });
    const { componentId: second, ...other } = named;
    assert.deepEqual(other, { ...SENT, ...common, name: 'named', mini_batch_size: 1, _source: 'YAML.COMPONENT' });
    for (const id of [first, second]) assert.match(String(id), /\/components\/azureml_anonymous\/versions\//);
    const specs = puts.flatMap((one) => (one.body as Body).properties.componentSpec ?? []);
    const spec = {
      ...SENT,
      mini_batch_size: '10240',
      name: 'azureml_anonymous',
      version: '1',
      type: 'parallel',
      is_deterministic: true,
      inputs: { data: { type: 'uri_folder' } },
      outputs: { out: { type: 'uri_file' } },
    };
    assert.deepEqual(specs, [
      { ...spec, _source: 'YAML.JOB' },
      { ...spec, description: 'Scores.', _source: 'YAML.COMPONENT' },
    ]);
  });

  test('variables of a component go with its spec; what a task holds beside is warned of', async () => {
    writeFileSync(
      join(folder, 'scorer.yml'),
      `${COMPONENT.replace('  entry_script', '  args: --y 1\n  entry_script')}environment_variables: {A: b}\n`,
    );
    const { err, code } = await create(PIPELINE);
    assert.equal(code, 0, err);
    assert.match(err, /scorer\.yml:20:3: task\.args: Unknown field: it does nothing\./);
    const specs = fake.requests.flatMap((one) => {
      const { properties } = (one.body ?? {}) as { properties?: { componentSpec?: Record<string, unknown> } };
      return properties?.componentSpec ? [properties.componentSpec['environment_variables']] : [];
    });
    assert.deepEqual(specs, [undefined, { A: 'b' }]);
  });

  test('what is wrong in a parallel node is told with its place', async () => {
    const wrong = PIPELINE.replace('"10kb"', 'much')
      .replace('    input_data: ${{inputs.data}}\n', '')
      .replace(`code: ${CODE}`, 'code: ./gone')
      .replace('logging_level: DEBUG', 'logging_level: LOUD');
    const { err } = await create(wrong);
    for (const line of [
      'jobs.written.mini_batch_size: Must be a number of files',
      'jobs.written.input_data: Missing data for required field',
      'jobs.written.task.code: The path',
      'jobs.written.logging_level: ',
    ])
      assert.ok(err.includes(line), `${line}\nis not in\n${err}`);
  });
});
