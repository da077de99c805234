import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type ArmScene, openArmScene, WS } from '../../arm-scene.ts';
import { datastorePlace } from '../../datastores.ts';

const scenes: ArmScene[] = [];
after(async () => {
  for (const scene of scenes) await scene.close();
});

async function open(): Promise<ArmScene> {
  const scene = await openArmScene();
  scenes.push(scene);
  return scene;
}

const SECRET = 'c2VjcmV0LW9mLXRoZS10ZXN0';
const TENANT = '11111111-1111-4111-8111-111111111111';
const key = { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey', key: SECRET } };
const blob = (more: object = {}) => ({
  datastoreType: 'AzureBlob',
  accountName: 'elsewhere',
  containerName: 'data',
  credentials: key,
  ...more,
});

describe('datastores', () => {
  test('every kind keeps its own words and gives its secret to listSecrets alone', async () => {
    const s = await open();
    const principal = { tenantId: TENANT, clientId: TENANT };
    const kinds = [
      ['blob', blob(), { secretsType: 'AccountKey', key: SECRET }],
      [
        'share',
        {
          datastoreType: 'azurefile',
          accountName: 'elsewhere',
          fileShareName: 'share',
          credentials: { credentialsType: 'Sas', secrets: { secretsType: 'Sas', sasToken: SECRET } },
        },
        { secretsType: 'Sas', sasToken: SECRET },
      ],
      [
        'lake1',
        {
          datastoreType: 'AzureDataLakeGen1',
          storeName: 'lake',
          credentials: {
            credentialsType: 'ServicePrincipal',
            ...principal,
            secrets: { secretsType: 'ServicePrincipal', clientSecret: SECRET },
          },
        },
        { secretsType: 'ServicePrincipal', clientSecret: SECRET },
      ],
      [
        'lake2',
        {
          datastoreType: 'AzureDataLakeGen2',
          accountName: 'elsewhere',
          filesystem: 'files',
          credentials: {
            credentialsType: 'Certificate',
            ...principal,
            thumbprint: 'AB12',
            secrets: { secretsType: 'Certificate', certificate: SECRET },
          },
        },
        { secretsType: 'Certificate', certificate: SECRET },
      ],
    ] as const;
    for (const [name, body, secrets] of kinds) {
      const made = await s.put(`${WS}/datastores/${name}?skipValidation=true`, body);
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const { body: read } = await s.get(`${WS}/datastores/${name}`);
      assert.ok(!JSON.stringify(read).includes(SECRET));
      assert.equal(read.properties.credentials.credentialsType, body.credentials.credentialsType);
      assert.deepEqual((await s.post(`${WS}/datastores/${name}/listSecrets`)).body, secrets);
    }
    assert.equal((await s.get(`${WS}/datastores/share`)).body.properties.datastoreType, 'AzureFile');
    const lakehouse = {
      datastoreType: 'OneLake',
      oneLakeWorkspaceName: 'Sales',
      artifact: { artifactType: 'LakeHouse', artifactName: 'Orders' },
      credentials: { credentialsType: 'None' },
    };
    assert.equal((await s.put(`${WS}/datastores/onelake`, lakehouse)).status, 201);
    assert.equal((await s.post(`${WS}/datastores/onelake/listSecrets`)).status, 404);
    // At rest nothing of it can be read.
    for (const file of readdirSync(s.root).filter((name) => name.startsWith('db.sqlite')))
      assert.ok(!readFileSync(join(s.root, file)).includes(SECRET), file);
  });

  test('a lakehouse keeps its data in a container of its own', () => {
    const placeOf = (oneLakeWorkspaceName: string, artifactName: string) =>
      datastorePlace({ storageAccount: 'unused' } as never, {
        name: 'x',
        isDefault: false,
        document: { datastoreType: 'OneLake', oneLakeWorkspaceName, artifact: { artifactName } },
      });
    const names = ['Orders', 'orders', 'Orders & more', '注文', '-', 'o'.repeat(200)];
    const places = names.flatMap((name) => [placeOf('Sales & Co', name), placeOf('Sales', name)]);
    for (const place of places) {
      assert.equal(place?.account, 'onelake');
      assert.match(place.container, /^(?=.{3,63}$)[a-z0-9](?:-?[a-z0-9])*$/);
    }
    assert.equal(new Set(places.map((place) => place?.container)).size, places.length);
  });

  test('a change without secrets keeps those that are there, and who made it', async () => {
    const s = await open();
    const url = `${WS}/datastores/d`;
    await s.put(url, blob());
    const first = (await s.get(url)).body;
    const changed = await s.put(url, { ...first.properties, description: 'described' });
    assert.deepEqual([changed.status, changed.body.properties.description], [200, 'described']);
    assert.equal(changed.body.systemData.createdAt, first.systemData.createdAt);
    assert.ok(changed.body.systemData.lastModifiedAt);
    assert.equal((await s.post(`${url}/listSecrets`)).body.key, SECRET);
    await s.put(url, blob({ credentials: { credentialsType: 'None' } }));
    assert.equal((await s.post(`${url}/listSecrets`)).status, 404);
  });

  test('there is one default, which is not deleted', async () => {
    const s = await open();
    const defaults = async () => (await s.all(`${WS}/datastores?isDefault=true`)).map((one) => one.name);
    assert.deepEqual(await defaults(), ['workspaceblobstore']);
    await s.put(`${WS}/datastores/mine`, blob({ isDefault: true }));
    assert.deepEqual(await defaults(), ['mine']);
    const refused = await s.delete(`${WS}/datastores/mine`);
    assert.deepEqual([refused.status, refused.body.error.code], [400, 'UserError']);
    const store = (await s.get(`${WS}/datastores/workspaceblobstore`)).body;
    await s.put(`${WS}/datastores/workspaceblobstore`, { ...store.properties, isDefault: true });
    assert.deepEqual(await defaults(), ['workspaceblobstore']);
    assert.equal((await s.delete(`${WS}/datastores/mine`)).status, 200);
    assert.equal((await s.delete(`${WS}/datastores/mine`)).status, 204);
    // The workspace's own have the account's key, or a signature that ends.
    const account = (await s.get(WS)).body.properties.storageAccount.split('/').at(-1);
    assert.deepEqual((await s.post(`${WS}/datastores/workspaceblobstore/listSecrets`)).body, {
      secretsType: 'AccountKey',
      key: `key-of-${account}`,
    });
    const signed = await s.post(`${WS}/datastores/workspaceblobstore/listSecrets`, { expirableSecret: true });
    assert.match(signed.body.sasToken, /^sig=azureml-blobstore-.*sp=racwdl$/);
  });

  test('lists are filtered, ordered and come in pages', async () => {
    const s = await open();
    for (const name of ['b1', 'a1', 'a2']) await s.put(`${WS}/datastores/${name}`, blob());
    const names = async (query: string) => (await s.all(`${WS}/datastores?${query}`)).map((one) => one.name);
    assert.deepEqual(await names('searchText=A&orderBy=name&orderByAsc=true&names=a1,a2,b1'), ['a1', 'a2']);
    assert.deepEqual(await names('names=b1&names=a2&orderBy=name'), ['b1', 'a2']);
    const all = await names('orderBy=name&orderByAsc=true');
    assert.deepEqual(await names('orderBy=name&orderByAsc=true&count=2'), all);
    assert.equal(all.length, 7);
    assert.equal((await s.get(`${WS}/datastores?orderBy=size`)).status, 400);
  });

  test('a folder of this machine is a datastore: what is in the one is in the other', async () => {
    const s = await open();
    const folder = mkdtempSync(join(tmpdir(), 'millrace-folder-'));
    const other = mkdtempSync(join(tmpdir(), 'millrace-folder-'));
    mkdirSync(join(folder, 'iris'));
    writeFileSync(join(folder, 'iris', 'a.csv'), '1,2');
    const local = (path: string, more: object = {}) =>
      blob({
        accountName: 'local',
        containerName: 'shared',
        endpoint: `file://${path}`,
        credentials: { credentialsType: 'AccountKey' },
        ...more,
      });
    const url = `${WS}/datastores/mine`;
    const made = await s.put(url, local(folder));
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const kept = join(s.root, 'blobs', 'local', 'shared');
    assert.equal(readFileSync(join(kept, 'iris', 'a.csv'), 'utf8'), '1,2');
    assert.equal((await s.post(`${url}/listSecrets`)).body.key, 'key-of-local');
    // Another folder under a name that is taken would change what others read.
    assert.equal((await s.put(`${WS}/datastores/other`, local(other))).status, 409);
    assert.equal((await s.put(`${WS}/datastores/same`, local(folder))).status, 201);
    assert.equal((await s.put(`${WS}/datastores/taken`, local(other, { containerName: 'there' }))).status, 201);
    s.blob('local', 'full', 'x', 'content');
    assert.equal((await s.put(`${WS}/datastores/full`, local(other, { containerName: 'full' }))).status, 409);
    for (const path of [s.root, join(s.root, 'blobs'), '/', '/nothing/here', join(folder, 'iris', 'a.csv')])
      assert.equal((await s.put(`${WS}/datastores/bad`, local(path, { containerName: 'bad' }))).status, 400, path);
    await s.delete(`${WS}/datastores/same`);
    assert.ok(existsSync(kept));
    await s.put(url, local(other));
    assert.ok(!existsSync(join(kept, 'iris')));
    await s.delete(url);
    assert.ok(!existsSync(kept));
    assert.ok(existsSync(join(folder, 'iris', 'a.csv')));
    for (const made of [folder, other]) rmSync(made, { recursive: true });
  });

  test('what no storage is called is refused with its key', async () => {
    const s = await open();
    const target = async (body: object) => {
      const { status, body: answer } = await s.put(`${WS}/datastores/bad`, body);
      assert.equal(status, 400, JSON.stringify(answer));
      return answer.error.target;
    };
    assert.equal(await target({ ...blob(), datastoreType: 'Disk' }), 'datastoreType');
    assert.equal(await target(blob({ accountName: '../x' })), 'accountName');
    assert.equal(await target(blob({ containerName: 'Upper' })), 'containerName');
    assert.equal(await target({ datastoreType: 'AzureDataLakeGen2', accountName: 'elsewhere' }), 'filesystem');
    assert.equal(await target({ datastoreType: 'OneLake', oneLakeWorkspaceName: 'w' }), 'artifact');
    assert.equal(await target(blob({ credentials: { credentialsType: 'Password' } })), 'credentialsType');
    assert.equal(await target(blob({ credentials: { credentialsType: 'AccountKey' } })), 'credentials');
    assert.equal(await target(blob({ credentials: { credentialsType: 'ServicePrincipal' } })), 'tenantId');
    assert.equal((await s.get(`${WS}/datastores/bad`)).status, 404);
  });
});
