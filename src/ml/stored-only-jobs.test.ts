import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { WS } from './arm-scene.ts';
import { closeScenes, openLocalScene } from './local-scene.ts';

after(closeScenes);

describe('job types that are stored only', () => {
  test('a Spark job is kept as it was sent and fails with what is not implemented, in its log too', async () => {
    const s = await openLocalScene();
    const properties = {
      jobType: 'Spark',
      codeId: `${WS}/codes/c/versions/1`,
      entry: { sparkJobEntryType: 'SparkJobPythonEntry', file: 'a.py' },
    };
    await s.put('jobs/spark1', properties);
    const { status, error } = await s.end('spark1');
    assert.equal(status, 'Failed');
    assert.match(String(error?.message), /^not implemented: Spark jobs\. .*pyspark/);
    assert.deepEqual((await s.job('spark1')).properties['entry'], properties.entry);
    const details = await s.ml.dataPlane.inject({
      url: `/history/v1.0${WS}/runs/spark1/details`,
      headers: { authorization: 'Bearer x', host: 'eastus.api.azureml.ms' },
    });
    assert.deepEqual(Object.keys(JSON.parse(details.body).logFiles), ['user_logs/std_log.txt']);
    const refused = await s.send('PUT', `${WS}/jobs/spark2`, { properties: { jobType: 'Spark', codeId: 'x' } });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /needs 'entry'/);
  });

  test('as a node of a pipeline it fails, and the pipeline says so', async () => {
    const s = await openLocalScene();
    await s.put('jobs/p-spark', { jobType: 'Pipeline', jobs: { wrangle: { type: 'spark', entry: { file: 'a.py' } } } });
    const { status, error } = await s.end('p-spark');
    assert.equal(status, 'Failed');
    assert.match(String(error?.message), /1 of 1 nodes failed: wrangle\. not implemented: Spark jobs/);
  });

  test('an AutoML node of images has a list of search spaces, and is kept as it was sent', async () => {
    const s = await openLocalScene();
    const node = { type: 'automl', task: 'image_classification', search_space: [{ model_name: "choice('a','b')" }] };
    await s.put('jobs/p-automl', { jobType: 'Pipeline', jobs: { look: node } });
    const { status, error } = await s.end('p-automl');
    assert.equal(status, 'Failed');
    assert.match(String(error?.message), /failed: look\. not implemented: AutoML jobs/);
    assert.deepEqual((await s.job('p-automl')).properties['jobs'], { look: node });
  });

  test('a data import, as the public clients send it: by a component of the service’s own registry', async () => {
    const s = await openLocalScene();
    const node = {
      type: 'data_transfer',
      task: 'import_data',
      componentId: 'azureml://registries/azureml/components/import_data_database/versions/0.0.1',
      computeId: 'serverless',
      source: { type: 'database', connection: 'azureml:conn', query: 'select 1' },
      outputs: {
        sink: {
          job_output_type: 'mltable',
          uri: 'azureml://datastores/workspaceblobstore/paths/imp/${{name}}',
          name: 'imp',
          version: '1',
        },
      },
    };
    await s.put('jobs/imports', {
      jobType: 'Pipeline',
      properties: { 'azureml.materializationAssetName': 'imp' },
      settings: { force_rerun: true },
      jobs: { data_import_imp: node },
    });
    const { status, error } = await s.end('imports');
    assert.equal(status, 'Failed');
    assert.match(String(error?.message), /failed: data_import_imp\. not implemented: data transfer jobs/);
    assert.deepEqual((await s.job('imports')).properties['jobs'], { data_import_imp: node });
    const listed = (await s.send('GET', `${WS}/jobs?assetName=imp`)).body as { value?: { name: string }[] };
    assert.deepEqual(
      listed.value?.map((job) => job.name),
      ['imports'],
    );
    // A command is run: its component has to be there.
    const jobs = { a: { type: 'command', componentId: 'azureml://registries/azureml/components/none/versions/1' } };
    assert.equal((await s.send('PUT', `${WS}/jobs/absent`, { properties: { jobType: 'Pipeline', jobs } })).status, 404);
  });
});
