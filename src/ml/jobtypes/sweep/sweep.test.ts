import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { WS } from '../../arm-scene.ts';
import { type JobScene, openJobScene } from '../../job-scene.ts';
import { numbersOf } from './random-numbers.ts';

const scenes: JobScene[] = [];
after(async () => {
  for (const scene of scenes) await scene.close();
});
const open = async (cores = 4) => {
  const scene = await openJobScene(cores);
  scenes.push(scene);
  return scene;
};

const sweep = (more: object = {}) => ({
  jobType: 'Sweep',
  displayName: 'tune',
  experimentName: 'tests',
  computeId: 'cpu-cluster',
  trial: {
    command: 'python train.py --lr ${{search_space.lr}} --epochs ${{inputs.epochs}} --out ${{outputs.model}}',
    environmentId: 'azureml:AzureML-sklearn-1.5@latest',
    environmentVariables: { DUMMY_SLEEP_MS: '60000' },
  },
  inputs: { epochs: { jobInputType: 'literal', value: '3' } },
  outputs: { model: { jobOutputType: 'uri_folder' } },
  searchSpace: { lr: ['choice', [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]]] },
  samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
  objective: { goal: 'Maximize', primaryMetric: 'accuracy' },
  limits: { jobLimitsType: 'Sweep', maxTotalTrials: 6, maxConcurrentTrials: 2 },
  ...more,
});
const isOver = async (s: JobScene) => ['Completed', 'Failed', 'Canceled'].includes((await s.job('s1')).status);
const running = (statuses: Record<string, string>) =>
  Object.entries(statuses).flatMap(([id, status]) => (status === 'Running' ? [id] : []));

describe('a sweep on the dummy driver', () => {
  test('runs its trials two at a time, and the best one and its outputs are the sweep’s', async () => {
    const s = await open();
    const asked = (await s.put('jobs/s1', sweep())) as { properties: { status: string } };
    assert.equal(asked.properties.status, 'Running');
    for (const pair of [
      ['s1_0', 's1_1'],
      ['s1_2', 's1_3'],
      ['s1_4', 's1_5'],
    ]) {
      await s.eventually(`${pair} run`, async () => running(await s.children('s1')).join() === pair.join());
      for (const id of pair) {
        // The fourth is the best.
        await s.logMetric(id, 'accuracy', id === 's1_3' ? 0.9 : 0.5);
        const trial = await s.job(id);
        assert.equal(trial['jobType'], 'Command');
        const place = await outputFolder(s, trial);
        mkdirSync(place, { recursive: true });
        writeFileSync(join(place, 'model.txt'), `model of ${id}`);
      }
      s.clock.advance(60_000);
    }
    const done = await s.until('s1', 'Completed', 'Failed', 'Canceled');
    assert.equal(done.status, 'Completed');
    const properties = done['properties'] as Record<string, string>;
    assert.equal(properties['best_child_run_id'], 's1_3');
    assert.equal(properties['score'], '0.9');
    assert.equal(properties['runTemplate'], 'HyperDrive');
    assert.equal(properties['primary_metric_config'], '{"name":"accuracy","goal":"maximize"}');
    assert.deepEqual(done['searchSpace'], sweep().searchSpace);
    assert.equal(readFileSync(await s.datastoreFolder('azureml/s1/model/model.txt'), 'utf8'), 'model of s1_3');
    const trial = await s.job('s1_3');
    assert.equal(trial['displayName'], 'tune_3');
    assert.equal((trial['tags'] as Record<string, string>)['hyperparameters'], '{"lr":0.4}');
    assert.match(String(trial['command']), /--lr 0\.4 --epochs \$\{\{inputs\.epochs\}\}/);
    assert.equal((trial['environmentVariables'] as Record<string, string>)['AZUREML_SWEEP_lr'], '0.4');
  });

  test('a trial that falls behind is ended as soon as it logs, and its place is taken', async () => {
    const s = await open();
    await s.put('jobs/s1', sweep({ earlyTermination: { policyType: 'Bandit', slackFactor: 0.1, delayEvaluation: 2 } }));
    await s.eventually('two run', async () => running(await s.children('s1')).length === 2);
    await s.logMetric('s1_0', 'accuracy', 0.8, 1);
    await s.logMetric('s1_1', 'accuracy', 0.2, 1);
    await s.logMetric('s1_0', 'accuracy', 0.9, 2);
    assert.equal((await s.children('s1'))['s1_1'], 'Running', 'the delay is two intervals');
    await s.logMetric('s1_1', 'accuracy', 0.3, 2);
    await s.eventually('the bad one is canceled, the third runs', async () => {
      const now = await s.children('s1');
      return now['s1_1'] === 'Canceled' && now['s1_0'] === 'Running' && now['s1_2'] === 'Running';
    });
  });

  test('cancelling it ends every trial, and no more are made', async () => {
    const s = await open();
    await s.put('jobs/s1', sweep());
    await s.eventually('two run', async () => running(await s.children('s1')).length === 2);
    assert.equal((await s.send('POST', 'jobs/s1/cancel')).status, 200);
    await s.until('s1', 'Canceled');
    assert.deepEqual(await s.children('s1'), { s1_0: 'Canceled', s1_1: 'Canceled' });
  });

  test('cancelling one trial ends that one alone; the sweep goes on with the next', async () => {
    const s = await open();
    await s.put('jobs/s1', sweep({ limits: { maxTotalTrials: 3, maxConcurrentTrials: 2 } }));
    await s.eventually('two run', async () => running(await s.children('s1')).length === 2);
    assert.equal((await s.send('POST', 'jobs/s1_0/cancel')).status, 200);
    await s.eventually('the next runs', async () => running(await s.children('s1')).join() === 's1_1,s1_2');
    s.clock.advance(60_000);
    await s.until('s1', 'Completed');
    assert.deepEqual(await s.children('s1'), { s1_0: 'Canceled', s1_1: 'Completed', s1_2: 'Completed' });
  });

  test('one that was just asked for can be cancelled too', async () => {
    const s = await open();
    await s.put('jobs/s1', sweep());
    await s.send('POST', 'jobs/s1/cancel');
    await s.until('s1', 'Canceled');
    assert.ok(Object.values(await s.children('s1')).every((status) => status === 'Canceled'));
  });

  test('at limits.timeout it is cancelled with its trials; at trial_timeout a trial is', async () => {
    const s = await open();
    const limits = { maxTotalTrials: 4, maxConcurrentTrials: 2, timeout: 'PT50S', trialTimeout: 'PT20S' };
    await s.put('jobs/s1', sweep({ limits }));
    await s.eventually('two run', async () => running(await s.children('s1')).length === 2);
    s.clock.advance(20_000);
    await s.eventually('the next two run', async () => running(await s.children('s1')).join() === 's1_2,s1_3');
    assert.equal((await s.children('s1'))['s1_0'], 'Canceled');
    const other = sweep({ limits: { ...limits, trialTimeout: 'PT100S' } });
    await s.put('jobs/s2', other);
    await s.eventually('two more run', async () => running(await s.children('s2')).length === 2);
    s.clock.advance(50_000);
    const done = await s.until('s2', 'Canceled');
    assert.match(JSON.stringify(done['error']), /limits\.timeout, 50 seconds/);
  });

  test('it goes on after a restart of the server, with the trials it had', async () => {
    const s = await open();
    await s.put('jobs/s1', sweep());
    await s.eventually('two run', async () => running(await s.children('s1')).length === 2);
    await s.logMetric('s1_1', 'accuracy', 0.7);
    await s.restart();
    for (let turn = 0; turn < 3; turn += 1) {
      await s.eventually('two run', async () => running(await s.children('s1')).length === 2);
      s.clock.advance(60_000);
    }
    const done = await s.until('s1', 'Completed');
    assert.equal((done['properties'] as Record<string, string>)['best_child_run_id'], 's1_1');
    assert.equal(Object.keys(await s.children('s1')).length, 6);
  });

  test('whatever happens, and however often the server is restarted: every trial is made once, launched once, and the sweep ends', async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const next = numbersOf('scenario', seed);
      const s = await open(1 + Math.floor(next() * 3));
      const policy = { policyType: 'TruncationSelection', truncationPercentage: 30, evaluationInterval: 1 };
      await s.put('jobs/s1', sweep(next() < 0.5 ? { earlyTermination: policy } : {}));
      const done: string[] = [];
      for (let turn = 0; turn < 60 && !(await isOver(s)); turn += 1) {
        const active = running(await s.children('s1'));
        const chosen = active[Math.floor(next() * active.length)];
        const what = next();
        if (what < 0.15) await s.restart();
        else if (what < 0.55 && chosen) await s.logMetric(chosen, 'accuracy', next(), turn);
        else if (what < 0.6 && chosen) await s.send('POST', `jobs/${chosen}/cancel`);
        else s.clock.advance(20_000);
        done.push(`${what.toFixed(2)} ${chosen ?? ''}`);
        for (let pause = 0; pause < 20 * next(); pause += 1) await new Promise((resolve) => setImmediate(resolve));
      }
      await s.eventually(`seed ${seed} ends`, async () => {
        s.clock.advance(10_000);
        return isOver(s);
      });
      const statuses = Object.values(await s.children('s1'));
      const told = `seed ${seed}: ${statuses} after ${done.join(', ')}`;
      assert.equal(statuses.length, 6, told);
      assert.ok(
        statuses.every((status) => status === 'Completed' || status === 'Canceled'),
        told,
      );
      // A trial that was cancelled before its turn came was never launched.
      assert.ok(s.launches() <= 6 && s.launches() >= statuses.filter((status) => status === 'Completed').length, told);
      const { status, properties } = await s.job('s1');
      const best = (properties as Record<string, string>)['best_child_run_id'];
      assert.equal(status, statuses.includes('Completed') ? 'Completed' : 'Canceled', told);
      if (best) assert.equal((await s.children('s1'))[best], 'Completed', told);
    }
  });

  test('when every trial fails, it fails and says so', async () => {
    const s = await open();
    const trial = { ...sweep().trial, environmentVariables: { DUMMY_EXIT_CODE: '1' } };
    await s.put('jobs/s1', sweep({ trial }));
    const done = await s.until('s1', 'Failed');
    assert.match(JSON.stringify(done['error']), /No trial of 6 completed; 6 failed\./);
  });

  test('as a node of a pipeline it reads, and what follows reads the best trial’s output', async () => {
    const s = await open();
    await s.put('components/train/versions/1', {
      componentSpec: {
        name: 'train',
        version: '1',
        type: 'command',
        command: 'python train.py ${{inputs.data}} ${{inputs.lr}} ${{outputs.model}}',
        environment: 'azureml:AzureML-sklearn-1.5@latest',
        inputs: { data: { type: 'string' }, lr: { type: 'number' } },
        outputs: { model: { type: 'uri_folder' } },
      },
    });
    await s.put('components/use/versions/1', {
      componentSpec: {
        name: 'use',
        version: '1',
        type: 'command',
        command: 'ls ${{inputs.model}}',
        environment: 'azureml:AzureML-sklearn-1.5@latest',
        inputs: { model: { type: 'uri_folder', mode: 'direct' } },
      },
    });
    const componentId = `${WS}/components/train/versions/1`;
    await s.put('jobs/p1', {
      jobType: 'Pipeline',
      settings: { default_compute: 'cpu-cluster' },
      jobs: {
        tune: {
          type: 'sweep',
          trial: { componentId },
          inputs: { data: { job_input_type: 'literal', value: 'x' } },
          search_space: { lr: { type: 'choice', values: [1, 2] } },
          sampling_algorithm: 'grid',
          objective: { goal: 'minimize', primary_metric: 'loss' },
          limits: { max_total_trials: 2 },
        },
        use: {
          type: 'command',
          componentId: `${WS}/components/use/versions/1`,
          inputs: { model: { job_input_type: 'literal', value: '${{parent.jobs.tune.outputs.model}}' } },
        },
      },
    });
    // Trials that end at once log nothing here: the sweep completes without a best one.
    const done = await s.until('p1', 'Completed', 'Failed');
    assert.equal(done.status, 'Completed', JSON.stringify(done['error']));
    const nodes = Object.keys(await s.children('p1'));
    assert.equal(nodes.length, 2);
    const tune = await s.job(nodes[0] as string);
    assert.equal(tune['jobType'], 'Sweep');
    // As a job's body says it, which clients read: the node said it otherwise.
    assert.deepEqual(tune['searchSpace'], { lr: ['choice', [[1, 2]]] });
    assert.deepEqual(tune['samplingAlgorithm'], { samplingAlgorithmType: 'Grid' });
    assert.deepEqual(tune['objective'], { goal: 'Minimize', primaryMetric: 'loss' });
    assert.equal((tune['limits'] as Record<string, unknown>)['timeout'], 'PT5184000S');
    assert.deepEqual(Object.keys(await s.children(nodes[0] as string)), [`${nodes[0]}_0`, `${nodes[0]}_1`]);
  });

  test('what the command reads and the space does not have is refused', async () => {
    const s = await open();
    const trial = { ...sweep().trial, command: 'python x.py ${{search_space.momentum}}' };
    const answer = await s.send('PUT', 'jobs/s1', { properties: sweep({ trial }) });
    assert.equal(answer.status, 400);
    assert.match(JSON.stringify(answer.body), /search_space\.momentum\}\}, but the search space has lr/);
  });
});

function outputFolder(s: JobScene, job: Record<string, unknown>): Promise<string> {
  const { model } = job['outputs'] as { model: { uri: string } };
  return s.datastoreFolder(model.uri.split('/paths/')[1] ?? '');
}
