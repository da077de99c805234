import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createLocalDriver } from '../drivers/local/index.ts';
import type { OutboundRequest, Principal } from '../http/index.ts';
import { systemClock } from '../kernel/clock.ts';
import { silentLog } from '../kernel/log.ts';
import { createEventBus, openStore, openVault } from '../store/index.ts';
import { createMl, mlMigrations } from './index.ts';
import { jobTopic } from './jobs/engine.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin';
const WS = '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws';
const opened: { close(): Promise<void> }[] = [];
after(async () => {
  for (const scene of opened) await scene.close();
});

type Body = Record<string, unknown>;

/** A whole machine learning side on a folder of its own; opening the folder again plays a restart. */
async function open(root = mkdtempSync(join(tmpdir(), 'millrace-ml-')), strict = false, start = true) {
  mkdirSync(join(root, 'blobs'), { recursive: true });
  const vault = await openVault(join(root, 'vault.key'));
  const store = await openStore(join(root, 'db.sqlite'), mlMigrations);
  const events = createEventBus();
  const calls: OutboundRequest[] = [];
  const said: string[] = [];
  const told: (string | undefined)[] = [];
  const principal: Principal = { kind: 'owner' };
  let answers: number[] = [];
  let called: () => void = () => {};
  const ml = createMl({
    store,
    vault,
    events,
    clock: systemClock,
    log: silentLog,
    authenticate: async () => principal,
    tokens: { mlRunToken: async ({ runId }) => `token-of-${runId}` },
    download: async ({ url }) => Promise.reject(new Error(`no download of ${url} here`)),
    async outbound(request) {
      calls.push(request);
      called();
      return { status: answers.shift() ?? 204, headers: {}, body: '' };
    },
    blobs: {
      signContainerSas: () => 'sig=x',
      accountKey: () => 'key',
      hosts: (host) => /^(acct|mr[0-9a-f]{18})\./.test(host),
      pathOf: (account, container, blob) => join(root, 'blobs', account, container, blob),
    },
    driver: createLocalDriver(),
    environments: {
      release: async () => {},
      ensure: async (request) => ({
        binFolder: '/usr/bin',
        env: { BUILT_FOR: request.name },
        warnings: request.name === 'warned' ? ['pandas 2 stands in for 1.5'] : [],
      }),
    },
    provision: {
      kind: () => !strict,
      async said(line, caller) {
        said.push(line);
        told.push(caller);
      },
    },
    folder: join(root, 'ml'),
    cores: 4,
    tenantId: 't1',
    subscriptionId: 's0',
    baseUrl: () => 'http://127.0.0.1:1',
    processEnvironment: () => ({ PATH }),
  });
  if (start) await ml.start();
  let closed = false;
  const scene = {
    root,
    ml,
    calls,
    said,
    told,
    store,
    answer: (...statuses: number[]) => {
      answers = statuses;
    },
    nextCall: () =>
      new Promise<void>((resolve) => {
        called = resolve;
      }),
    async send(
      method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
      url: string,
      body?: unknown,
      version = '2024-04-01',
      caller?: string,
    ) {
      const answer = await ml.arm.inject({
        method,
        url: `${url}${url.includes('?') ? '&' : '?'}api-version=${version}`,
        headers: {
          authorization: 'Bearer x',
          host: 'management.azure.com',
          ...(caller === undefined ? {} : { 'x-millrace-caller': caller }),
        },
        ...(body === undefined ? {} : { payload: body as object }),
      });
      return {
        status: answer.statusCode,
        body: (answer.body === '' ? {} : JSON.parse(answer.body)) as Body,
        headers: answer.headers,
        text: answer.body,
      };
    },
    async put(url: string, properties: unknown) {
      const answer = await scene.send('PUT', `${WS}/${url}`, { properties });
      assert.ok(answer.status === 200 || answer.status === 201, `${answer.status} ${answer.text}`);
      return answer.body;
    },
    async job(name: string) {
      return (await scene.send('GET', `${WS}/jobs/${name}`)).body as {
        properties: Record<string, unknown> & { status: string };
      };
    },
    /** Waits for the job's end, told by the event bus. */
    async end(name: string): Promise<{ status: string; error?: { code: string; message: string } }> {
      const { properties } = (await scene.send('GET', WS)).body as never as { properties: { workspaceId: string } };
      for (let look = 0; look < 100; look += 1) {
        const told = events.wait(jobTopic(properties.workspaceId, name), 300);
        const job = (await scene.job(name)).properties;
        if (['Completed', 'Failed', 'Canceled'].includes(job.status)) return job as never;
        await told;
      }
      throw new Error(`${name} does not end: ${(await scene.job(name)).properties.status}`);
    },
    async running(name: string, statuses = ['Running']) {
      for (let look = 0; look < 3000; look += 1) {
        if (statuses.includes((await scene.job(name)).properties.status)) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error(`${name} is ${(await scene.job(name)).properties.status}`);
    },
    async code(name: string, files: Record<string, string>) {
      for (const [path, text] of Object.entries(files)) {
        const file = join(root, 'blobs', 'acct', `code-${name}`, 'src', path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      await scene.put(`codes/${name}/versions/1`, { codeUri: `https://acct.blob.core.windows.net/code-${name}/src` });
      return `${WS}/codes/${name}/versions/1`;
    },
    component: (name: string, spec: object) =>
      scene.put(`components/${name}/versions/1`, {
        componentSpec: {
          name,
          version: '1',
          type: 'command',
          environment: 'azureml:AzureML-sklearn-1.5@latest',
          ...spec,
        },
      }),
    async stop() {
      if (closed) return;
      closed = true;
      await ml.stop();
      await ml.arm.close();
      await ml.dataPlane.close();
      await store.close();
    },
    async close() {
      await scene.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
  opened.push(scene);
  return scene;
}

const command = (text: string, more: object = {}) => ({
  jobType: 'Command',
  command: text,
  environmentId: 'azureml:AzureML-sklearn-1.5@latest',
  computeId: `${WS}/computes/cpu-cluster`,
  experimentName: 'tests',
  ...more,
});

const found = (root: string, name: string) =>
  execFileSync('find', [root, '-name', name], { encoding: 'utf8' }).trim().split('\n').filter(Boolean);

describe('command jobs on the local driver', () => {
  test('a job runs with its code, inputs, outputs and variables, and completes', async () => {
    const s = await open();
    const codeId = await s.code('c1', {
      'main.sh':
        'cat "$1"; echo "$2" >"$3/made.txt"; mkdir outputs; echo kept >outputs/artifact.txt; echo "$AZUREML_RUN_ID $OWN $BUILT_FOR $(pwd)"\n',
    });
    const ws = (await s.send('GET', WS)).body as unknown as {
      properties: { workspaceId: string; storageAccount: string };
    };
    const account = ws.properties.storageAccount.split('/').pop() as string;
    const data = join(
      s.root,
      'blobs',
      account,
      `azureml-blobstore-${ws.properties.workspaceId}`,
      'LocalUpload/x/in.txt',
    );
    mkdirSync(dirname(data), { recursive: true });
    writeFileSync(data, 'the data\n');
    const answer = await s.send('PUT', `${WS}/jobs/j1`, {
      properties: command(
        'bash main.sh ${{inputs.data}} ${{inputs.word}} ${{outputs.made}} $[[--extra ${{inputs.extra}}]]',
        {
          codeId,
          inputs: {
            data: {
              jobInputType: 'uri_file',
              uri: 'azureml://datastores/workspaceblobstore/paths/LocalUpload/x/in.txt',
            },
            word: { jobInputType: 'literal', value: 'hello' },
          },
          outputs: { made: { jobOutputType: 'uri_folder', assetName: 'made-data' } },
          environmentVariables: { OWN: 'mine' },
        },
      ),
    });
    assert.equal(answer.status, 201, answer.text);
    const ended = await s.end('j1');
    assert.equal(ended.status, 'Completed', JSON.stringify(ended));
    const artifacts = join(s.root, 'blobs', account, 'azureml', 'ExperimentRun/dcid.j1');
    const log = readFileSync(join(artifacts, 'user_logs/std_log.txt'), 'utf8');
    assert.match(log, /^the data\nj1 mine AzureML-sklearn-1.5 .*\/wd\n$/);
    assert.equal(readFileSync(join(artifacts, 'outputs/artifact.txt'), 'utf8'), 'kept\n');
    assert.equal(
      readFileSync(
        join(s.root, 'blobs', account, `azureml-blobstore-${ws.properties.workspaceId}`, 'azureml/j1/made/made.txt'),
        'utf8',
      ),
      'hello\n',
    );
    const asset = await s.send('GET', `${WS}/data/made-data/versions/1`);
    assert.match(
      String((asset.body as { properties?: { dataUri?: string } }).properties?.dataUri),
      /paths\/azureml\/j1\/made\/$/,
    );
    assert.deepEqual(s.said, [
      'created resource group rg',
      'created workspace ws in resource group rg',
      'created compute cluster cpu-cluster in workspace ws',
    ]);
  });

  test('a failing command says its exit code and its last lines', async () => {
    const s = await open();
    await s.put('jobs/bad', command('echo before; echo boom >&2; exit 3'));
    const ended = await s.end('bad');
    assert.equal(ended.status, 'Failed');
    assert.equal(ended.error?.code, 'UserError');
    assert.match(ended.error?.message ?? '', /exited with code 3\. Last lines of its log:\nbefore\nboom$/);
  });

  test('a job whose environment is not there is refused with the name of it, and nothing of it is kept', async () => {
    const s = await open();
    const job = { properties: command('true', { environmentId: `${WS}/environments/none/versions/1` }) };
    const refused = await s.send('PUT', `${WS}/jobs/noenv`, job);
    assert.equal(refused.status, 404);
    assert.match(refused.text, /"code":"UserError","message":"No environment exists for name: none, version: 1\./);
    assert.equal((await s.send('GET', `${WS}/jobs/noenv`)).status, 404);
  });

  test('a model of what a job left is stored by where that lies; of a job that is not there, refused', async () => {
    const s = await open();
    await s.put('jobs/leaves', command('mkdir outputs && echo 1 > outputs/m.txt'));
    await s.end('leaves');
    const model = (uri: string) =>
      s.send('PUT', `${WS}/models/left/versions/1`, { properties: { modelType: 'custom_model', modelUri: uri } });
    assert.equal((await model('azureml://jobs/gone/outputs/artifacts/paths/outputs/m.txt')).status, 404);
    const made = await model('azureml://jobs/leaves/outputs/artifacts/paths/outputs/m.txt');
    assert.equal(made.status, 201, made.text);
    assert.match(made.text, /datastores\/workspaceartifactstore\/paths\/ExperimentRun\/dcid\.leaves\/outputs\/m\.txt"/);
    assert.match(made.text, /"flavors":\{\}.*"jobName":"leaves"/);
  });

  test('cancelling ends the processes, and cancelling again is refused', async () => {
    const s = await open();
    await s.put('jobs/long', command('trap "echo cleaned; exit 0" TERM; echo up; sleep 1000 & wait'));
    await s.running('long');
    const answer = await s.send('POST', `${WS}/jobs/long/cancel`);
    assert.ok(answer.status === 200 || answer.status === 202, answer.text);
    assert.equal((await s.end('long')).status, 'Canceled');
    assert.equal((await s.send('POST', `${WS}/jobs/long/cancel`)).status, 400);
  });

  test('what is made for a step of a pipeline is told to its run, for anybody else said in the answer', async () => {
    const s = await open();
    const job = await s.send('GET', WS, undefined, undefined, 'plan.job');
    assert.equal(job.headers['x-millrace-provisioned'], undefined);
    const user = await s.send('PUT', `${WS.replace('/rg/', '/other/')}/jobs/j`, { properties: command('true') });
    assert.deepEqual(JSON.parse(decodeURIComponent(String(user.headers['x-millrace-provisioned']))), [
      'created resource group other',
      'created workspace ws in resource group other',
      'created compute cluster cpu-cluster in workspace ws',
    ]);
    assert.deepEqual(s.told, ['plan.job', 'plan.job', undefined, undefined, undefined]);
  });

  test('a question about what is not there makes nothing; a command that creates may ask first', async () => {
    const s = await open();
    const [group, code] = ['/subscriptions/s1/resourceGroups/rg', `${WS}/codes/c/versions/1`];
    for (const [method, url, wire] of [
      ['GET', group, 'ResourceGroupNotFound'],
      ['DELETE', group, 'ResourceGroupNotFound'],
      ['GET', WS, 'ResourceGroupNotFound'],
      ['GET', `${WS}/computes`, 'ResourceGroupNotFound'],
      ['GET', `${WS}/jobs/nope`, 'ResourceGroupNotFound'],
      ['POST', `${WS}/jobs/nope/cancel`, 'ResourceGroupNotFound'],
      ['POST', `${WS}/listKeys`, 'ResourceGroupNotFound'],
    ] as const) {
      const answer = await s.send(method, url);
      assert.deepEqual([answer.status, (answer.body as { error?: { code: string } }).error?.code], [404, wire], url);
    }
    assert.deepEqual(s.said, []);
    const asked = await s.ml.arm.inject({
      url: `${WS.replace('/ws', '/first')}?api-version=2024-04-01`,
      headers: { authorization: 'Bearer x', 'x-millrace-creates': 'true' },
    });
    assert.equal(asked.statusCode, 200, asked.body);
    assert.equal((await s.send('POST', `${code}/startPendingUpload`, {})).status, 200);
    const made = ['created resource group rg', 'created workspace first in resource group rg'];
    assert.deepEqual(s.said, [...made, 'created workspace ws in resource group rg']);
    assert.equal((await s.send('GET', `${WS}/computes/typo`)).status, 404);
    assert.equal(s.said.length, 3);
  });

  test('the jobs that a canceled run submitted end, those of others go on', async () => {
    const s = await open();
    const waits = { properties: command('echo up; sleep 1000') };
    for (const [name, caller] of [
      ['mine', 'plan.job'],
      ['other', 'plan2.job'],
      ['users', undefined],
    ] as const)
      assert.equal((await s.send('PUT', `${WS}/jobs/${name}`, waits, undefined, caller)).status, 201);
    await s.running('mine');
    const asked: string[] = [];
    await s.ml.cancelSubmitted(async (caller) => asked.push(caller) > 0 && caller === 'plan.job');
    assert.deepEqual(asked, ['plan.job', 'plan2.job']);
    assert.equal((await s.end('mine')).status, 'Canceled');
    for (const name of ['other', 'users']) {
      assert.notEqual((await s.job(name)).properties.status, 'Canceled');
      await s.send('POST', `${WS}/jobs/${name}/cancel`);
      await s.end(name);
    }
  });

  test('limits.timeout ends a job as failed, with the limit in the message', async () => {
    const s = await open();
    await s.put('jobs/slow', command('sleep 1000', { limits: { jobLimitsType: 'Command', timeout: 'PT0.2S' } }));
    const ended = await s.end('slow');
    assert.equal(ended.status, 'Failed');
    assert.match(ended.error?.message ?? '', /limits\.timeout, 0\.2 seconds/);
  });

  test('a size of shared memory that no container takes is refused', async () => {
    const s = await open();
    const refused = await s.send('PUT', `${WS}/jobs/shm`, {
      properties: command('true', { resources: { shmSize: 'much' } }),
    });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /resources\.shm_size must be a number with a unit .* not 'much'/);
  });

  test('a PyTorch distribution starts its processes with their ranks', async () => {
    const s = await open();
    await s.put(
      'jobs/ddp',
      command('echo $RANK/$WORLD_SIZE local $LOCAL_RANK node $NODE_RANK', {
        resources: { instanceCount: 2 },
        distribution: { distributionType: 'PyTorch', processCountPerInstance: 2 },
      }),
    );
    assert.equal((await s.end('ddp')).status, 'Completed');
    const logs = found(join(s.root, 'blobs'), 'std_log_process_*.txt')
      .sort()
      .map((file) => readFileSync(file, 'utf8').trim());
    assert.deepEqual(logs, ['0/4 local 0 node 0', '1/4 local 1 node 0', '2/4 local 0 node 1', '3/4 local 1 node 1']);
  });

  test('a job survives a restart of the server, and runs once', async () => {
    const s = await open();
    const flag = join(s.root, 'go');
    await s.put(
      'jobs/kept',
      command(`echo start >>${s.root}/starts; while [ ! -e ${flag} ]; do sleep 0.02; done; echo end`),
    );
    await s.put('jobs/next', {
      jobType: 'Pipeline',
      settings: {},
      jobs: {
        a: { type: 'command', ...command(`while [ ! -e ${flag} ]; do sleep 0.02; done; echo a >>${s.root}/starts`) },
      },
    });
    await s.running('kept');
    await s.stop();
    const again = await open(s.root);
    assert.equal((await again.job('kept')).properties.status === 'Completed', false);
    writeFileSync(flag, '');
    assert.equal((await again.end('kept')).status, 'Completed');
    assert.equal((await again.end('next')).status, 'Completed');
    assert.deepEqual(readFileSync(join(s.root, 'starts'), 'utf8').trim().split('\n').sort(), ['a', 'start']);
  });
});

test('requests that come while the server still starts find the jobs that the last one left', async () => {
  const s = await open();
  await s.put('jobs/left', command('sleep 60'));
  await s.running('left');
  await s.stop();
  const again = await open(s.root, false, false);
  assert.equal((await again.send('DELETE', `${WS}/jobs/left`)).status, 409);
  assert.equal((await again.send('POST', `${WS}/jobs/left/cancel`)).status, 200);
  await again.put('jobs/early', command(`echo early >>${s.root}/starts`));
  await again.ml.start();
  assert.equal((await again.end('left')).status, 'Canceled');
  assert.equal((await again.end('early')).status, 'Completed');
  assert.equal(readFileSync(join(s.root, 'starts'), 'utf8'), 'early\n');
});

describe('parallel nodes on the local driver', () => {
  const script = `
import argparse, os
def init():
    global suffix
    parser = argparse.ArgumentParser()
    parser.add_argument("--suffix")
    suffix = parser.parse_known_args()[0].suffix
def run(mini_batch):
    return [os.path.basename(path) + suffix for path in mini_batch]
`;

  test('a component’s entry script runs over the files of an input on two nodes, and the next node reads the rows', async () => {
    const s = await open();
    const code = await s.code('score', { 'score.py': script });
    const ws = (await s.send('GET', WS)).body as unknown as {
      properties: { workspaceId: string; storageAccount: string };
    };
    const { workspaceId, storageAccount } = ws.properties;
    for (let index = 0; index < 7; index += 1) {
      const file = join(
        s.root,
        'blobs',
        storageAccount.split('/').pop() as string,
        `azureml-blobstore-${workspaceId}`,
        `images/f${index}`,
      );
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'x');
    }
    await s.put('components/score/versions/1', {
      componentSpec: {
        name: 'score',
        version: '1',
        type: 'parallel',
        inputs: { images: { type: 'uri_folder' }, suffix: { type: 'string' } },
        outputs: { rows: { type: 'uri_file' } },
        input_data: '${{inputs.images}}',
        mini_batch_size: '2',
        resources: { instance_count: '2' },
        max_concurrency_per_instance: 2,
        task: {
          type: 'run_function',
          code: `azureml:${code}`,
          entry_script: 'score.py',
          program_arguments: '--suffix ${{inputs.suffix}}',
          environment: 'azureml:AzureML-sklearn-1.5@latest',
          append_row_to: '${{outputs.rows}}',
        },
      },
    });
    await s.component('count', {
      inputs: { rows: { type: 'uri_file' } },
      command: 'cat ${{inputs.rows}}',
    });
    await s.put('jobs/p1', {
      jobType: 'Pipeline',
      settings: { default_compute: 'cpu-cluster' },
      jobs: {
        score: {
          type: 'parallel',
          componentId: `${WS}/components/score/versions/1`,
          error_threshold: 0,
          inputs: {
            images: { job_input_type: 'uri_folder', uri: 'azureml://datastores/workspaceblobstore/paths/images/' },
            suffix: { job_input_type: 'literal', value: '!' },
          },
        },
        count: {
          type: 'command',
          componentId: `${WS}/components/count/versions/1`,
          inputs: { rows: { job_input_type: 'literal', value: '${{parent.jobs.score.outputs.rows}}' } },
        },
      },
    });
    const done = await s.end('p1');
    assert.equal(done.status, 'Completed', JSON.stringify(done.error));
    const logs = [...found(s.root, 'std_log*.txt')].map((file) => readFileSync(file, 'utf8'));
    assert.ok(logs.includes('f0!\nf1!\nf2!\nf3!\nf4!\nf5!\nf6!\n'), logs.join('---\n'));
    assert.equal(logs.filter((log) => log.includes('[parallel] mini-batch')).length >= 1, true);
    assert.match(logs.join(''), /4 mini-batches succeeded, 0 failed, 0 items failed/);
  });

  test('what it lacks is refused by name', async () => {
    const s = await open();
    const node = (more: object) => ({
      jobType: 'Pipeline',
      jobs: { score: { type: 'parallel', inputs: {}, task: { type: 'run_function', ...more } } },
    });
    const refused = async (more: object) => (await s.send('PUT', `${WS}/jobs/p2`, { properties: node(more) })).text;
    assert.match(await refused({}), /The parallel node 'score' needs task\.entry_script/);
    assert.match(await refused({ entry_script: 'a.py' }), /needs input_data as \$\{\{inputs\.NAME\}\}/);
    assert.match(await refused({ type: 'model' }), /not implemented: parallel tasks of type model/);
    const alone = await s.send('PUT', `${WS}/jobs/p3`, { properties: { jobType: 'Parallel' } });
    assert.match(alone.text, /A parallel job is a node of a pipeline/);
  });
});

describe('job types that are stored only', () => {
  test('a Spark job is kept as it was sent and fails with what is not implemented, in its log too', async () => {
    const s = await open();
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
    const s = await open();
    await s.put('jobs/p-spark', { jobType: 'Pipeline', jobs: { wrangle: { type: 'spark', entry: { file: 'a.py' } } } });
    const { status, error } = await s.end('p-spark');
    assert.equal(status, 'Failed');
    assert.match(String(error?.message), /1 of 1 nodes failed: wrangle\. not implemented: Spark jobs/);
  });
});

describe('pipelines', () => {
  test('nodes read what others wrote, literals bind, the pipeline output is the node output', async () => {
    const s = await open();
    await s.component('make', {
      command: 'echo ${{inputs.word}} >${{outputs.out}}/word.txt',
      inputs: { word: { type: 'string', default: 'none' } },
      outputs: { out: { type: 'uri_folder' } },
    });
    await s.component('join', {
      command: 'cat ${{inputs.a}}/word.txt ${{inputs.b}}/word.txt >${{outputs.all}}/all.txt',
      inputs: { a: { type: 'uri_folder' }, b: { type: 'uri_folder' } },
      outputs: { all: { type: 'uri_folder' } },
    });
    const id = (name: string) => `${WS}/components/${name}/versions/1`;
    await s.put('jobs/pipe', {
      jobType: 'Pipeline',
      settings: { default_compute: `${WS}/computes/cpu-cluster` },
      inputs: { word: { jobInputType: 'literal', value: 'hi' } },
      outputs: { result: { jobOutputType: 'uri_folder' } },
      jobs: {
        last: {
          type: 'command',
          componentId: id('join'),
          inputs: {
            a: { job_input_type: 'literal', value: '${{parent.jobs.first.outputs.out}}' },
            b: { job_input_type: 'literal', value: '${{parent.jobs.second.outputs.out}}' },
          },
          outputs: { all: { value: '${{parent.outputs.result}}', type: 'literal' } },
        },
        first: {
          type: 'command',
          componentId: id('make'),
          inputs: { word: { job_input_type: 'literal', value: '${{parent.inputs.word}}-there' } },
        },
        second: { type: 'command', componentId: id('make') },
      },
    });
    const ended = await s.end('pipe');
    assert.equal(ended.status, 'Completed', JSON.stringify(ended));
    const [file] = found(join(s.root, 'blobs'), 'all.txt');
    assert.match(file ?? '', /azureml\/pipe\/result\/all\.txt$/);
    assert.equal(readFileSync(file as string, 'utf8'), 'hi-there\nnone\n');
  });

  test('local mode makes a compute that only a pipeline component names, and strict mode says that it is missing', async () => {
    const inner = {
      type: 'pipeline',
      jobs: { only: { type: 'command', ...command('true'), computeId: 'azureml:inner-cluster' } },
    };
    const job = {
      jobType: 'Pipeline',
      settings: {},
      jobs: { outer: { type: 'pipeline', componentId: `${WS}/components/nested/versions/1` } },
    };
    const s = await open();
    await s.put('components/nested/versions/1', { componentSpec: { name: 'nested', ...inner } });
    await s.put('jobs/deep', job);
    assert.equal(s.said.at(-1), 'created compute cluster inner-cluster in workspace ws');
    assert.equal((await s.end('deep')).status, 'Completed');
    const strict = await open(undefined, true);
    await strict.send('PUT', WS, { location: 'eastus', properties: {} });
    await strict.put('components/nested/versions/1', { componentSpec: { name: 'nested', ...inner } });
    const refused = await strict.send('PUT', `${WS}/jobs/deep`, { properties: job });
    assert.equal(refused.status, 404);
    assert.match(refused.text, /no compute 'inner-cluster'/);
  });

  test('a circle, an unknown binding and a missing input are refused, and nothing is kept', async () => {
    const s = await open();
    await s.component('step', {
      command: 'true',
      inputs: { x: { type: 'uri_folder' } },
      outputs: { y: { type: 'uri_folder' } },
    });
    const node = (value?: string) => ({
      type: 'command',
      componentId: `${WS}/components/step/versions/1`,
      inputs: value === undefined ? {} : { x: { job_input_type: 'literal', value } },
    });
    const refusals: [object, RegExp][] = [
      [{ a: node('${{parent.jobs.b.outputs.y}}'), b: node('${{parent.jobs.a.outputs.y}}') }, /wait for each other/],
      [{ a: node('${{parent.jobs.c.outputs.y}}') }, /'c', which is not a node/],
      [{ a: node('${{parent.inputs.gone}}') }, /has no value/],
      [{ a: node() }, /no value for the required input 'x'/],
    ];
    for (const [jobs, message] of refusals) {
      const answer = await s.send('PUT', `${WS}/jobs/refused`, {
        properties: { jobType: 'Pipeline', settings: {}, jobs },
      });
      assert.equal(answer.status, 400);
      assert.match(answer.text, message);
    }
    assert.equal((await s.send('GET', `${WS}/jobs/refused`)).status, 404);
  });

  test('a failed node fails the pipeline, with the step named', async () => {
    const s = await open();
    await s.put('jobs/pf', {
      jobType: 'Pipeline',
      settings: { continue_on_step_failure: false },
      jobs: {
        ok: { type: 'command', ...command('echo fine') },
        bad: { type: 'command', ...command('echo broken; exit 1') },
      },
    });
    const ended = await s.end('pf');
    assert.equal(ended.status, 'Failed');
    assert.match(ended.error?.message ?? '', /'bad'[\s\S]*broken/);
  });
});

describe('webhooks', () => {
  const hook = {
    WebhookType: 'AzureDevOps',
    EventType: 'RunTerminated',
    PlanUri: 'http://127.0.0.1:1/millrace/',
    ProjectId: 'p1',
    HubName: 'Build',
    PlanId: 'plan1',
    JobId: 'job1',
    TimelineId: 'tl1',
    TaskInstanceId: 'task1',
    AuthToken: 'very-secret-token',
  };
  const patch = { Properties: { NotificationSetting: { Webhooks: { ADO_Webhook_tl1: hook } } } };

  test('a webhook is called at the end, again until it is taken; its token is never shown nor stored in clear', async () => {
    const s = await open();
    const flag = join(s.root, 'go');
    await s.put('jobs/w', command(`while [ ! -e ${flag} ]; do sleep 0.02; done; exit 1`));
    const answer = await s.send('PATCH', `${WS}/jobs/w`, patch);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(!answer.text.includes('very-secret-token'));
    assert.match(answer.text, /ADO_Webhook_tl1/);
    s.answer(503);
    writeFileSync(flag, '');
    await s.end('w');
    while (s.calls.length < 2) await s.nextCall();
    const call = s.calls[1] as OutboundRequest;
    assert.equal(
      call.url,
      'http://127.0.0.1:1/millrace/p1/_apis/distributedtask/hubs/Build/plans/plan1/events?api-version=2.0-preview.1',
    );
    assert.deepEqual(JSON.parse(call.body as string), {
      name: 'TaskCompleted',
      taskId: 'task1',
      jobId: 'job1',
      result: 'failed',
    });
    assert.equal(call.headers?.['authorization'], `Basic ${Buffer.from(':very-secret-token').toString('base64')}`);
    const files = readdirSync(s.root).filter((name) => name.startsWith('db.sqlite'));
    for (const name of files) assert.ok(!readFileSync(join(s.root, name)).includes('very-secret-token'), name);
  });

  test('a job that is put again, its answer lost, has its webhooks and runs once', async () => {
    const s = await open();
    const again = { ...command('echo once'), notificationSetting: { webhooks: { wait: hook } } };
    const call = s.nextCall();
    await s.put('jobs/twice', command('echo once'));
    assert.equal((await s.end('twice')).status, 'Completed');
    assert.equal((await s.send('PUT', `${WS}/jobs/twice`, { properties: again })).status, 200);
    await call;
    assert.equal(s.calls.length, 1);
  });

  test('a webhook that comes after the end is called at once; one with the job itself is kept out of its document', async () => {
    const s = await open();
    await s.put('jobs/done', command('true', { notificationSetting: { webhooks: { first: hook } } }));
    await s.end('done');
    while (s.calls.length < 1) await s.nextCall();
    const told = s.nextCall();
    assert.equal((await s.send('PATCH', `${WS}/jobs/done`, patch)).status, 200);
    if (s.calls.length < 2) await told;
    assert.equal(JSON.parse(s.calls[1]?.body as string).result, 'succeeded');
    assert.ok(!(await s.send('GET', `${WS}/jobs/done`)).text.includes('very-secret-token'));
    for (const name of readdirSync(s.root).filter((file) => file.startsWith('db.sqlite')))
      assert.ok(!readFileSync(join(s.root, name)).includes('very-secret-token'), name);
  });
});

test('what ARM has and is not built is said in its shape', async () => {
  const s = await open();
  const read = await s.send('GET', `${WS}/marketplaceSubscriptions`);
  assert.equal(read.status, 501);
  assert.match(
    read.text,
    /"error":\{"code":"NotImplemented","message":"not implemented: MarketplaceSubscriptions_List"/,
  );
  const group = await s.send('GET', '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/disks');
  assert.equal(group.status, 404);
  assert.match(group.text, /"NotImplemented","message":"not implemented: GET \/subscriptions\/.*\/disks"/);
});

test('groups, workspaces and computes are where they were asked to be, and stay there', async () => {
  const s = await open(undefined, true);
  const group = '/subscriptions/s1/resourceGroups/rg';
  const locationOf = async (path: string, method: 'GET' | 'PUT' = 'GET', body?: Body) =>
    JSON.parse((await s.send(method, path, body)).text).location as string;
  assert.equal(await locationOf(group, 'PUT', { location: 'West Europe' }), 'westeurope');
  assert.equal(await locationOf(group, 'PUT', { location: 'westeurope', tags: { a: 'b' } }), 'westeurope');
  assert.equal(await locationOf(WS, 'PUT', { properties: {} }), 'westeurope');
  assert.equal(await locationOf(WS.replace(/ws$/, 'other'), 'PUT', { location: 'uksouth', properties: {} }), 'uksouth');
  assert.equal(await locationOf(WS), 'westeurope');
  const cluster = { properties: { computeType: 'AmlCompute', properties: {} } };
  assert.equal(await locationOf(`${WS}/computes/a`, 'PUT', cluster), 'westeurope');
  assert.equal(await locationOf(`${WS}/computes/b`, 'PUT', { ...cluster, location: 'uksouth' }), 'uksouth');
  const moved = await s.send('PUT', group, { location: 'eastus' });
  assert.equal(moved.status, 409);
  assert.match(moved.text, /InvalidResourceGroupLocation.*already exists in location 'westeurope'/);
  assert.match((await s.send('PUT', WS, { location: 'eastus', properties: {} })).text, /"InvalidResourceLocation"/);
});

test('strict mode says what is missing', async () => {
  const s = await open(undefined, true);
  const missing = await s.send('GET', WS);
  assert.equal(missing.status, 404);
  assert.match(
    missing.text,
    /"code":"ResourceGroupNotFound".*Resource group 'rg' could not be found\..*az group create/,
  );
  await s.send('PUT', '/subscriptions/s1/resourceGroups/rg', { location: 'eastus' });
  assert.match((await s.send('GET', WS)).text, /"code":"ResourceNotFound".*az ml workspace create/);
  assert.equal((await s.send('PUT', WS, { location: 'eastus', properties: {} })).status, 200);
  const job = await s.send('PUT', `${WS}/jobs/j`, { properties: command('true') });
  assert.equal(job.status, 404);
  assert.match(job.text, /no compute 'cpu-cluster'/);
  assert.equal(existsSync(join(s.root, 'ml', 'runs')), false);
});
