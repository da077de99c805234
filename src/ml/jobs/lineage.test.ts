import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { WS } from '../arm-scene.ts';
import { openJobScene } from '../job-scene.ts';

const command = (extra: object) => ({
  jobType: 'Command',
  command: 'true',
  environmentId: 'azureml:AzureML-sklearn-1.5@latest',
  computeId: `${WS}/computes/c`,
  ...extra,
});
const out = (extra: object = {}) => ({ jobOutputType: 'uri_folder', assetName: 'made', ...extra });

test('the version that a job makes of an output, and the job that reads it, name each other by one id', async (t) => {
  const scene = await openJobScene();
  t.after(() => scene.close());
  await scene.put('computes/c', {
    computeType: 'AmlCompute',
    properties: { vmSize: 'S', scaleSettings: { minNodeCount: 1, maxNodeCount: 4 } },
  });
  await scene.put('jobs/maker', command({ outputs: { o: out(), plain: { jobOutputType: 'uri_folder' } } }));
  await scene.until('maker', 'Completed');
  const history = async (name: string) =>
    (await scene.history(`runs/${name}`)) as Record<'inputs' | 'outputs', Record<string, { assetId: string }>>;
  const { outputs } = await history('maker');
  assert.match(outputs['o']?.assetId ?? '', /\/data\/made\/versions\/1$/);
  assert.match(outputs['plain']?.assetId ?? '', /\/data\/azureml_maker_output_data_plain\/versions\/1$/);

  await mkdir(await scene.datastoreFolder('azureml/maker/o'), { recursive: true });
  const reads = {
    a: 'azureml:made:1',
    b: 'azureml:made@latest',
    c: 'azureml://jobs/maker/outputs/o',
    d: outputs['o']?.assetId,
  };
  const inputs = Object.fromEntries(
    Object.entries(reads).map(([name, uri]) => [name, { jobInputType: 'uri_folder', uri }]),
  );
  await scene.put(
    'jobs/reader',
    command({ inputs, outputs: { again: out(), fixed: out({ assetName: 'fixed', assetVersion: 'v1' }) } }),
  );
  await scene.until('reader', 'Completed');
  const reader = await history('reader');
  const made = outputs['o']?.assetId;
  assert.deepEqual(
    [reader.inputs['a']?.assetId, reader.inputs['b']?.assetId, reader.inputs['d']?.assetId],
    [made, made, made],
  );
  assert.match(reader.inputs['c']?.assetId ?? '', /azureml_maker_output_data_o\/versions\/1$/);
  assert.match(reader.outputs['again']?.assetId ?? '', /\/data\/made\/versions\/2$/);
  assert.match(reader.outputs['fixed']?.assetId ?? '', /\/data\/fixed\/versions\/v1$/);

  await scene.restart();
  assert.equal((await history('maker')).outputs['o']?.assetId, made);
});

test('what does not name data, or cannot be written, is refused when the job is sent', async (t) => {
  const scene = await openJobScene();
  t.after(() => scene.close());
  const refused = async (name: string, extra: object, expected: RegExp) => {
    const answer = await scene.send('PUT', `jobs/${name}`, { properties: command(extra) });
    assert.match(`${answer.status} ${JSON.stringify(answer.body)}`, expected);
  };
  const read = (uri: string) => ({ inputs: { i: { jobInputType: 'uri_folder', uri } } });
  await refused('a', read('azureml:none:1'), /^404 .*no data or model 'azureml:none:1'/);
  await refused('b', read('azureml://datastores/none/paths/x'), /^404 .*no datastore 'none'/);
  await refused('c', read('azureml://jobs/none/outputs/o'), /^404 .*no output 'o' of the job 'none'/);
  await refused('d', read('/home/me/data'), /^400 .*does not name data/);
  await refused('e', read('wasbs://c@otheraccount.blob.core.windows.net/x'), /^404 .*Make a datastore/);
  await refused(
    'f',
    read('azureml://subscriptions/x/resourcegroups/x/workspaces/x/datastores/d/paths/p'),
    /^404 .*no workspace 'x'/,
  );
  const write = (uri: string) => ({ outputs: { o: { jobOutputType: 'uri_folder', uri } } });
  await refused('g', write('https://example.org/x'), /^400 .*can't be written/);
  await refused('h', write('azureml:made:1'), /^400 .*can't be written/);
  await scene.put('datastores/lake', {
    datastoreType: 'AzureDataLakeGen2',
    accountName: 'otheraccount',
    filesystem: 'fs1',
  });
  await scene.put('jobs/i', command(read('abfss://fs1@otheraccount.dfs.core.windows.net/x')));
});
