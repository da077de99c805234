import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

const PIPELINE = `type: pipeline
inputs:
  f: {type: uri_folder, path: https://x/y/}
jobs:
  copy:
    type: data_transfer
    task: copy_data
    data_copy_mode: merge_with_overwrite
    inputs: {f: "\${{parent.inputs.f}}"}
    outputs: {o: {type: uri_folder}}
  imp:
    type: data_transfer
    task: import_data
    source: {type: database, connection: "azureml:conn", query: select 1}
    outputs: {sink: {type: mltable}}
  exp:
    type: data_transfer
    task: export_data
    inputs: {source: {type: uri_file, path: https://x/t.csv}}
    sink: {type: database, connection: "azureml:conn", table_name: t}
`;

describe('az ml job create of data transfer nodes', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'transfers');
    mkdirSync(folder);
  });
  after(() => fake.close());
  beforeEach(() => loggedIn(fake));
  const run = (yaml: string) => {
    writeFileSync(join(folder, 'job.yml'), yaml);
    return fake.az(['ml', 'job', 'create', '-g', 'rg', '-w', 'ws', '-f', 'job.yml', '-n', 'mine'], { cwd: folder });
  };

  test('a copy is a component of its own, imports and exports are the service’s', async () => {
    const result = await run(PIPELINE);
    assert.equal(result.code, 0, result.err);
    const put = fake.requests.find((one) => one.method === 'PUT' && one.path === `${WORKSPACE}/jobs/mine`);
    assert.ok(put);
    const { jobs } = (put.body as { properties: { jobs: Record<string, Record<string, unknown>> } }).properties;
    const { componentId, ...copy } = jobs['copy'] ?? {};
    // The hash of the component that the public client sends for such a node.
    const hash = '8f8f0760-573d-3208-8422-8ffa1a1d44b7';
    assert.ok(fake.requests.some((one) => one.path.endsWith(`/components/azureml_anonymous/versions/${hash}`)));
    assert.match(String(componentId), /\/azureml_anonymous\/versions\//);
    assert.deepEqual(copy, {
      name: 'copy',
      type: 'data_transfer',
      task: 'copy_data',
      data_copy_mode: 'merge_with_overwrite',
      inputs: { f: { job_input_type: 'literal', value: `\${{parent.inputs.f}}` } },
      outputs: { o: { job_output_type: 'uri_folder' } },
      _source: 'YAML.JOB',
    });
    assert.deepEqual(jobs['imp'], {
      name: 'imp',
      type: 'data_transfer',
      task: 'import_data',
      source: { type: 'database', connection: 'azureml:conn', query: 'select 1' },
      outputs: { sink: { job_output_type: 'mltable' } },
      _source: 'BUILTIN',
      componentId: 'azureml://registries/azureml/components/import_data_database/versions/0.0.1',
    });
    const exported = jobs['exp'] ?? {};
    assert.deepEqual(exported['sink'], { type: 'database', connection: 'azureml:conn', table_name: 't' });
    assert.equal(
      exported['componentId'],
      'azureml://registries/azureml/components/export_data_database/versions/0.0.1',
    );
    const shown = (JSON.parse(result.out) as { jobs: Record<string, Record<string, unknown>> }).jobs;
    assert.equal(shown['copy']?.['task'], 'copy_data');
    assert.deepEqual(shown['exp']?.['sink'], exported['sink']);
  });

  test('what is wrong is told with its place, all at once', async () => {
    const wrong = PIPELINE.replace('copy_data', 'move_data')
      .replace(/^ {4}source: .*\n/m, '')
      .replace('sink: {type: database', 'sink: {type: file_system');
    const { err } = await run(wrong);
    for (const line of ['jobs.copy.task: ', 'jobs.imp.source: Missing data', 'jobs.exp.sink.type: Must be database'])
      assert.ok(err.includes(line), `${line}\nis not in\n${err}`);
  });
});
