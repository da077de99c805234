import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openArmScene, WS } from '../arm-scene.ts';

test('a blob datastore is shown to who mounts it without any secret; others and absent ones are refused', async (t) => {
  const scene = await openArmScene();
  t.after(() => scene.close());
  const credentials = { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey', key: 'dG9wc2VjcmV0' } };
  const store = (name: string, properties: object) =>
    scene.put(`${WS}/datastores/${name}`, { credentials, accountName: 'acct', ...properties });
  assert.ok((await store('mine', { datastoreType: 'AzureBlob', containerName: 'c1c' })).status < 300);
  assert.ok((await store('share', { datastoreType: 'AzureFile', fileShareName: 's1s' })).status < 300);
  const ask = (name: string) => scene.ask('dataPlane', 'GET', `/datastore/v1.0${WS}/datastores/${name}`);

  const { status, body } = await ask('mine');
  assert.equal(status, 200);
  assert.deepEqual(
    [body.name, body.dataStoreType, body.azureStorageSection.accountName, body.azureStorageSection.containerName],
    ['mine', 'AzureBlob', 'acct', 'c1c'],
  );
  assert.deepEqual([body.azureStorageSection.credentialType, body.azureStorageSection.credential], ['None', null]);
  assert.ok(!JSON.stringify(body).includes('dG9wc2VjcmV0'));
  const own = (await ask('workspaceblobstore')).body.azureStorageSection;
  assert.ok(existsSync(join(scene.root, 'blobs', own.accountName, own.containerName)), 'nobody has written to it yet');
  assert.equal((await ask('gone')).status, 404);
  assert.match((await ask('share')).body.error.message, /not implemented: mounts of datastores of the type AzureFile/);
});
