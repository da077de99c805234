import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type ArmScene, openArmScene, SUBSCRIPTION, WS } from '../../arm-scene.ts';
import { jobTopic } from '../../jobs/engine.ts';

const REG = `${SUBSCRIPTION}/registries/shared`;
/** As the clients ask, below the address that discovery gives. */
const CLIENT_REG = `/mferp/managementfrontend${REG}`;
const scenes: ArmScene[] = [];
after(async () => {
  for (const scene of scenes) await scene.close();
});

async function open(): Promise<ArmScene> {
  const s = await openArmScene();
  scenes.push(s);
  const made = await s.ask('arm', 'PUT', REG, {
    location: 'East US',
    tags: { team: 'a' },
    properties: { regionDetails: [{ location: 'eastus' }, { location: 'westus' }], publicNetworkAccess: 'Enabled' },
  });
  assert.equal(made.status, 201);
  return s;
}

const placeOf = (url: string) => {
  const [, account = '', container = '', blob = ''] = /^https:\/\/([a-z0-9]+)\.[^/]+\/([^/]+)\/?(.*)$/.exec(url) ?? [];
  return { account, container, blob };
};

const stored = (s: ArmScene, url: string) => {
  const { account, container, blob } = placeOf(url);
  return join(s.root, 'blobs', account, container, blob);
};

/** Uploads code to the registry and registers it, as the SDK does. */
async function registryCode(s: ArmScene, name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const assetId = `azureml://registries/shared/codes/${name}/versions/1`;
  const { status, body } = await s.ask('arm', 'PUT', `${CLIENT_REG}/tempdatarefs/${name}/versions/1`, {
    assetId,
    temporaryDataReferenceType: 'TemporaryBlobReference',
  });
  assert.equal(status, 200);
  const { blobUri, credential } = body.blobReferenceForConsumption;
  assert.match(credential.sasUri, /\?sig=.*sp=racwl/);
  for (const [path, text] of Object.entries(files))
    s.blob(placeOf(blobUri).account, placeOf(blobUri).container, `src/${path}`, text);
  const made = await s.put(`${CLIENT_REG}/codes/${name}/versions/1`, { codeUri: `${blobUri}/src` });
  assert.deepEqual([made.status, made.body.id], [201, assetId]);
  return assetId;
}

async function end(s: ArmScene, name: string) {
  const { workspaceId } = (await s.get(WS)).body.properties;
  for (;;) {
    const told = s.events.wait(jobTopic(workspaceId, name), 300);
    const { properties } = (await s.get(`${WS}/jobs/${name}`)).body;
    if (['Completed', 'Failed', 'Canceled'].includes(properties.status)) return properties;
    await told;
  }
}

describe('registries', () => {
  test('are made, listed, tagged, found by clients, and removed with their assets', async () => {
    const s = await open();
    const { body } = await s.get(REG);
    assert.deepEqual([body.location, body.tags, body.properties.regionDetails.length], ['eastus', { team: 'a' }, 2]);
    assert.equal(
      body.properties.discoveryUrl,
      'https://eastus.api.azureml.ms/registrymanagement/v1.0/registries/shared/discovery',
    );
    assert.equal((await s.all('/subscriptions/s1/providers/Microsoft.MachineLearningServices/registries')).length, 1);
    assert.equal(
      (await s.all('/subscriptions/s1/resourceGroups/rg/providers/Microsoft.MachineLearningServices/registries'))
        .length,
      1,
    );
    assert.deepEqual((await s.ask('arm', 'PATCH', REG, { tags: { team: 'b' } })).body.tags, { team: 'b' });
    const regions = await s.post(`${REG}/removeRegions`, {
      location: 'eastus',
      properties: { regionDetails: [{ location: 'West US' }] },
    });
    assert.deepEqual(
      regions.body.properties.regionDetails.map((one: { location: string }) => one.location),
      ['eastus'],
    );

    const discovery = await s.ask('dataPlane', 'GET', '/registrymanagement/v1.0/registries/SHARED/discovery');
    assert.deepEqual(
      [discovery.body.registryName, discovery.body.resourceGroup, discovery.body.primaryRegionResourceProviderUri],
      ['shared', 'rg', 'https://cert-eastus.experiments.azureml.net/'],
    );
    assert.equal((await s.ask('dataPlane', 'GET', '/registrymanagement/v1.0/registries/none/discovery')).status, 404);

    const elsewhere = await s.ask('arm', 'PUT', REG.replace('/rg/', '/other/'), { location: 'eastus', properties: {} });
    assert.equal(elsewhere.status, 409);
    const moved = await s.ask('arm', 'PUT', REG, { location: 'westus', properties: {} });
    assert.deepEqual([moved.status, moved.body.error.code], [409, 'InvalidResourceLocation']);

    await s.put(`${REG}/environments/e/versions/1`, { image: 'python:3.12' });
    assert.equal((await s.delete(REG)).status, 200);
    assert.equal((await s.delete(REG)).status, 204);
    const gone = await s.get(`${REG}/environments/e/versions/1`);
    assert.deepEqual([gone.status, gone.body.error.code], [404, 'ResourceNotFound']);
  });

  test('jobs use what a registry holds: code, environment, component, data and model, by version or label', async () => {
    const s = await open();
    const code = await registryCode(s, 'c1', { 'main.py': 'print(1)' });
    await s.put(`${CLIENT_REG}/environments/env/versions/3`, { image: 'python:3.12' });
    const environment = 'azureml://registries/shared/environments/env/labels/latest';
    await s.put(`${CLIENT_REG}/components/train/versions/1`, {
      componentSpec: {
        name: 'train',
        version: '1',
        type: 'command',
        command: 'python main.py ${{inputs.d}}',
        code: `azureml:${code}`,
        environment: `azureml:${environment}`,
        inputs: { d: { type: 'uri_folder' } },
      },
    });
    const data = await s.ask('arm', 'POST', `${REG}/data/iris/versions/1/startPendingUpload`, {});
    const { blobUri } = data.body.blobReferenceForConsumption;
    s.blob(placeOf(blobUri).account, placeOf(blobUri).container, 'iris/a.csv', '1,2');
    await s.put(`${REG}/data/iris/versions/1`, { dataType: 'uri_folder', dataUri: `${blobUri}/iris` });
    assert.equal((await s.get(`${REG}/data/iris`)).body.id, 'azureml://registries/shared/data/iris');

    for (const [name, component] of [
      ['by-version', 'versions/1'],
      ['by-label', 'labels/latest'],
    ] as const) {
      const job = await s.put(`${WS}/jobs/${name}`, {
        jobType: 'Pipeline',
        settings: { default_compute: `${WS}/computes/cpu` },
        inputs: { d: { jobInputType: 'uri_folder', uri: 'azureml://registries/shared/data/iris/versions/1' } },
        jobs: {
          a: {
            name: 'a',
            type: 'command',
            componentId: `azureml://registries/shared/components/train/${component}`,
            inputs: { d: { job_input_type: 'literal', value: '${{parent.inputs.d}}' } },
          },
        },
      });
      assert.equal(job.status, 201, JSON.stringify(job.body));
      const ended = await end(s, name);
      assert.equal(ended.status, 'Completed', JSON.stringify(ended.error));
    }
    await s.put(`${WS}/jobs/command`, {
      jobType: 'Command',
      command: 'true',
      codeId: code,
      environmentId: environment,
      computeId: `${WS}/computes/cpu`,
    });
    assert.equal((await end(s, 'command')).status, 'Completed');

    const missing = await s.put(`${WS}/jobs/missing`, {
      jobType: 'Pipeline',
      jobs: { a: { type: 'command', componentId: 'azureml://registries/shared/components/none/versions/1' } },
    });
    assert.equal(missing.status, 404);
    assert.match(
      JSON.stringify(missing.body.error),
      /azureml:\/\/registries\/shared\/components\/none.*ComponentNotFound/,
    );
  });

  test('an upload of what is there already is refused with 409, as clients expect it', async () => {
    const s = await open();
    const assetId = await registryCode(s, 'c2', { 'a.py': '' });
    const again = await s.ask('arm', 'PUT', `${CLIENT_REG}/tempdatarefs/c2/versions/1`, { assetId });
    assert.equal(again.status, 409);
    assert.equal((await s.ask('arm', 'PUT', `${CLIENT_REG}/tempdatarefs/c2/versions/1`, {})).status, 400);
  });

  test('the clients of az’s extension get the answers that they alone take: 202 for a version, 201 for a container', async () => {
    const s = await open();
    const old = 'api-version=2021-10-01-dataplanepreview';
    const version = `${CLIENT_REG}/environments/env/versions/1`;
    const made = await s.put(`${version}?${old}`, { image: 'python:3.12' });
    assert.deepEqual([made.status, made.body], [202, {}]);
    assert.equal((await s.get(version)).body.properties.image, 'python:3.12');
    const location = String(made.headers['location']);
    assert.match(location, /\/registries\/shared\/environments\/env\/versions\/1\?api-version=2021/);
    assert.equal((await s.put(`${version}?${old}`, { image: 'python:3.12', isArchived: true })).status, 202);
    const container = `${CLIENT_REG}/environments/env`;
    assert.equal((await s.put(`${container}?${old}`, { isArchived: true })).status, 201);
    assert.equal((await s.put(container, { isArchived: false })).status, 200);
    // A workspace's assets are asked for by other versions of the API, whoever asks.
    assert.equal((await s.put(`${WS}/environments/env/versions/1?${old}`, { image: 'python:3.12' })).status, 201);
  });

  test('content is signed for reading, and only the registry’s own', async () => {
    const s = await open();
    const code = await registryCode(s, 'c3', { 'a.py': '' });
    const { codeUri } = (await s.get(`${REG}/codes/c3/versions/1`)).body.properties;
    for (const [word, signed] of [
      ['datareferences', /\/[\w-]+\/src\?sig=.*&sp=rl$/],
      ['datarefs', /\.windows\.net\/[\w-]+\?sig=.*&sp=rl$/],
    ] as const) {
      const { body } = await s.post(`${REG}/${word}/c3/versions/1`, { assetId: code, blobUri: codeUri });
      assert.match(body.blobReferenceForConsumption.credential.sasUri, signed);
    }
    const foreign = await s.post(`${REG}/datareferences/c3/versions/1`, {
      blobUri: 'https://mr000000000000000000.blob.core.windows.net/secrets/x',
    });
    assert.deepEqual([foreign.status, foreign.body.error.target], [400, 'blobUri']);
  });
});

describe('assets of a workspace in a registry', () => {
  test('a published component brings its code and its environment along, and is the same when published again', async () => {
    const s = await open();
    const account = (await s.get(WS)).body.properties.storageAccount.split('/').at(-1);
    s.blob(account, 'code', 'src/main.py', 'print(2)');
    await s.put(`${WS}/codes/k/versions/1`, { codeUri: `https://${account}.blob.core.windows.net/code/src` });
    await s.put(`${WS}/environments/env/versions/2`, { image: 'python:3.12' });
    const spec = {
      name: 'c',
      version: '1',
      type: 'command',
      command: 'python main.py',
      code: `azureml:${WS}/codes/k/versions/1`,
      environment: 'azureml:env:2',
    };
    await s.put(`${WS}/components/c/versions/1`, { componentSpec: spec });
    const body = { registryName: 'shared', destinationName: 'shared-c', destinationVersion: '9' };
    for (let time = 0; time < 2; time += 1)
      assert.equal((await s.post(`${WS}/components/c/versions/1/publish`, body)).status, 200);
    const { componentSpec } = (await s.get(`${REG}/components/shared-c/versions/9`)).body.properties;
    assert.equal(componentSpec.environment, 'azureml:azureml://registries/shared/environments/env/versions/2');
    assert.equal(componentSpec.code, 'azureml:azureml://registries/shared/codes/k/versions/1');
    const { codeUri } = (await s.get(`${REG}/codes/k/versions/1`)).body.properties;
    assert.equal(readFileSync(join(stored(s, codeUri), 'main.py'), 'utf8'), 'print(2)');
    await s.put(`${WS}/components/c/versions/2`, { componentSpec: { ...spec, version: '2', command: 'other' } });
    const other = await s.post(`${WS}/components/c/versions/2/publish`, body);
    assert.deepEqual([other.status, other.body.error.code], [409, 'UserError']);
  });

  test('a model is imported with its files; one that is not there, and an unknown registry, are told', async () => {
    const s = await open();
    const { workspaceId, storageAccount } = (await s.get(WS)).body.properties;
    const account = storageAccount.split('/').at(-1);
    s.blob(account, `azureml-blobstore-${workspaceId}`, 'models/m/model.pkl', 'weights');
    await s.put(`${WS}/models/m/versions/1`, {
      modelType: 'mlflow_model',
      modelUri: 'azureml://datastores/workspaceblobstore/paths/models/m/',
    });
    const id = (version: string) => `azureml://locations/eastus/workspaces/${workspaceId}/models/m/versions/${version}`;
    const bring = (version: string) =>
      s.post(`${CLIENT_REG}/import`, { properties: { referenceType: 'Id', sourceAssetId: id(version) } });
    const shared = await bring('1');
    assert.deepEqual([shared.status, shared.body], [200, {}]);
    const model = (await s.get(`${REG}/models/m/versions/1`)).body;
    assert.equal(model.properties.modelType, 'mlflow_model');
    assert.ok(existsSync(join(stored(s, model.properties.modelUri), 'model.pkl')));
    assert.equal((await bring('2')).status, 404);
    assert.equal((await s.post(`${WS}/models/m/versions/1/publish`, { registryName: 'nowhere' })).status, 404);
  });
});
