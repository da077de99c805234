import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

const SPARK = `type: spark
code: azureml:${WORKSPACE}/codes/c/versions/1
entry: {file: titanic.py}
py_files: [utils.zip]
jars: [a.jar]
conf:
  spark.driver.cores: 1
  spark.driver.memory: 2g
  spark.executor.cores: 2
  spark.executor.memory: 2g
  spark.yarn.foo: bar
  spark.dynamicAllocation.enabled: true
  spark.dynamicAllocation.minExecutors: 1
  spark.dynamicAllocation.maxExecutors: 4
inputs:
  t: {type: uri_file, path: https://x/y.csv, mode: direct}
  n: 3
outputs:
  o: {type: uri_folder, path: azureml://datastores/workspaceblobstore/paths/data/, mode: direct}
args: --t \${{inputs.t}} --o \${{outputs.o}}
resources: {instance_type: standard_e4s_v3, runtime_version: 3.4}
`;

const COMPONENT = `name: wrangle
type: spark
inputs:
  t: {type: uri_file, mode: direct}
outputs:
  o: {type: uri_folder, mode: direct}
code: azureml:${WORKSPACE}/codes/c/versions/1
entry: {file: titanic.py}
conf: {spark.x.y: z, spark.driver.cores: '1', spark.driver.memory: 2g, spark.executor.cores: 2, spark.executor.memory: 2g, spark.executor.instances: 2}
args: --t \${{inputs.t}} --o \${{outputs.o}}
`;

const PIPELINE = `type: pipeline
inputs:
  t: {type: uri_file, path: https://x/y.csv, mode: direct}
jobs:
  a:
    type: spark
    component: ./component.yml
    inputs: {t: "\${{parent.inputs.t}}"}
    identity: {type: managed}
    resources: {instance_type: standard_e8s_v3, runtime_version: "3.4"}
    conf: {spark.executor.instances: 1}
  b:
${SPARK.replace(/^(?=.)/gm, '    ')}
`;

describe('az ml job create of Spark jobs', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'sparks');
    mkdirSync(folder);
    writeFileSync(join(folder, 'component.yml'), COMPONENT);
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    await loggedIn(fake);
  });
  const run = (yaml: string, ...words: string[]) => {
    writeFileSync(join(folder, 'job.yml'), yaml);
    return fake.az(['ml', 'job', 'create', '-g', 'rg', '-w', 'ws', '-f', 'job.yml', ...words], { cwd: folder });
  };
  const sent = async (name: string, yaml: string): Promise<Record<string, unknown>> => {
    const result = await run(yaml, '-n', name);
    assert.equal(result.code, 0, result.err);
    const put = fake.requests.find((one) => one.method === 'PUT' && one.path === `${WORKSPACE}/jobs/${name}`);
    assert.ok(put);
    return (put.body as { properties: Record<string, unknown> }).properties;
  };

  test('a Spark job is sent as the public client sends it', async () => {
    const { displayName, experimentName, properties, tags, isArchived, ...own } = await sent('mine', SPARK);
    assert.deepEqual([displayName, experimentName, properties, tags, isArchived], ['mine', 'sparks', {}, {}, false]);
    assert.deepEqual(own, {
      jobType: 'Spark',
      identity: { identityType: 'UserIdentity' },
      pyFiles: ['utils.zip'],
      jars: ['a.jar'],
      args: `--t \${{inputs.t}} --o \${{outputs.o}}`,
      codeId: `${WORKSPACE}/codes/c/versions/1`,
      conf: {
        'spark.yarn.foo': 'bar',
        'spark.driver.cores': '1',
        'spark.driver.memory': '2g',
        'spark.executor.cores': '2',
        'spark.executor.memory': '2g',
        'spark.dynamicAllocation.enabled': 'True',
        'spark.dynamicAllocation.minExecutors': '1',
        'spark.dynamicAllocation.maxExecutors': '4',
      },
      entry: { sparkJobEntryType: 'SparkJobPythonEntry', file: 'titanic.py' },
      inputs: {
        t: { mode: 'Direct', uri: 'https://x/y.csv', jobInputType: 'uri_file' },
        n: { jobInputType: 'literal', value: '3' },
      },
      outputs: {
        o: {
          mode: 'Direct',
          uri: 'azureml://datastores/workspaceblobstore/paths/data/',
          jobOutputType: 'uri_folder',
        },
      },
      resources: { instanceType: 'standard_e4s_v3', runtimeVersion: '3.4' },
    });
  });

  test('it is shown in the words of its YAML', async () => {
    const shown = JSON.parse((await run(SPARK, '-n', 'shown')).out) as Record<string, unknown>;
    assert.equal(shown['type'], 'spark');
    assert.deepEqual(shown['entry'], { file: 'titanic.py' });
    assert.deepEqual(shown['resources'], { instance_type: 'standard_e4s_v3', runtime_version: '3.4' });
    assert.deepEqual(shown['identity'], { type: 'user_identity' });
    assert.equal((shown['conf'] as Record<string, unknown>)['spark.driver.cores'], 1);
    assert.deepEqual(shown['py_files'], ['utils.zip']);
  });

  test('nodes: what they leave unsaid, their component says; one that is written into a pipeline is a component', async () => {
    const { jobs } = (await sent('piped', PIPELINE)) as { jobs: Record<string, Record<string, unknown>> };
    const { componentId, ...a } = jobs['a'] ?? {};
    assert.match(String(componentId), /\/components\/azureml_anonymous\/versions\//);
    assert.deepEqual(a, {
      type: 'spark',
      name: 'a',
      resources: { instance_type: 'standard_e8s_v3', runtime_version: '3.4' },
      identity: { identity_type: 'Managed' },
      conf: {
        'spark.x.y': 'z',
        'spark.driver.cores': 1,
        'spark.driver.memory': '2g',
        'spark.executor.cores': 2,
        'spark.executor.memory': '2g',
        'spark.executor.instances': 1,
      },
      args: `--t \${{inputs.t}} --o \${{outputs.o}}`,
      inputs: { t: { job_input_type: 'literal', value: `\${{parent.inputs.t}}` } },
      entry: { spark_job_entry_type: 'SparkJobPythonEntry', file: 'titanic.py' },
      _source: 'YAML.COMPONENT',
    });
    const b = jobs['b'] ?? {};
    assert.equal(b['_source'], 'YAML.JOB');
    assert.deepEqual(b['identity'], { identity_type: 'UserIdentity' });
    // Where executors come and go, a node begins with the fewest.
    assert.equal((b['conf'] as Record<string, unknown>)['spark.executor.instances'], 1);
    const specs = fake.requests
      .filter((one) => one.method === 'PUT' && one.path.includes('/components/azureml_anonymous/'))
      .map((one) => (one.body as { properties: { componentSpec: Record<string, unknown> } }).properties.componentSpec);
    const [first, second] = specs;
    assert.deepEqual(first?.['entry'], { file: 'titanic.py' });
    assert.equal(first?.['type'], 'spark');
    assert.deepEqual(first?.['inputs'], { t: { type: 'uri_file', mode: 'direct' } });
    assert.deepEqual(second?.['py_files'], ['utils.zip']);
  });

  test('what is wrong in a Spark job is told with its place, all at once', async () => {
    const wrong = SPARK.replace('{file: titanic.py}', '{class_name: a.B}')
      .replace('  spark.executor.memory: 2g\n', '')
      .replace('  spark.dynamicAllocation.maxExecutors: 4\n', '')
      .replace('jars: [a.jar]', 'jars: a.jar')
      .replace('y.csv, mode: direct', 'y.csv')
      .replace('resources:', 'compute: azureml:cpu\nvolume: 11\nresources:');
    const { err, code } = await run(wrong);
    assert.equal(code, 1);
    for (const line of [
      'entry.file: Missing data for required field',
      'conf.spark.executor.memory: Missing data for required field',
      'conf.spark.dynamicAllocation.maxExecutors: Missing data for required field',
      'jars: ',
      'inputs.t.mode: Must be direct',
      'volume: Unknown field',
      'resources: A Spark job has either compute or resources',
    ])
      assert.ok(err.includes(line), `${line}\nis not in\n${err}`);
    assert.match((await run(PIPELINE.replace('entry: {file: titanic.py}', ''))).err, /jobs\.b\.entry: Missing data/);
  });
});
