import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

const SWEEP = `type: sweep
trial:
  code: azureml:${WORKSPACE}/codes/c/versions/1
  command: python train.py --lr \${{search_space.lr}} --data \${{inputs.data}}
  environment: azureml:${WORKSPACE}/environments/e/versions/1
  environment_variables: {A: b}
  resources: {instance_count: 2}
  distribution: {type: pytorch, process_count_per_instance: 1}
inputs:
  data: {type: uri_file, path: https://x/y.csv}
outputs:
  model: {type: mlflow_model}
compute: azureml:cpu
sampling_algorithm: {type: Random, rule: sobol, seed: 7, logbase: 2}
search_space:
  lr: {type: uniform, min_value: 1e-2, max_value: 0.9}
  qu: {type: quniform, min_value: 1, max_value: 9, q: 2}
  n: {type: normal, mu: 0, sigma: 1}
  qn: {type: qlognormal, mu: 0, sigma: 1, q: 0.5}
  k: {type: choice, values: [rbf, '1', 1, 0.5]}
  r: {type: randint, upper: 10}
  nest: {type: choice, values: [{a: 1, b: {type: uniform, min_value: 0, max_value: 1}}]}
objective: {goal: Maximize, primary_metric: acc}
limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 7200, trial_timeout: 600}
early_termination: {type: bandit, slack_factor: 0.1, evaluation_interval: 1, delay_evaluation: 5}
queue_settings: {job_tier: spot}
`;

const TRIAL = `name: trainer
type: command
inputs:
  lr: {type: number}
  data: {type: uri_folder}
outputs:
  model: {type: uri_folder}
command: python t.py \${{inputs.lr}}
environment: azureml:${WORKSPACE}/environments/e/versions/1
`;

const PIPELINE = `type: pipeline
inputs:
  raw: {type: uri_folder, path: https://x/y}
jobs:
  tune:
    type: sweep
    trial: ./trial.yml
    inputs: {data: "\${{parent.inputs.raw}}"}
    outputs: {model: {}}
    sampling_algorithm: random
    search_space:
      lr: {type: uniform, min_value: 0.01, max_value: 0.9}
    objective: {goal: minimize, primary_metric: loss}
    limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 7200, trial_timeout: 600}
    early_termination: {type: bandit, slack_factor: 0.1, evaluation_interval: 1, delay_evaluation: 5}
`;

describe('az ml job create of sweeps', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'sweeps');
    mkdirSync(folder);
    writeFileSync(join(folder, 'trial.yml'), TRIAL);
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    await loggedIn(fake);
    const cpu = `${WORKSPACE}/computes/cpu`;
    fake.resources.set(cpu, { id: cpu, name: 'cpu', properties: {} });
  });
  const run = (verb: string, yaml: string, ...words: string[]) => {
    writeFileSync(join(folder, 'job.yml'), yaml);
    return fake.az(['ml', 'job', verb, '-g', 'rg', '-w', 'ws', '-f', 'job.yml', ...words], { cwd: folder });
  };
  const sent = async (yaml: string): Promise<Record<string, unknown>> => {
    const result = await run('create', yaml, '-n', 'mine');
    assert.equal(result.code, 0, result.err);
    const put = fake.requests.find((one) => one.method === 'PUT' && one.path === `${WORKSPACE}/jobs/mine`);
    assert.ok(put);
    return (put.body as { properties: Record<string, unknown> }).properties;
  };

  test('a sweep job is sent as the public client sends it', async () => {
    const { displayName, experimentName, properties, tags, isArchived, ...own } = await sent(SWEEP);
    assert.deepEqual([displayName, experimentName, properties, tags, isArchived], ['mine', 'sweeps', {}, {}, false]);
    assert.deepEqual(own, {
      jobType: 'Sweep',
      computeId: `${WORKSPACE}/computes/cpu`,
      searchSpace: {
        lr: ['uniform', [0.01, 0.9]],
        qu: ['quniform', [1, 9, 2]],
        n: ['normal', [0, 1]],
        qn: ['qlognormal', [0, 1, 0.5]],
        k: ['choice', [['rbf', '1', 1, 0.5]]],
        r: ['randint', [10]],
        nest: ['choice', [[{ a: 1, b: ['uniform', [0, 1]] }]]],
      },
      samplingAlgorithm: { samplingAlgorithmType: 'Random', rule: 'sobol', seed: 7, logbase: 2 },
      objective: { goal: 'maximize', primaryMetric: 'acc' },
      limits: {
        jobLimitsType: 'Sweep',
        maxTotalTrials: 4,
        maxConcurrentTrials: 2,
        timeout: 'PT2H',
        trialTimeout: 'PT10M',
      },
      earlyTermination: {
        policyType: 'Bandit',
        slackFactor: 0.1,
        slackAmount: 0,
        evaluationInterval: 1,
        delayEvaluation: 5,
      },
      trial: {
        codeId: `${WORKSPACE}/codes/c/versions/1`,
        command: `python train.py --lr \${{search_space.lr}} --data \${{inputs.data}}`,
        environmentId: `${WORKSPACE}/environments/e/versions/1`,
        environmentVariables: { A: 'b' },
        distribution: { distributionType: 'PyTorch', processCountPerInstance: 1 },
        resources: { instanceCount: 2 },
      },
      inputs: { data: { jobInputType: 'uri_file', uri: 'https://x/y.csv' } },
      outputs: { model: { jobOutputType: 'mlflow_model' } },
      queueSettings: { jobTier: 'Spot' },
      resources: { instanceCount: 2 },
    });
  });

  test('a sweep job is shown in the words of its YAML', async () => {
    const result = await run('create', SWEEP, '-n', 'shown');
    assert.equal(result.code, 0, result.err);
    const shown = JSON.parse(result.out) as Record<string, unknown>;
    assert.deepEqual(shown['trial'], {
      code: `azureml:${WORKSPACE}/codes/c/versions/1`,
      command: `python train.py --lr \${{search_space.lr}} --data \${{inputs.data}}`,
      environment: `azureml:${WORKSPACE}/environments/e/versions/1`,
      environment_variables: { A: 'b' },
      resources: { instance_count: 2, properties: {} },
      distribution: { type: 'pytorch', process_count_per_instance: 1 },
    });
    assert.deepEqual(shown['search_space'], {
      lr: { type: 'uniform', min_value: 0.01, max_value: 0.9 },
      qu: { type: 'quniform', min_value: 1, max_value: 9, q: 2 },
      n: { type: 'normal', mu: 0, sigma: 1 },
      qn: { type: 'qlognormal', mu: 0, sigma: 1, q: 0.5 },
      k: { type: 'choice', values: ['rbf', '1', 1, 0.5] },
      r: { type: 'randint', upper: 10 },
      nest: { type: 'choice', values: [{ a: 1, b: { type: 'uniform', min_value: 0, max_value: 1 } }] },
    });
    assert.deepEqual(shown['sampling_algorithm'], { type: 'random', rule: 'sobol', seed: 7, logbase: 2 });
    assert.deepEqual(shown['objective'], { goal: 'maximize', primary_metric: 'acc' });
    assert.deepEqual(shown['limits'], {
      max_total_trials: 4,
      max_concurrent_trials: 2,
      timeout: 7200,
      trial_timeout: 600,
    });
    assert.deepEqual(shown['early_termination'], {
      type: 'bandit',
      slack_factor: 0.1,
      slack_amount: 0,
      evaluation_interval: 1,
      delay_evaluation: 5,
    });
  });

  test('a sampling algorithm may be a word, a policy of another type has its zeros', async () => {
    const other = SWEEP.replace(/^sampling_algorithm.*$/m, 'sampling_algorithm: grid').replace(
      /^early_termination.*$/m,
      'early_termination: {type: truncation_selection, truncation_percentage: 20}',
    );
    const { samplingAlgorithm, earlyTermination } = await sent(other);
    assert.deepEqual(samplingAlgorithm, { samplingAlgorithmType: 'Grid' });
    assert.deepEqual(earlyTermination, {
      policyType: 'TruncationSelection',
      truncationPercentage: 20,
      evaluationInterval: 0,
      delayEvaluation: 0,
    });
  });

  test('a sweep node names its trial, and its search space gives the trial its inputs', async () => {
    const { jobs } = (await sent(PIPELINE)) as { jobs: Record<string, { trial: { componentId: string } }> };
    const { trial, ...tune } = jobs['tune'] ?? {};
    assert.match(trial?.componentId ?? '', /\/components\/azureml_anonymous\/versions\//);
    assert.deepEqual(tune, {
      name: 'tune',
      type: 'sweep',
      _source: 'YAML.COMPONENT',
      inputs: { data: { value: `\${{parent.inputs.raw}}`, job_input_type: 'literal' } },
      outputs: { model: { job_output_type: 'uri_folder' } },
      sampling_algorithm: 'random',
      search_space: { lr: { type: 'uniform', min_value: 0.01, max_value: 0.9 } },
      objective: { goal: 'minimize', primary_metric: 'loss' },
      limits: { max_total_trials: 4, max_concurrent_trials: 2, timeout: 7200, trial_timeout: 600 },
      early_termination: { policy_type: 'Bandit', slack_factor: 0.1, evaluation_interval: 1, delay_evaluation: 5 },
    });
  });

  test('what is wrong in a sweep is told with its place', async () => {
    const wrong = SWEEP.replace('type: normal, mu: 0', 'type: normal')
      .replace('type: randint', 'type: dice')
      .replace(/^limits.*$/m, '')
      .replace('goal: Maximize', 'goal: best')
      .replace('inputs.data}}', 'inputs.gone}}');
    const { err } = await run('create', wrong);
    for (const line of [
      'search_space.n.mu: Missing data for required field',
      "search_space.r.type: Unknown distribution 'dice'",
      'limits: Missing data for required field',
      'objective.goal: ',
      "trial.command: '${{inputs.gone}}' names no input",
    ])
      assert.ok(err.includes(line), `${line}\nis not in\n${err}`);
    assert.match((await run('create', PIPELINE.replace('lr:', 'rate:'))).err, /jobs\.tune\.inputs\.lr: Missing data/);
  });
});
