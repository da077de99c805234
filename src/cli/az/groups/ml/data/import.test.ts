import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

const SCOPE = ['-g', 'rg', '-w', 'ws'];

describe('az ml data import', () => {
  let fake: FakeAzure;
  before(async () => {
    fake = await startFakeAzure();
  });
  after(() => fake.close());
  beforeEach(() => loggedIn(fake));
  const file = (text: string) => {
    const path = join(fake.env['HOME'] as string, 'import.yml');
    writeFileSync(path, text);
    return ['--file', path];
  };

  test('submits the pipeline that the public client submits', async () => {
    fake.handlers = [
      ({ method, path, body }) =>
        method === 'PUT' && /\/jobs\/[^/]+$/.test(path)
          ? {
              status: 201,
              body: {
                id: path,
                name: path.split('/').at(-1),
                properties: { ...(body as { properties: object }).properties, status: 'Running' },
              },
            }
          : undefined,
    ];
    const args = file(
      'name: imp\nversion: 2\npath: azureml://datastores/d/paths/x/\nsource: {type: database, connection: azureml:c, query: select 1}\n',
    );
    const { code, out, err } = await fake.az(['ml', 'data', 'import', ...args, ...SCOPE]);
    assert.equal(code, 0, err);
    // As the public client prints it.
    assert.deepEqual(JSON.parse(out).jobs.data_import_imp, {
      component: 'azureml://registries/azureml/components/import_data_database/versions/0.0.1',
      compute: 'azureml:serverless',
      outputs: {
        sink: { name: 'imp', path: 'azureml://datastores/d/paths/x/${{name}}', type: 'mltable', version: '2' },
      },
      source: { connection: 'azureml:c', query: 'select 1', type: 'database' },
      task: 'import_data',
      type: 'data_transfer',
    });
    const sent = fake.requests.find(({ method }) => method === 'PUT')?.body as { properties: Record<string, unknown> };
    const { properties, ...rest } = sent.properties;
    assert.equal((properties as Record<string, string>)['azureml.materializationAssetName'], 'imp');
    assert.deepEqual(rest, {
      jobType: 'Pipeline',
      description: 'data_import_imp',
      displayName: 'data_import_imp',
      experimentName: 'data_import_imp',
      tags: {},
      settings: { force_rerun: true, _source: 'CLASS' },
      jobs: {
        data_import_imp: {
          type: 'data_transfer',
          task: 'import_data',
          _source: 'BUILTIN',
          display_name: 'data_import_imp',
          componentId: 'azureml://registries/azureml/components/import_data_database/versions/0.0.1',
          computeId: `${WORKSPACE}/computes/serverless`,
          source: { type: 'database', connection: 'azureml:c', query: 'select 1' },
          outputs: {
            sink: {
              job_output_type: 'mltable',
              uri: 'azureml://datastores/d/paths/x/${{name}}',
              name: 'imp',
              version: '2',
            },
          },
        },
      },
    });
  });

  test('a file without a source says so before anything is asked', async () => {
    const { code, err } = await fake.az([
      'ml',
      'data',
      'import',
      ...file('name: imp\npath: azureml://datastores/d/paths/x\n'),
      ...SCOPE,
    ]);
    assert.equal(code, 1);
    assert.match(err, /source/);
    assert.deepEqual(fake.requests, []);
  });
});
