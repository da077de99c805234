import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { WS } from './arm-scene.ts';
import { closeScenes, command, found, openLocalScene } from './local-scene.ts';

after(closeScenes);

describe('command jobs on the local driver', () => {
  test('a job runs with its code, inputs, outputs and variables, and completes', async () => {
    const s = await openLocalScene();
    const codeId = await s.code('c1', {
      'main.sh':
        'cat "$1"; echo "$2" >"$3/made.txt"; echo kept >outputs/artifact.txt; echo "$AZUREML_RUN_ID $OWN $BUILT_FOR $(pwd)"\n',
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
    // The jobs that make an asset are listed by its name.
    for (const [asset, jobs] of [
      ['made-data', ['j1']],
      ['made', []],
    ] as const) {
      const listed = (await s.send('GET', `${WS}/jobs?assetName=${asset}`)).body as unknown as {
        value: { name: string }[];
      };
      assert.deepEqual(
        listed.value.map(({ name }) => name),
        jobs,
      );
    }
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
    const s = await openLocalScene();
    await s.put('jobs/bad', command('echo before; echo boom >&2; exit 3'));
    const ended = await s.end('bad');
    assert.equal(ended.status, 'Failed');
    assert.equal(ended.error?.code, 'UserError');
    assert.match(ended.error?.message ?? '', /exited with code 3\. Last lines of its log:\nbefore\nboom$/);
  });

  test('a file of another storage account’s container is read from where everybody may', async () => {
    const s = await openLocalScene();
    const uri = 'wasbs://datasets@otheraccount.blob.core.windows.net/a b/iris.csv';
    await s.put('jobs/public', { ...command('true'), inputs: { i: { jobInputType: 'uri_file', uri } } });
    const { error } = await s.end('public');
    assert.match(
      error?.message ?? '',
      /no download of https:\/\/otheraccount\.blob\.core\.windows\.net\/datasets\/a%20b\/iris\.csv here/,
    );
  });

  test('a job whose environment is not there is refused with the name of it, and nothing of it is kept', async () => {
    const s = await openLocalScene();
    const job = { properties: command('true', { environmentId: `${WS}/environments/none/versions/1` }) };
    const refused = await s.send('PUT', `${WS}/jobs/noenv`, job);
    assert.equal(refused.status, 404);
    assert.match(refused.text, /"code":"UserError","message":"No environment exists for name: none, version: 1\./);
    assert.equal((await s.send('GET', `${WS}/jobs/noenv`)).status, 404);
  });

  test('a model of what a job left is stored by where that lies; of a job that is not there, refused', async () => {
    const s = await openLocalScene();
    await s.put('jobs/leaves', command('echo 1 > outputs/m.txt'));
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
    const s = await openLocalScene();
    await s.put('jobs/long', command('trap "echo cleaned; exit 0" TERM; echo up; sleep 1000 & wait'));
    await s.running('long');
    const answer = await s.send('POST', `${WS}/jobs/long/cancel`);
    assert.ok(answer.status === 200 || answer.status === 202, answer.text);
    assert.equal((await s.end('long')).status, 'Canceled');
    assert.equal((await s.send('POST', `${WS}/jobs/long/cancel`)).status, 400);
  });

  test('what is made for a step of a pipeline is told to its run, for anybody else said in the answer', async () => {
    const s = await openLocalScene();
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
    const s = await openLocalScene();
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
    const s = await openLocalScene();
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

  test('what a canceled run submitted is asked to end once: the last node of its pipeline comes to its end', async () => {
    const s = await openLocalScene();
    await s.component('work', { command: 'sleep 1000' });
    const cleaning = 'sleep 0.5; echo cleaned >${{outputs.out}}/cleaned.txt';
    await s.component('clean', { command: cleaning, outputs: { out: { type: 'uri_folder' } } });
    const node = (name: string) => ({ type: 'command', componentId: `${WS}/components/${name}/versions/1` });
    const properties = {
      jobType: 'Pipeline',
      settings: { default_compute: 'cpu-cluster', on_finalize: 'last' },
      jobs: { a: node('work'), last: node('clean') },
    };
    assert.equal((await s.send('PUT', `${WS}/jobs/piped`, { properties }, undefined, 'plan.job')).status, 201);
    await s.running('piped');
    // Asked at each end of a run, however often that is.
    while ((await s.job('piped')).properties.status !== 'Canceled') {
      await s.ml.cancelSubmitted(async () => true);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(found(join(s.root, 'blobs'), 'cleaned.txt').length, 1);
  });

  test('limits.timeout ends a job as failed, with the limit in the message', async () => {
    const s = await openLocalScene();
    await s.put('jobs/slow', command('sleep 1000', { limits: { jobLimitsType: 'Command', timeout: 'PT0.2S' } }));
    const ended = await s.end('slow');
    assert.equal(ended.status, 'Failed');
    assert.match(ended.error?.message ?? '', /limits\.timeout, 0\.2 seconds/);
  });

  test('a size of shared memory that no container takes is refused', async () => {
    const s = await openLocalScene();
    const refused = await s.send('PUT', `${WS}/jobs/shm`, {
      properties: command('true', { resources: { shmSize: 'much' } }),
    });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /resources\.shm_size must be a number with a unit .* not 'much'/);
  });

  test('docker_args are kept and shown; without a container the job is told that they are left out', async () => {
    const s = await openLocalScene();
    for (const [name, said] of [
      ['text', { dockerArgs: '--memory 1g' }],
      ['list', { dockerArgsList: ['--memory=1g'] }],
    ] as const) {
      await s.put(`jobs/${name}`, command('true', { resources: said }));
      assert.equal((await s.end(name)).status, 'Completed');
      const { resources } = (await s.job(name)).properties;
      assert.deepEqual(resources, { instanceCount: 1, shmSize: '2g', ...said });
      const log = found(join(s.root, 'blobs'), 'std_log.txt').find((file) => file.includes(`dcid.${name}/`)) as string;
      assert.match(readFileSync(log, 'utf8'), /Warning: docker_args are for a container, and the job runs without one/);
    }
  });

  test('a PyTorch distribution starts its processes with their ranks', async () => {
    const s = await openLocalScene();
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
    const s = await openLocalScene();
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
    const again = await openLocalScene(s.root);
    assert.equal((await again.job('kept')).properties.status === 'Completed', false);
    writeFileSync(flag, '');
    assert.equal((await again.end('kept')).status, 'Completed');
    assert.equal((await again.end('next')).status, 'Completed');
    assert.deepEqual(readFileSync(join(s.root, 'starts'), 'utf8').trim().split('\n').sort(), ['a', 'start']);
  });
});

test('requests that come while the server still starts find the jobs that the last one left', async () => {
  const s = await openLocalScene();
  await s.put('jobs/left', command('sleep 60'));
  await s.running('left');
  await s.stop();
  const again = await openLocalScene(s.root, false, false);
  assert.equal((await again.send('DELETE', `${WS}/jobs/left`)).status, 409);
  assert.equal((await again.send('POST', `${WS}/jobs/left/cancel`)).status, 200);
  await again.put('jobs/early', command(`echo early >>${s.root}/starts`));
  await again.ml.start();
  assert.equal((await again.end('left')).status, 'Canceled');
  assert.equal((await again.end('early')).status, 'Completed');
  assert.equal(readFileSync(join(s.root, 'starts'), 'utf8'), 'early\n');
});
