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
});
