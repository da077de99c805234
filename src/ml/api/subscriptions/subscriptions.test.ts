import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ArmScene, openArmScene } from '../../arm-scene.ts';

let s: ArmScene;
before(async () => {
  s = await openArmScene();
});
after(() => s.close());

test('a subscription has its regions, and the providers whose resources are here', async () => {
  const regions = (await s.get('/subscriptions/s1/locations')).body.value;
  assert.ok(
    regions.some(
      (one: { name: string; displayName: string }) => one.name === 'westeurope' && one.displayName === 'West Europe',
    ),
  );
  const listed = (await s.get('/subscriptions/s1/providers')).body.value;
  const names = listed.map((one: { namespace: string }) => one.namespace);
  for (const name of [
    'Microsoft.MachineLearningServices',
    'Microsoft.Storage',
    'Microsoft.Resources',
    'Microsoft.Authorization',
  ])
    assert.ok(names.includes(name), name);
  const learning = (await s.get('/subscriptions/s1/providers/microsoft.machinelearningservices')).body;
  const types = learning.resourceTypes.map((one: { resourceType: string }) => one.resourceType);
  assert.ok(
    types.includes('workspaces/connections') && !types.includes('workspaces/marketplaceSubscriptions'),
    types.join(),
  );
  assert.equal(
    (await s.post('/subscriptions/s1/providers/Microsoft.Storage/register')).body.registrationState,
    'Registered',
  );
  const other = await s.get('/subscriptions/s1/providers/Microsoft.Web');
  assert.deepEqual([other.status, other.body.error.code], [404, 'InvalidResourceNamespace']);
});
