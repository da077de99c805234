import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ArmScene, openArmScene, WS } from '../../arm-scene.ts';

const ROLES = '/providers/Microsoft.Authorization';
const GROUP = '/subscriptions/s1/resourceGroups/rg';
const [ONE, TWO] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

let s: ArmScene;
before(async () => {
  s = await openArmScene();
});
after(() => s.close());

test('a role is given on a workspace once, is listed there and around, and goes with the workspace', async () => {
  const role = { roleDefinitionId: `/subscriptions/s1${ROLES}/roleDefinitions/${READER}`, principalId: 'someone' };
  const made = await s.put(`${WS}${ROLES}/roleAssignments/${ONE}`, role);
  assert.deepEqual([made.status, made.body.properties.scope], [201, WS]);
  assert.equal((await s.put(`${WS}${ROLES}/roleAssignments/${ONE}`, role)).status, 200);
  const twice = await s.put(`${WS}${ROLES}/roleAssignments/${TWO}`, { ...role, roleDefinitionId: READER });
  assert.deepEqual([twice.status, twice.body.error.code], [409, 'RoleAssignmentExists']);
  assert.equal((await s.put(`${GROUP}${ROLES}/roleAssignments/${TWO}`, { ...role, principalId: 'other' })).status, 201);

  const names = async (url: string) =>
    (await s.get(url)).body.value.map((one: { name: string }) => one.name.slice(0, 1)).sort();
  assert.deepEqual(await names(`${WS}${ROLES}/roleAssignments`), ['1', '2']);
  assert.deepEqual(await names(`${GROUP}${ROLES}/roleAssignments`), ['1', '2']);
  assert.deepEqual(await names(`${GROUP}${ROLES}/roleAssignments?$filter=atScope()`), ['2']);
  assert.deepEqual(await names(`${WS}${ROLES}/roleAssignments?$filter=principalId eq 'SOMEONE'`), ['1']);
  assert.match(
    (await s.get(`${WS}${ROLES}/roleAssignments?$filter=other eq 'x'`)).body.error.message,
    /not implemented: the filter other eq/,
  );
  assert.equal((await s.delete(`${WS}?forceToPurge=true`)).status, 200);
  assert.equal((await s.get(`${WS}${ROLES}/roleAssignments/${ONE}`)).body.error.code, 'RoleAssignmentNotFound');
  assert.equal((await s.delete(`${GROUP}${ROLES}/roleAssignments/${TWO}`)).status, 200);
  assert.equal((await s.delete(`${GROUP}${ROLES}/roleAssignments/${TWO}`)).status, 204);
});

test('what is no assignment is refused, and roles are found by their names', async () => {
  const name = await s.put(`${GROUP}${ROLES}/roleAssignments/mine`, {});
  assert.match(name.body.error.message, /'mine' is not a role assignment's name: a GUID is/);
  const empty = await s.put(`${GROUP}${ROLES}/roleAssignments/${ONE}`, { roleDefinitionId: READER });
  assert.deepEqual([empty.status, empty.body.error.target], [400, 'properties.principalId']);
  const found = (await s.get(`${GROUP}${ROLES}/roleDefinitions?$filter=roleName eq 'reader'`)).body.value;
  assert.deepEqual(
    found.map((one: { name: string }) => one.name),
    [READER],
  );
  assert.equal((await s.get(`/subscriptions/s1${ROLES}/roleDefinitions/${READER}`)).body.properties.roleName, 'Reader');
  assert.equal(
    (await s.get(`/subscriptions/s1${ROLES}/roleDefinitions/${ONE}`)).body.error.code,
    'RoleDefinitionDoesNotExist',
  );
});
