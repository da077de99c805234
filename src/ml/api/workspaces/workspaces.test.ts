import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ArmScene, openArmScene, SUBSCRIPTION } from '../../arm-scene.ts';

const GROUP = '/subscriptions/s1/resourceGroups/rg';
const at = (name: string) => `${SUBSCRIPTION}/workspaces/${name}`;
const STORAGE = `${GROUP}/providers/Microsoft.Storage/storageAccounts`;

describe('workspaces', () => {
  let s: ArmScene;
  before(async () => {
    s = await openArmScene();
  });
  after(() => s.close());
  const put = async (name: string, body: object = {}) => s.ask('arm', 'PUT', at(name), { location: 'eastus', ...body });

  test('one comes with a storage account, a vault and insights that are there', async () => {
    const { body } = await put('whole');
    for (const property of ['storageAccount', 'keyVault', 'applicationInsights']) {
      const found = await s.ask('arm', 'GET', body.properties[property]);
      assert.deepEqual([found.status, found.body.properties.provisioningState], [200, 'Succeeded'], property);
    }
    const keys = (await s.ask('arm', 'POST', `${at('whole')}/listKeys`)).body;
    assert.equal(keys.userStorageResourceId, body.properties.storageAccount);
    assert.equal(keys.userStorageArmId, keys.userStorageResourceId);
    const account = (await s.ask('arm', 'POST', `${body.properties.storageAccount}/listKeys`)).body;
    assert.equal(account.keys[0].value, keys.userStorageKey);
    const insights = (await s.ask('arm', 'GET', body.properties.applicationInsights)).body;
    assert.equal(keys.appInsightsInstrumentationKey, insights.properties.InstrumentationKey);
    const names = (await s.ask('arm', 'GET', `${GROUP}/resources`)).body.value.map((one: { type: string }) => one.type);
    assert.ok(names.includes('Microsoft.Storage/storageAccounts'), names.join());
    const filter = "resourceGroup eq 'RG' and name eq 'whole'";
    const all = (await s.ask('arm', 'GET', `/subscriptions/s1/resources?$filter=${encodeURIComponent(filter)}`)).body
      .value;
    assert.deepEqual(
      all.map((one: { id: string }) => one.id),
      [at('whole')],
    );
  });

  test('it uses the storage account that it is given, and only one of this server’s, and alone', async () => {
    const absent = await put('given', { properties: { storageAccount: `${STORAGE}/mine` } });
    assert.deepEqual([absent.status, absent.body.error.target], [400, 'properties.storageAccount']);
    assert.match(absent.body.error.message, /There is no storage account .*mine' here\. Make it by a PUT/);
    assert.equal((await s.ask('arm', 'PUT', `${STORAGE}/mine`, { location: 'eastus' })).status, 200);
    const made = await put('given', { properties: { storageAccount: `${STORAGE}/mine` } });
    assert.equal(made.body.properties.storageAccount, `${STORAGE}/mine`);
    const datastore = (await s.ask('arm', 'GET', `${at('given')}/datastores/workspaceblobstore`)).body;
    assert.equal(datastore.properties.accountName, 'mine');
    const shared = await put('second', { properties: { storageAccount: `${STORAGE}/MINE` } });
    assert.match(shared.body.error.message, /^not implemented: two workspaces on one storage account .*that of given/);
    // What a client read it may send back.
    assert.equal((await s.ask('arm', 'PUT', at('given'), made.body)).status, 200);
    const moved = await s.ask('arm', 'PATCH', at('given'), { properties: { storageAccount: `${STORAGE}/other` } });
    assert.match(moved.body.error.message, /is mine and can't be changed to 'other'/);
  });

  test('texts and empty values of the clients’ templates are read as what they mean', async () => {
    const { body } = await put('template', {
      identity: { type: 'systemAssigned' },
      properties: {
        hbiWorkspace: 'true',
        enableDataIsolation: 'false',
        imageBuildCompute: '',
        encryption: { status: 'Disabled', keyVaultProperties: { keyVaultArmId: '', keyIdentifier: '' } },
        featureStoreSettings: { computeruntime: { SparkRuntimeVersion: '' } },
        containerRegistry: null,
        serverlessComputeSettings: {},
        provisioningState: 'Failed',
      },
    });
    const { properties } = body;
    assert.deepEqual([properties.hbiWorkspace, properties.enableDataIsolation], [true, false]);
    for (const name of [
      'imageBuildCompute',
      'encryption',
      'featureStoreSettings',
      'containerRegistry',
      'serverlessComputeSettings',
    ])
      assert.equal(name in properties, false, name);
    assert.equal(properties.provisioningState, 'Succeeded');
    assert.deepEqual([body.identity.type, body.identity.principalId], ['SystemAssigned', properties.workspaceId]);
    const bad = await put('bad-identity', { identity: { type: 'Mine' } });
    assert.match(bad.body.error.message, /'Mine' is no type of an identity/);
  });

  test('a change keeps what it does not name; its network rules are added to the others', async () => {
    await put('changed', { tags: { a: '1' }, properties: { friendlyName: 'First', description: 'kept' } });
    const rule = (destination: string) => ({ type: 'FQDN', destination });
    await s.ask('arm', 'PUT', `${at('changed')}/outboundRules/one`, { properties: rule('pypi.org') });
    const { body } = await s.ask('arm', 'PATCH', at('changed'), {
      properties: {
        friendlyName: 'Second',
        managedNetwork: { isolationMode: 'AllowOnlyApprovedOutbound', outboundRules: { two: rule('example.com') } },
      },
    });
    assert.deepEqual(body.tags, { a: '1' });
    assert.deepEqual([body.properties.friendlyName, body.properties.description], ['Second', 'kept']);
    assert.deepEqual(Object.keys(body.properties.managedNetwork.outboundRules), ['one', 'two']);
    assert.equal((await s.ask('arm', 'DELETE', `${at('changed')}/outboundRules/one`)).status, 200);
    const rules = (await s.ask('arm', 'GET', `${at('changed')}/outboundRules`)).body.value;
    assert.deepEqual(
      rules.map((one: { name: string }) => one.name),
      ['two'],
    );
  });

  test('one whose containers cannot be made is not made either', async () => {
    await s.ask('arm', 'PUT', `${STORAGE}/full`, { location: 'eastus' });
    mkdirSync(join(s.root, 'blobs', 'full'), { recursive: true });
    writeFileSync(join(s.root, 'blobs', 'full', 'azureml'), 'not a folder');
    const refused = await put('half', { properties: { storageAccount: `${STORAGE}/full` } });
    assert.equal(refused.status, 500);
    assert.equal((await s.ask('arm', 'GET', at('half'))).status, 404);
    rmSync(join(s.root, 'blobs', 'full', 'azureml'));
    const made = await put('half', { properties: { storageAccount: `${STORAGE}/full` } });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    assert.ok(statSync(join(s.root, 'blobs', 'full', 'azureml')).isDirectory());
  });

  test('a deleted one is gone for everybody, and comes back with all that it had, or is purged', async () => {
    const { body } = await put('deleted');
    await s.ask('arm', 'PUT', `${at('deleted')}/connections/feed`, {
      properties: { authType: 'PAT', category: 'PythonFeed', target: 'x', credentials: { pat: 'secret' } },
    });
    assert.equal((await s.ask('arm', 'DELETE', at('deleted'))).status, 200);
    assert.equal((await s.ask('arm', 'DELETE', at('deleted'))).status, 204);
    assert.equal((await s.ask('arm', 'POST', `${at('deleted')}/listKeys`)).status, 404);
    const listed = (await s.ask('arm', 'GET', `${SUBSCRIPTION}/workspaces`)).body.value;
    assert.ok(!listed.some((one: { name: string }) => one.name === 'deleted'));

    const again = await put('deleted');
    assert.deepEqual([again.status, again.body.error.code], [400, 'BadRequest']);
    assert.match(again.body.error.message, /^Soft-deleted workspace exists\. Please purge or recover it/);
    const recovered = await put('deleted', { properties: { allowRecoverSoftDeletedWorkspace: true } });
    assert.equal(recovered.body.properties.workspaceId, body.properties.workspaceId);
    const secrets = (await s.ask('arm', 'POST', `${at('deleted')}/connections/feed/listsecrets`)).body;
    assert.equal(secrets.properties.credentials.pat, 'secret');

    await s.ask('arm', 'DELETE', at('deleted'));
    assert.equal((await s.ask('arm', 'DELETE', `${at('deleted')}?forceToPurge=true`)).status, 200);
    const fresh = await put('deleted');
    assert.notEqual(fresh.body.properties.workspaceId, body.properties.workspaceId);
    assert.deepEqual((await s.ask('arm', 'GET', `${at('deleted')}/connections`)).body.value, []);
  });

  test('a purge ends the jobs of the workspace first', async () => {
    await put('busy');
    await s.ask('arm', 'PUT', `${at('busy')}/computes/cpu`, {
      properties: { computeType: 'AmlCompute', properties: { vmSize: 'Standard_DS3_v2' } },
    });
    const job = await s.ask('arm', 'PUT', `${at('busy')}/jobs/lasting`, {
      properties: {
        jobType: 'Command',
        command: 'true',
        environmentId: 'azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:1',
        computeId: `${at('busy')}/computes/cpu`,
        environmentVariables: { DUMMY_SLEEP_MS: 'forever' },
      },
    });
    assert.equal(job.status, 201, JSON.stringify(job.body));
    assert.equal((await s.ask('arm', 'DELETE', `${at('busy')}?forceToPurge=true`)).status, 200);
    assert.equal((await s.ask('arm', 'DELETE', `${at('busy')}?forceToPurge=true`)).status, 204);
  });

  test('it is looked at, and what is missing is said', async () => {
    const { body } = await put('looked');
    const healthy = (await s.ask('arm', 'POST', `${at('looked')}/diagnose`, {})).body.value;
    assert.ok(Object.values(healthy).every((list) => (list as unknown[]).length === 0));
    assert.equal((await s.ask('arm', 'DELETE', body.properties.keyVault)).status, 200);
    const found = (await s.ask('arm', 'POST', `${at('looked')}/diagnose`, {})).body.value;
    assert.deepEqual(found.keyVaultResults[0].code, 'KeyVaultNotFound');
    assert.match(found.keyVaultResults[0].message, /The key vault '.*' of workspace looked is not there/);
  });

  test('notebook keys are made once', async () => {
    await put('notes');
    const keys = (await s.ask('arm', 'POST', `${at('notes')}/listNotebookKeys`)).body;
    assert.deepEqual((await s.ask('arm', 'POST', `${at('notes')}/listNotebookKeys`)).body, keys);
    assert.equal((await s.ask('arm', 'POST', `${at('notes')}/listKeys`)).body.notebookAccessKeys, undefined);
    const { fqdn } = (await s.ask('arm', 'POST', `${at('notes')}/prepareNotebook`)).body;
    assert.equal((await s.ask('arm', 'GET', at('notes'))).body.properties.notebookInfo.fqdn, fqdn);
    assert.deepEqual((await s.ask('arm', 'POST', `${at('notes')}/listKeys`)).body.notebookAccessKeys, keys);
  });
});

describe('what a workspace is made with', () => {
  let s: ArmScene;
  before(async () => {
    s = await openArmScene();
  });
  after(() => s.close());

  test('names and groups are checked, tags are changed apart, and other kinds are not there', async () => {
    const short = await s.ask('arm', 'PUT', `${STORAGE}/No`, {});
    assert.match(short.body.error.message, /'No' is not a name for Microsoft.Storage\/storageAccounts: 3 to 24 small/);
    const lost = await s.ask('arm', 'GET', `${STORAGE.replace('/rg/', '/none/')}/abc`);
    assert.deepEqual([lost.status, lost.body.error.code], [404, 'ResourceGroupNotFound']);
    const missing = await s.ask('arm', 'GET', `${STORAGE}/abc`);
    assert.deepEqual([missing.status, missing.body.error.code], [404, 'ResourceNotFound']);
    await s.ask('arm', 'PUT', `${STORAGE}/abc`, {
      location: 'West Europe',
      tags: { a: '1' },
      sku: { name: 'Standard_LRS' },
    });
    const changed = (await s.ask('arm', 'PATCH', `${STORAGE}/ABC`, { tags: { b: '2' } })).body;
    assert.deepEqual(
      [changed.location, changed.tags, changed.sku.name],
      ['westeurope', { a: '1', b: '2' }, 'Standard_LRS'],
    );
    assert.equal((await s.ask('arm', 'GET', STORAGE)).body.value.at(-1).name, 'abc');
    const all = await s.ask('arm', 'GET', '/subscriptions/s1/providers/Microsoft.Storage/storageAccounts');
    assert.ok(all.body.value.some((one: { name: string }) => one.name === 'abc'));
    const other = await s.ask('arm', 'GET', `${GROUP}/providers/Microsoft.Compute/disks/d`);
    assert.deepEqual([other.status, other.body.error.code], [404, 'NotImplemented']);
    const unbuilt = await s.ask('arm', 'GET', `${SUBSCRIPTION}/workspaces/ws/onlineEndpoints/e`);
    assert.match(unbuilt.body.error.message, /OnlineEndpoints_Get$/);
  });

  test('secrets of a vault are set and never given back', async () => {
    const vault = `${GROUP}/providers/Microsoft.KeyVault/vaults/vault1`;
    assert.equal((await s.ask('arm', 'PUT', `${vault}/secrets/a`, { properties: { value: 'x' } })).status, 404);
    await s.ask('arm', 'PUT', vault, { location: 'eastus' });
    const made = await s.ask('arm', 'PUT', `${vault}/secrets/a`, {
      properties: { value: 'very-secret', contentType: 't' },
    });
    assert.equal(made.status, 201);
    assert.equal(made.body.properties.secretUri, 'https://vault1.vault.azure.net/secrets/a');
    const listed = await s.ask('arm', 'GET', `${vault}/secrets`);
    assert.equal(listed.body.value.length, 1);
    assert.doesNotMatch(JSON.stringify([made.body, listed.body]), /very-secret/);
    assert.match(
      (await s.ask('arm', 'PUT', `${vault}/secrets/b`, {})).body.error.message,
      /'b' needs 'properties.value'/,
    );
  });
});
