import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

const SET = '{type: mltable, path: azureml://datastores/workspaceblobstore/paths/x/}';
const WIRE_SET = { jobInputType: 'mltable', uri: 'azureml://datastores/workspaceblobstore/paths/x/' };

const CLASSES = `type: automl
compute: azureml:cpu
task: classification
log_verbosity: debug
primary_metric: auc_weighted
target_column_name: y
positive_label: "yes"
training_data: ${SET}
test_data: ${SET}
test_data_size: 0.1
n_cross_validations: 5
limits: {timeout_minutes: 180, max_trials: 40, trial_timeout_minutes: 20, enable_early_termination: true}
featurization:
  mode: custom
  blocked_transformers: [label_encoder]
  column_name_and_types: {CHMIN: Categorical}
  transformer_params: {imputer: [{fields: [MMIN], parameters: {strategy: mean}}]}
training:
  enable_vote_ensemble: true
  ensemble_model_download_timeout_minutes: 5
  training_mode: auto
  allowed_training_algorithms: [gradient_boosting, light_gbm, xg_boost_classifier]
  stack_ensemble_settings: {stack_meta_learner_type: elastic_net, stack_meta_learner_train_percentage: 0.2}
outputs:
  best_model: {type: mlflow_model}
environment_variables: {A: b}
resources: {instance_count: 1}
queue_settings: {job_tier: standard}
`;

const SERIES = `type: automl
compute: azureml:cpu
task: forecasting
target_column_name: y
training_data: ${SET}
n_cross_validations: auto
featurization: {dataset_language: eng}
forecasting:
  time_column_name: t
  forecast_horizon: 48
  target_lags: [1, 2]
  seasonality: auto
  time_series_id_column_names: a
  short_series_handling_config: Pad
`;

const IMAGES = `type: automl
compute: azureml:cpu
task: image_object_detection
target_column_name: label
training_data: ${SET}
training_parameters: {early_stopping: true, learning_rate_scheduler: warmup_cosine, model_size: small, step_lr_gamma: 0.5}
sweep:
  sampling_algorithm: Random
  early_termination: {type: bandit, evaluation_interval: 2, slack_factor: 0.2, delay_evaluation: 6}
search_space:
  - model_name: {type: choice, values: [yolov5, other]}
    learning_rate: {type: uniform, min_value: 0.00001, max_value: 0.01}
  - model_name: fasterrcnn_resnet50_fpn
    number_of_epochs: {type: choice, values: [5, 6]}
`;

const TEXTS = `type: automl
compute: azureml:cpu
task: text_ner
training_data: ${SET}
validation_data: ${SET}
training_parameters: {model_name: bert_base_cased}
`;

const PIPELINE = `type: pipeline
inputs:
  train: {type: mltable, path: https://x/y/}
jobs:
  c:
    type: automl
    task: classification
    target_column_name: y
    training_data: \${{parent.inputs.train}}
    limits: {max_trials: 4}
    training: {allowed_training_algorithms: [logistic_regression]}
    outputs:
      best_model: {type: mlflow_model}
  i:
    type: automl
    compute: azureml:cpu
    task: image_object_detection
    target_column_name: label
    training_data: ${SET}
    search_space:
      - model_name: {type: choice, values: [yolov5]}
`;

describe('az ml job create of AutoML jobs', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'searches');
    mkdirSync(folder);
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    await loggedIn(fake);
    const cpu = `${WORKSPACE}/computes/cpu`;
    fake.resources.set(cpu, { id: cpu, name: 'cpu', properties: {} });
  });
  const run = (yaml: string, ...words: string[]) => {
    writeFileSync(join(folder, 'job.yml'), yaml);
    return fake.az(['ml', 'job', 'create', '-g', 'rg', '-w', 'ws', '-f', 'job.yml', ...words], { cwd: folder });
  };
  const sent = async (name: string, yaml: string) => {
    const result = await run(yaml, '-n', name);
    assert.equal(result.code, 0, result.err);
    const put = fake.requests.find((one) => one.method === 'PUT' && one.path === `${WORKSPACE}/jobs/${name}`);
    assert.ok(put);
    const { properties } = put.body as { properties: Record<string, unknown> };
    return { properties, details: properties['taskDetails'], shown: JSON.parse(result.out) as Record<string, unknown> };
  };

  test('classes of a table: sent as the public client sends it, shown as it was written', async () => {
    const { properties, details, shown } = await sent('classes', CLASSES);
    assert.equal(properties['jobType'], 'AutoML');
    assert.equal(properties['computeId'], `${WORKSPACE}/computes/cpu`);
    assert.deepEqual(properties['outputs'], { best_model: { jobOutputType: 'mlflow_model' } });
    assert.deepEqual(properties['queueSettings'], { jobTier: 'standard' });
    assert.deepEqual(properties['resources'], { instanceCount: 1 });
    assert.deepEqual(properties['environmentVariables'], { A: 'b' });
    assert.deepEqual(details, {
      taskType: 'Classification',
      trainingData: WIRE_SET,
      testData: WIRE_SET,
      targetColumnName: 'y',
      testDataSize: 0.1,
      positiveLabel: 'yes',
      nCrossValidations: { mode: 'Custom', value: 5 },
      featurizationSettings: {
        mode: 'custom',
        blockedTransformers: ['LabelEncoder'],
        columnNameAndTypes: { CHMIN: 'Categorical' },
        transformerParams: { Imputer: [{ fields: ['MMIN'], parameters: { strategy: 'mean' } }] },
      },
      limitSettings: {
        sweepConcurrentTrials: 0,
        sweepTrials: 0,
        timeout: 'PT3H',
        maxTrials: 40,
        trialTimeout: 'PT20M',
        enableEarlyTermination: true,
      },
      trainingSettings: {
        enableVoteEnsemble: true,
        trainingMode: 'Auto',
        allowedTrainingAlgorithms: ['GradientBoosting', 'LightGBM', 'XGBoostClassifier'],
        ensembleModelDownloadTimeout: 'PT5M',
        stackEnsembleSettings: { stackMetaLearnerType: 'ElasticNet', stackMetaLearnerTrainPercentage: 0.2 },
      },
      logVerbosity: 'Debug',
      primaryMetric: 'AUCWeighted',
    });
    const of = (...keys: string[]) => keys.map((key) => shown[key]);
    assert.deepEqual(of('type', 'task', 'primary_metric', 'log_verbosity', 'n_cross_validations'), [
      'automl',
      'classification',
      'auc_weighted',
      'debug',
      5,
    ]);
    assert.deepEqual(shown['resources'], { instance_count: 1 });
    assert.deepEqual(shown['limits'], {
      timeout_minutes: 180,
      max_trials: 40,
      trial_timeout_minutes: 20,
      enable_early_termination: true,
    });
    assert.deepEqual(shown['featurization'], {
      mode: 'custom',
      blocked_transformers: ['label_encoder'],
      column_name_and_types: { CHMIN: 'Categorical' },
      transformer_params: { imputer: [{ fields: ['MMIN'], parameters: { strategy: 'mean' } }] },
    });
    assert.deepEqual(shown['training'], {
      enable_vote_ensemble: true,
      training_mode: 'auto',
      allowed_training_algorithms: ['gradient_boosting', 'light_gbm', 'xg_boost_classifier'],
      ensemble_model_download_timeout_minutes: 5,
      stack_ensemble_settings: { stack_meta_learner_type: 'elastic_net', stack_meta_learner_train_percentage: 0.2 },
    });
  });

  test('a forecast: what is automatic, lists, and the words that keep their spelling', async () => {
    const { details, shown } = await sent('series', SERIES);
    assert.deepEqual(details, {
      taskType: 'Forecasting',
      trainingData: WIRE_SET,
      targetColumnName: 'y',
      nCrossValidations: { mode: 'Auto' },
      featurizationSettings: { datasetLanguage: 'eng', mode: 'auto', transformerParams: {} },
      forecastingSettings: {
        timeColumnName: 't',
        forecastHorizon: { mode: 'Custom', value: 48 },
        targetLags: { mode: 'Custom', values: [1, 2] },
        seasonality: { mode: 'Auto' },
        timeSeriesIdColumnNames: ['a'],
        shortSeriesHandlingConfig: 'pad',
      },
      logVerbosity: 'Info',
      primaryMetric: 'NormalizedRootMeanSquaredError',
    });
    assert.deepEqual(shown['forecasting'], {
      time_column_name: 't',
      forecast_horizon: 48,
      target_lags: [1, 2],
      seasonality: 'auto',
      time_series_id_column_names: ['a'],
      short_series_handling_config: 'pad',
    });
    assert.deepEqual([shown['training'], shown['n_cross_validations']], [{}, 'auto']);
  });

  test('images: the search space is sent as text and shown as it was written', async () => {
    const { details, shown } = await sent('images', IMAGES);
    assert.deepEqual(details, {
      taskType: 'ImageObjectDetection',
      trainingData: WIRE_SET,
      targetColumnName: 'label',
      limitSettings: {},
      modelSettings: {
        earlyStopping: true,
        learningRateScheduler: 'WarmupCosine',
        modelSize: 'Small',
        stepLRGamma: 0.5,
      },
      sweepSettings: {
        samplingAlgorithm: 'random',
        earlyTermination: {
          policyType: 'Bandit',
          evaluationInterval: 2,
          slackFactor: 0.2,
          slackAmount: 0,
          delayEvaluation: 6,
        },
      },
      searchSpace: [
        { modelName: "choice('yolov5','other')", learningRate: 'uniform(0.00001,0.01)' },
        { modelName: 'fasterrcnn_resnet50_fpn', numberOfEpochs: 'choice(5,6)' },
      ],
      logVerbosity: 'Info',
      primaryMetric: 'MeanAveragePrecision',
    });
    assert.deepEqual(shown['search_space'], [
      {
        model_name: { type: 'choice', values: ['yolov5', 'other'] },
        learning_rate: { type: 'uniform', min_value: 0.00001, max_value: 0.01 },
      },
      { model_name: 'fasterrcnn_resnet50_fpn', number_of_epochs: { type: 'choice', values: [5, 6] } },
    ]);
    assert.deepEqual(shown['training_parameters'], {
      early_stopping: true,
      learning_rate_scheduler: 'warmup_cosine',
      model_size: 'small',
      step_lr_gamma: 0.5,
    });
    assert.deepEqual(
      [shown['limits'], (shown['sweep'] as Record<string, unknown>)['sampling_algorithm']],
      [{}, 'random'],
    );
  });

  test('texts: one trial on one node unless more is said, a metric that is not sent', async () => {
    const { details } = await sent('texts', TEXTS);
    assert.deepEqual(details, {
      taskType: 'TextNER',
      trainingData: WIRE_SET,
      validationData: WIRE_SET,
      limitSettings: { maxNodes: 1, maxTrials: 1 },
      fixedParameters: { modelName: 'bert_base_cased' },
      logVerbosity: 'Info',
    });
  });

  test('nodes are sent as they are written, with the defaults of their task', async () => {
    const { jobs } = (await sent('piped', PIPELINE)).properties as { jobs: Record<string, unknown> };
    assert.deepEqual(jobs['c'], {
      name: 'c',
      type: 'automl',
      task: 'classification',
      tags: {},
      properties: {},
      target_column_name: 'y',
      training_data: `\${{parent.inputs.train}}`,
      limits: { max_trials: 4 },
      training: { allowed_training_algorithms: ['logistic_regression'] },
      outputs: { best_model: { job_output_type: 'mlflow_model' } },
      log_verbosity: 'info',
      primary_metric: 'auc_weighted',
    });
    assert.deepEqual(jobs['i'], {
      name: 'i',
      type: 'automl',
      task: 'image_object_detection',
      tags: {},
      properties: {},
      compute: `azureml:${WORKSPACE}/computes/cpu`,
      target_column_name: 'label',
      training_data: "{'type': 'mltable', 'path': 'azureml://datastores/workspaceblobstore/paths/x/'}",
      limits: {},
      log_verbosity: 'info',
      primary_metric: 'mean_average_precision',
      search_space: [{ model_name: "choice('yolov5')" }],
    });
  });

  test('what is wrong is told with its place, all at once', async () => {
    const wrong = CLASSES.replace('target_column_name: y\n', '')
      .replace('auc_weighted', 'r2_score')
      .replace('gradient_boosting', 'gradient_boasting')
      .replace('max_trials: 40', 'max_trials: many')
      .replace('task:', 'forecasting: {}\ntask:');
    const { err, code } = await run(wrong);
    assert.equal(code, 1);
    for (const line of [
      'target_column_name: Missing data for required field',
      'primary_metric: ',
      'training.allowed_training_algorithms[0]: ',
      'limits.max_trials: ',
      'forecasting: Unknown field',
    ])
      assert.ok(err.includes(line), `${line}\nis not in\n${err}`);
    assert.match(
      (await run(CLASSES.replace('task: classification', 'task: dreams'))).err,
      /task: Must be one of: class/,
    );
    assert.match((await run(PIPELINE.replace('    task: classification\n', ''))).err, /jobs\.c\.task: Missing data/);
    const bound = PIPELINE.replace('parent.inputs.train', 'parent.inputs.gone');
    assert.match((await run(bound)).err, /jobs\.c\.training_data: 'parent\.inputs\.gone' names no input/);
  });
});
