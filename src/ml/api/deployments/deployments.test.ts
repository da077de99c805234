import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ArmScene, openArmScene, SUBSCRIPTION } from '../../arm-scene.ts';

const GROUP = '/subscriptions/s1/resourceGroups/rg';
const at = (name: string) => `${GROUP}/providers/Microsoft.Resources/deployments/${name}`;

/** A workspace with what it needs, in the manner of the clients' templates. */
const WORKSPACE_TEMPLATE = {
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  parameters: {
    workspaceName: { type: 'string' },
    location: { type: 'string', defaultValue: '[resourceGroup().location]' },
    storageName: { type: 'string', defaultValue: "[concat('sa', uniqueString(parameters('workspaceName')))]" },
    storageOption: { type: 'string', defaultValue: 'new', allowedValues: ['new', 'existing'] },
    registryOption: { type: 'string', defaultValue: 'none' },
    isolated: { type: 'string', defaultValue: 'false' },
    tagValues: { type: 'object', defaultValue: {} },
    pat: { type: 'securestring', defaultValue: 'default-secret' },
  },
  variables: {
    storage:
      "[resourceId(subscription().subscriptionId, resourceGroup().name, 'Microsoft.Storage/storageAccounts', parameters('storageName'))]",
    workspace: "[resourceId('Microsoft.MachineLearningServices/workspaces', parameters('workspaceName'))]",
  },
  resources: [
    {
      type: 'Microsoft.MachineLearningServices/workspaces',
      apiVersion: '2024-04-01',
      name: "[parameters('workspaceName')]",
      location: "[parameters('location')]",
      tags: "[parameters('tagValues')]",
      identity: { type: 'SystemAssigned' },
      dependsOn: ["[variables('storage')]"],
      properties: {
        storageAccount: "[variables('storage')]",
        containerRegistry: "[if(equals(parameters('registryOption'), 'none'), json('null'), reference('never').id)]",
        enableDataIsolation: "[parameters('isolated')]",
      },
      resources: [
        {
          type: 'connections',
          apiVersion: '2024-04-01',
          name: 'feed',
          properties: {
            category: 'PythonFeed',
            target: 'x',
            authType: 'PAT',
            credentials: { pat: "[parameters('pat')]" },
          },
        },
      ],
    },
    {
      condition: "[equals(parameters('storageOption'), 'new')]",
      type: 'Microsoft.Storage/storageAccounts',
      apiVersion: '2023-04-01',
      name: "[parameters('storageName')]",
      location: "[parameters('location')]",
      sku: { name: 'Standard_LRS' },
      kind: 'StorageV2',
      properties: { minimumTlsVersion: 'TLS1_2' },
    },
  ],
  outputs: {
    workspaceId: { type: 'string', value: "[reference(variables('workspace'), '2024-04-01').workspaceId]" },
    key: { type: 'securestring', value: "[listKeys(variables('storage'), '2023-04-01').keys[0].value]" },
  },
};

describe('deployments', () => {
  let s: ArmScene;
  before(async () => {
    s = await openArmScene();
  });
  after(() => s.close());
  const deploy = (name: string, template: object, parameters: object = {}) =>
    s.ask('arm', 'PUT', at(name), { properties: { mode: 'Incremental', template, parameters } });

  test('a template makes a workspace with the account that it makes, whatever the order in it', async () => {
    const { status, body } = await deploy('whole', WORKSPACE_TEMPLATE, {
      workspaceName: { value: 'deployed' },
      storageName: { value: 'sadeployed' },
      tagValues: { value: { made: 'by template' } },
      pat: { value: 'very-secret' },
    });
    assert.deepEqual([status, body.properties.provisioningState], [201, 'Succeeded'], JSON.stringify(body));
    assert.match(body.properties.duration, /^PT[\d.]+S$/);
    const workspace = await s.get(`${SUBSCRIPTION}/workspaces/deployed`);
    assert.equal(
      workspace.body.properties.storageAccount,
      `${GROUP}/providers/Microsoft.Storage/storageAccounts/sadeployed`,
    );
    assert.equal(workspace.body.properties.enableDataIsolation, false);
    assert.deepEqual(workspace.body.tags, { made: 'by template' });
    assert.equal(body.properties.outputs.workspaceId.value, workspace.body.properties.workspaceId);
    // Secrets go where they are meant to, and are shown nowhere.
    const secrets = await s.post(`${SUBSCRIPTION}/workspaces/deployed/connections/feed/listsecrets`);
    assert.equal(secrets.body.properties.credentials.pat, 'very-secret');
    assert.deepEqual(body.properties.parameters.pat, { type: 'securestring' });
    assert.deepEqual(body.properties.outputs.key, { type: 'securestring' });
    const rows = await s.store.read.selectFrom('ml_resources').selectAll().execute();
    assert.doesNotMatch(JSON.stringify(rows), /very-secret/);

    const operations = (await s.get(`${GROUP}/deployments/whole/operations`)).body.value;
    const made = operations.map(
      (one: { properties: { targetResource?: { resourceType: string } } }) =>
        one.properties.targetResource?.resourceType,
    );
    assert.deepEqual(made, [
      'Microsoft.Storage/storageAccounts',
      'Microsoft.MachineLearningServices/workspaces',
      'Microsoft.MachineLearningServices/workspaces/connections',
      undefined,
    ]);
    assert.equal(operations.at(-1).properties.provisioningOperation, 'EvaluateDeploymentOutput');
    assert.deepEqual((await s.post(`${at('whole')}/exportTemplate`)).body.template.contentVersion, '1.0.0.0');
    assert.ok((await s.get(`${GROUP}/providers/Microsoft.Resources/deployments`)).body.value.length > 0);
  });

  test('what fails is told in the operations and at the end, with the cause; what waits for it is left out, the others are made', async () => {
    const template = {
      resources: [
        { type: 'Microsoft.Network/virtualNetworks', apiVersion: '1', name: 'net' },
        {
          type: 'Microsoft.Storage/storageAccounts',
          apiVersion: '1',
          name: 'afternet',
          dependsOn: ["[resourceId('Microsoft.Network/virtualNetworks', 'net')]"],
        },
        { type: 'Microsoft.Storage/storageAccounts', apiVersion: '1', name: 'apart' },
      ],
    };
    const answer = await deploy('failing', template);
    assert.deepEqual([answer.status, answer.body.properties.provisioningState], [201, 'Running']);
    const where = String(answer.headers['azure-asyncoperation'])
      .replace('https://management.azure.com', '')
      .replace(/\?.*/, '');
    const end = (await s.get(where)).body;
    assert.deepEqual([end.status, end.error.code], ['Failed', 'DeploymentFailed']);
    assert.match(end.error.details[0].message, /^not implemented: PUT .*Microsoft.Network\/virtualNetworks\/net/);
    assert.equal((await s.get(at('failing'))).body.properties.provisioningState, 'Failed');
    assert.equal((await s.get(`${GROUP}/providers/Microsoft.Storage/storageAccounts/afternet`)).status, 404);
    assert.equal((await s.get(`${GROUP}/providers/Microsoft.Storage/storageAccounts/apart`)).status, 200);
  });

  test('a template that can’t be is refused before anything is made', async () => {
    const one = { type: 'Microsoft.Storage/storageAccounts', apiVersion: '1', name: 'never' };
    for (const [template, parameters, message] of [
      [{ parameters: { a: { type: 'string' } }, resources: [one] }, {}, /parameter 'a' is not provided/],
      [{ resources: [one] }, { b: { value: 1 } }, /has no parameter 'b'/],
      [{ parameters: { a: { type: 'int' } }, resources: [one] }, { a: { value: 'x' } }, /'a' must be int: "x" is not/],
      [
        { parameters: { a: { type: 'string', allowedValues: ['x'] } }, resources: [one] },
        { a: { value: 'y' } },
        /'y' .* is not allowed: expected one of x/,
      ],
      [{ variables: { a: "[variables('b')]", b: "[variables('a')]" }, resources: [one] }, {}, /in a circle: a → b → a/],
      [
        { resources: [{ ...one, name: "[concat('a' 'b')]" }] },
        {},
        /can't be read at column 13: expected ',', found 'b'/,
      ],
      [{ resources: [{ ...one, name: "[nothing('a')]" }] }, {}, /not implemented: the template function 'nothing'/],
      [
        {
          resources: [
            { ...one, dependsOn: ['other'] },
            { ...one, name: 'other', dependsOn: ['never'] },
          ],
        },
        {},
        /wait for each other in a circle/,
      ],
      [{ resources: [{ ...one, name: 'a/b' }] }, {}, /one name for each part/],
    ] as const) {
      const answer = await deploy('refused', template, parameters);
      assert.equal(answer.status, 400, JSON.stringify(answer.body));
      assert.match(answer.body.error.message, message);
      assert.match(
        (await s.ask('arm', 'POST', `${at('refused')}/validate`, { properties: { template, parameters } })).body.error
          .message,
        message,
      );
    }
    assert.match(
      (await s.ask('arm', 'PUT', at('refused'), { properties: { templateLink: { uri: 'x' }, template: {} } })).body
        .error.message,
      /not implemented: linked templates/,
    );
    assert.match(
      (await s.ask('arm', 'PUT', at('refused'), { properties: { mode: 'Complete', template: {} } })).body.error.message,
      /not implemented: deployments of mode 'Complete'/,
    );
    assert.equal((await s.get(at('refused'))).body.error.code, 'DeploymentNotFound');
    assert.equal((await s.get(`${GROUP}/providers/Microsoft.Storage/storageAccounts/never`)).status, 404);
  });

  test('a template that az sends as its text, with its comments, is read', async () => {
    const answer = await s.ml.arm.inject({
      method: 'PUT',
      url: `${at('text')}?api-version=2022-09-01`,
      headers: { authorization: 'Bearer x', host: 'management.azure.com', 'content-type': 'application/json' },
      payload: `{"properties": {"mode": "Incremental", template:{ /* of the file */
        "resources": [], // none
        "outputs": {"said": {"type": "string", "value": "[concat('a', 'b')]"}},
      }}}`,
    });
    assert.equal(answer.statusCode, 201, answer.body);
    assert.equal(JSON.parse(answer.body).properties.outputs.said.value, 'ab');
  });

  test('copies, symbols, nested templates of both scopes, and a text that only looks like an expression', async () => {
    const { body } = await deploy('shapes', {
      languageVersion: '2.0',
      parameters: { name: { type: 'string', defaultValue: 'outer' } },
      resources: {
        accounts: {
          copy: { name: 'accounts', count: 2 },
          type: 'Microsoft.Storage/storageAccounts',
          apiVersion: '1',
          name: "[concat('copy', string(copyIndex(1)))]",
          tags: { plain: '[[not evaluated]', first: '[equals(copyIndex(), 0)]' },
        },
        inner: {
          type: 'Microsoft.Resources/deployments',
          apiVersion: '2020-06-01',
          name: 'inner',
          dependsOn: ['accounts'],
          properties: {
            mode: 'Incremental',
            expressionEvaluationOptions: { scope: 'inner' },
            parameters: { name: { value: "[concat(parameters('name'), '2')]" } },
            template: {
              parameters: { name: { type: 'string' } },
              resources: [],
              outputs: { said: { type: 'string', value: "[parameters('name')]" } },
            },
          },
        },
        outer: {
          type: 'Microsoft.Resources/deployments',
          apiVersion: '2020-06-01',
          name: 'outer',
          properties: {
            mode: 'Incremental',
            template: { resources: [], outputs: { said: { type: 'string', value: "[parameters('name')]" } } },
          },
        },
      },
      outputs: {
        inner: { type: 'string', value: "[reference('inner').outputs.said.value]" },
        outer: { type: 'string', value: "[reference('outer').outputs.said.value]" },
      },
    });
    assert.equal(body.properties.provisioningState, 'Succeeded', JSON.stringify(body));
    assert.deepEqual([body.properties.outputs.inner.value, body.properties.outputs.outer.value], ['outer2', 'outer']);
    const second = await s.get(`${GROUP}/providers/Microsoft.Storage/storageAccounts/copy2`);
    assert.deepEqual(second.body.tags, { plain: '[not evaluated]', first: 'false' });
  });
});
