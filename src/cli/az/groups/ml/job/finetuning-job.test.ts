import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

const MODEL = 'azureml://registries/azureml/models/Phi/versions/1';
const TUNING = `type: finetuning
task: chat_completion
model_provider: custom
model: {type: mlflow_model, path: "${MODEL}"}
training_data: {type: uri_file, path: https://x/train.jsonl}
validation_data: https://x/validation.jsonl
hyperparameters: {per_device_train_batch_size: "1", learning_rate: "0.002"}
resources: {instance_types: [Standard_NC96ads_A100_v4]}
queue_settings: {job_tier: standard}
outputs:
  registered_model: {type: mlflow_model, name: m}
`;

describe('az ml job create of fine-tuning jobs', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'tuning');
    mkdirSync(folder);
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
  const sent = async (name: string, yaml: string) => {
    const result = await run(yaml, '-n', name);
    assert.equal(result.code, 0, result.err);
    const put = fake.requests.find((one) => one.method === 'PUT' && one.path === `${WORKSPACE}/jobs/${name}`);
    assert.ok(put);
    const { properties } = put.body as { properties: Record<string, unknown> };
    return { properties, shown: JSON.parse(result.out) as Record<string, unknown> };
  };

  test('a model of the user’s own: sent as the public client sends it, shown in the words of its YAML', async () => {
    const { properties, shown } = await sent('own', TUNING);
    assert.equal(properties['jobType'], 'FineTuning');
    assert.deepEqual(properties['fineTuningDetails'], {
      modelProvider: 'Custom',
      taskType: 'chatCompletion',
      model: { jobInputType: 'mlflow_model', uri: MODEL },
      trainingData: { jobInputType: 'uri_file', uri: 'https://x/train.jsonl' },
      validationData: { jobInputType: 'uri_file', uri: 'https://x/validation.jsonl' },
      hyperParameters: { per_device_train_batch_size: '1', learning_rate: '0.002' },
    });
    assert.deepEqual(properties['queueSettings'], { jobTier: 'Standard' });
    assert.deepEqual(properties['resources'], { instanceTypes: ['Standard_NC96ads_A100_v4'] });
    assert.deepEqual(properties['outputs'], { registered_model: { assetName: 'm', jobOutputType: 'mlflow_model' } });
    assert.deepEqual(
      [shown['type'], shown['task'], shown['model_provider']],
      ['finetuning', 'chatCompletion', 'custom'],
    );
    assert.deepEqual(shown['model'], { type: 'mlflow_model', path: MODEL });
    assert.deepEqual(shown['resources'], { instance_types: ['Standard_NC96ads_A100_v4'] });
    assert.deepEqual(shown['hyperparameters'], { per_device_train_batch_size: '1', learning_rate: '0.002' });
  });

  test('a model of Azure OpenAI has three parameters', async () => {
    const openAi = TUNING.replace('provider: custom', 'provider: azure_open_ai').replace(
      /^hyperparameters.*$/m,
      'hyperparameters: {batch_size: 1, learning_rate_multiplier: 0.2, n_epochs: 2}',
    );
    const { properties, shown } = await sent('open', openAi);
    const details = properties['fineTuningDetails'] as Record<string, unknown>;
    assert.equal(details['modelProvider'], 'AzureOpenAI');
    assert.deepEqual(details['hyperParameters'], { batchSize: 1, learningRateMultiplier: 0.2, nEpochs: 2 });
    assert.deepEqual(shown['hyperparameters'], { batch_size: 1, learning_rate_multiplier: 0.2, n_epochs: 2 });
    assert.match((await run(openAi.replace('n_epochs', 'epochs'))).err, /hyperparameters\.epochs: Unknown field/);
  });

  test('what is wrong is told with its place, all at once', async () => {
    const { err } = await run(TUNING.replace('chat_completion', 'chatter').replace(/^model: .*\n/m, ''));
    for (const line of ['task: ', 'model: Missing data for required field']) assert.ok(err.includes(line), err);
  });
});
