import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ArmScene, openArmScene, SUBSCRIPTION, WS } from './arm-scene.ts';
import { curatedImages } from './environments/index.ts';

const names = Object.keys(curatedImages);
const inWorkspace = names.map((name) => `AzureML-${name}`);

describe('curated environments', () => {
  let s: ArmScene;
  /** The registry's path, as discovery leads clients to it. */
  let registry = '';
  before(async () => {
    s = await openArmScene();
    const { body } = await s.ask('dataPlane', 'GET', '/registrymanagement/v1.0/registries/azureml/discovery');
    registry = `/mferp/managementfrontend/subscriptions/${body.subscriptionId}/resourceGroups/${body.resourceGroup}/providers/Microsoft.MachineLearningServices/registries/${body.registryName}`;
  });
  after(() => s.close());

  const listed = async (url: string) => (await s.all(url)).map(({ name }) => name);

  test('are in the registry azureml: listed, by version, by their latest one', async () => {
    assert.equal((await s.get(registry)).body.name, 'azureml');
    assert.deepEqual(await listed(`${registry}/environments`), names);
    assert.deepEqual(await listed(`${registry}/environments?listViewType=ArchivedOnly`), []);
    assert.deepEqual(await listed(`${registry}/environments/sklearn-1.5/versions`), ['1']);
    const { latestVersion } = (await s.get(`${registry}/environments/sklearn-1.5`)).body.properties;
    const { body } = await s.get(`${registry}/environments/sklearn-1.5/versions/${latestVersion}`);
    assert.equal(body.id, 'azureml://registries/azureml/environments/sklearn-1.5/versions/1');
    assert.deepEqual(
      [body.properties.environmentType, body.properties.image, body.properties.condaFile],
      ['Curated', 'mcr.microsoft.com/azureml/curated/sklearn-1.5:1', undefined],
    );
    assert.match(body.properties.description, /^Python 3\.10 with scikit-learn~=1\.5\.0, .*Left out .*: azureml-core/);
    assert.deepEqual((await s.get(`${registry}/environments/sklearn-1.5/labels/latest`)).body, body);
    for (const kind of ['models', 'components', 'data', 'codes'])
      assert.deepEqual(await s.all(`${registry}/${kind}`), []);
  });

  test('are there in whatever version a script names, as for jobs; other words and names are missed', async () => {
    const { body } = await s.get(`${registry}/environments/sklearn-1.5/versions/44`);
    assert.deepEqual([body.name, body.properties.image], ['44', 'mcr.microsoft.com/azureml/curated/sklearn-1.5:44']);
    for (const path of [
      'sklearn-1.5/versions/newest',
      'sklearn-1.5/versions/0',
      'nothing',
      'nothing/versions/1',
      'nothing/labels/latest',
    ])
      assert.equal((await s.get(`${registry}/environments/${path}`)).status, 404, path);
  });

  test('cannot be changed, nor can anything be put beside them', async () => {
    const image = { properties: { image: 'python:3.12' } };
    const asked = [
      ['PUT', '/environments/mine/versions/1', image],
      ['PUT', '/environments/sklearn-1.5/versions/1', image],
      ['PUT', '/environments/sklearn-1.5', { properties: { isArchived: true } }],
      ['DELETE', '/environments/sklearn-1.5', undefined],
      ['DELETE', '/environments/sklearn-1.5/versions/1', undefined],
      ['POST', '/models/mine/versions/1/startPendingUpload', {}],
      ['PUT', '/tempdatarefs/mine/versions/1', { assetId: 'azureml://registries/azureml/models/mine/versions/1' }],
      ['POST', '/import', { properties: {} }],
      ['PATCH', '', { tags: { a: 'b' } }],
      ['POST', '/removeRegions', {}],
      ['DELETE', '', undefined],
    ] as const;
    for (const [method, path, body] of asked) {
      const refused = await s.ask('arm', method, `${registry}${path}`, body);
      assert.equal(refused.status, 403, `${method} ${path}: ${JSON.stringify(refused.body)}`);
      assert.match(refused.body.error.message, /can only be read\. Use a registry of your own/);
    }
    await s.put(`${WS}/environments/own/versions/1`, image.properties);
    const published = await s.post(`${WS}/environments/own/versions/1/publish`, { registryName: 'azureml' });
    assert.equal(published.status, 403);
    const made = await s.ask('arm', 'PUT', `${SUBSCRIPTION}/registries/AzureML`, {
      location: 'eastus',
      properties: {},
    });
    assert.deepEqual([made.status, made.body.error.code], [409, 'RegistryNameNotAvailable']);
    assert.match((await s.get(`${SUBSCRIPTION}/registries/azureml`)).body.error.message, /in no group of yours/);
    assert.deepEqual(await listed(`${registry}/environments`), names);
  });

  test('are in every workspace under names that begin with AzureML-, after its own', async () => {
    for (const name of ['first', 'second'])
      await s.put(`${WS}/environments/${name}/versions/1`, { image: 'python:3.12' });
    const all = await listed(`${WS}/environments`);
    assert.deepEqual(all.slice(-names.length), inWorkspace);
    assert.deepEqual(all.slice(0, 2), ['second', 'first']);
    for (const size of [1, 2, 3, all.length - 1, all.length])
      assert.deepEqual(await listed(`${WS}/environments?count=${size}`), all, `pages of ${size}`);
    const own = all.length - names.length;
    for (const skip of [1, own, own + 3, all.length])
      assert.deepEqual(await listed(`${WS}/environments?$skip=${skip}`), all.slice(skip), `without the first ${skip}`);
    const { body } = await s.get(`${WS}/environments/AzureML-sklearn-1.5/versions/44`);
    assert.equal(body.id, `${WS}/environments/AzureML-sklearn-1.5/versions/44`);
    const { image } = body.properties;
    const put = await s.put(`${WS}/environments/AzureML-sklearn-1.5/versions/2`, { image: 'python:3.12' });
    assert.deepEqual([image, put.status], ['mcr.microsoft.com/azureml/curated/sklearn-1.5:44', 403]);
    assert.equal((await s.put(`${WS}/environments/AzureML-sklearn-1.5`, {})).status, 403);
    assert.equal((await s.put(`${WS}/environments/AzureML-sklearn-mine/versions/1`, { image: 'i' })).status, 201);
  });

  test('leave a registry that an older Millrace let somebody call azureml as it is', async () => {
    const old = await openArmScene();
    try {
      const path = `${SUBSCRIPTION}/registries/azureml`;
      await old.ask('arm', 'PUT', `${SUBSCRIPTION}/registries/older`, { location: 'eastus', properties: {} });
      await old.store.write(async (writer) => {
        const { document } = await writer.selectFrom('ml_registries').select('document').executeTakeFirstOrThrow();
        const renamed = JSON.stringify({ ...JSON.parse(document), name: 'azureml' });
        await writer.updateTable('ml_registries').set({ name_key: 'azureml', document: renamed }).execute();
      });
      assert.equal((await old.put(`${path}/environments/own/versions/1`, { image: 'python:3.12' })).status, 201);
      assert.deepEqual(
        (await old.all(`${path}/environments`)).map(({ name }) => name),
        ['own'],
      );
      assert.equal((await old.ask('arm', 'PATCH', path, { tags: { a: 'b' } })).status, 200);
      assert.equal((await old.delete(path)).status, 200);
    } finally {
      await old.close();
    }
  });

  test('are in no other registry', async () => {
    const own = `${SUBSCRIPTION}/registries/own`;
    await s.ask('arm', 'PUT', own, { location: 'eastus', properties: {} });
    assert.deepEqual(await s.all(`${own}/environments`), []);
    assert.equal((await s.put(`${own}/environments/sklearn-1.5/versions/1`, { image: 'i' })).status, 201);
  });
});
