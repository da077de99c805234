import assert from 'node:assert/strict';
import test from 'node:test';
import { openArmScene, WS } from '../arm-scene.ts';

test('search indexes are kept with their versions', async (t) => {
  const scene = await openArmScene();
  t.after(() => scene.close());
  const base = `/genericasset${WS}/indexes`;
  const ask = (method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown) =>
    scene.ask('dataPlane', method, `${base}${path}`, body);
  const index = (storageUri: string, more: object = {}) => ({ storageUri, tags: { a: 'b' }, ...more });
  assert.equal((await ask('POST', '/docs:getNextVersion')).body.nextVersion, 1);
  const made = await ask('PUT', '/docs/versions/1', index('azureml://x/1'));
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.match(made.body.id, /^azureml:\/\/locations\/eastus\/workspaces\/[\w-]+\/indexes\/docs\/versions\/1$/);
  assert.equal((await ask('POST', '/docs:getNextVersion')).body.nextVersion, 2);
  await ask('PUT', '/docs/versions/2', index('azureml://x/2', { description: 'more' }));
  assert.equal((await ask('GET', '/docs')).body.description, 'more');
  assert.deepEqual((await ask('GET', '/docs/versions/1')).body.tags, { a: 'b' });
  assert.equal((await ask('PUT', '/docs/versions/2', index('azureml://x/3'))).status, 409);
  assert.equal((await ask('PUT', '/docs/versions/2', index('azureml://x/2', { stage: 'Archive' }))).status, 200);
  const listed = async (path: string) =>
    (await ask('GET', path)).body.value.map((one: { id: string }) => one.id.slice(-1));
  assert.deepEqual(await listed('/docs/versions?listViewType=ListViewType.ACTIVE_ONLY'), ['1']);
  assert.deepEqual(await listed('/docs/versions?listViewType=All'), ['2', '1']);
  assert.deepEqual(await listed(''), ['1']);
  assert.equal((await ask('GET', '/none/versions/1')).status, 404);
  assert.equal((await ask('PUT', '/docs/versions/3', {})).status, 400);
});
