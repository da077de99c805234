import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { WS } from './arm-scene.ts';
import { closeScenes, command, openLocalScene } from './local-scene.ts';

after(closeScenes);

test('what ARM has and is not built is said in its shape', async () => {
  const s = await openLocalScene();
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
  const s = await openLocalScene(undefined, true);
  const group = '/subscriptions/s1/resourceGroups/rg';
  const locationOf = async (path: string, method: 'GET' | 'PUT' = 'GET', body?: Record<string, unknown>) =>
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
  const s = await openLocalScene(undefined, true);
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
