// A valid request for each operation whose path alone does not make one. An operation that takes a body needs a case here.
import assert from 'node:assert/strict';
import type { OperationId } from '../../src/ml/arm/operations.gen.ts';
import { type Answer, type Scene, SUBSCRIPTION } from './scene.ts';

export type Case = {
  /** Parts of the path that differ from PARAMETERS. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** What must be there and no other operation's case leaves there. */
  readonly before?: (scene: Scene) => Promise<void>;
  /** What the specification can't say of the answer. */
  readonly also?: (answer: Answer) => void;
};

/** What the parts of paths are called; any other is `one`. Creating operations make these, so that the others find them. */
export const PARAMETERS: Readonly<Record<string, string>> = {
  subscriptionId: SUBSCRIPTION,
  resourceGroupName: 'group',
  workspaceName: 'space',
  registryName: 'registry1',
  location: 'eastus',
  version: '1',
};

const WORKSPACE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/group/providers/Microsoft.MachineLearningServices/workspaces/space`;
const VERSION = 'api-version=2024-04-01';

const command = (environmentVariables: Record<string, string> = {}) => ({
  jobType: 'Command',
  command: 'true',
  environmentId: 'azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:1',
  computeId: `${WORKSPACE}/computes/one`,
  environmentVariables,
});

/** A job that runs until it is asked to end. */
const lasting = (name: string) => async (scene: Scene) => {
  const answer = await scene.send('PUT', `${WORKSPACE}/jobs/${name}?${VERSION}`, {
    properties: command({ DUMMY_SLEEP_MS: 'forever' }),
  });
  assert.equal(answer.status, 201, answer.text);
};

/** Waits for a job's end. */
async function ended(scene: Scene, name: string): Promise<void> {
  for (let look = 0; look < 20_000; look += 1) {
    const { properties } = (await scene.send('GET', `${WORKSPACE}/jobs/${name}?${VERSION}`)).body as {
      properties: { status: string };
    };
    if (['Completed', 'Failed', 'Canceled'].includes(properties.status)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`${name} does not end`);
}

/** A compute that is not the cluster `one`. */
const compute = (name: string, computeType: string, properties: object) => ({
  parameters: { computeName: name },
  async before(scene: Scene) {
    const body = { location: 'eastus', properties: { computeType, properties } };
    const answer = await scene.send('PUT', `${WORKSPACE}/computes/${name}?${VERSION}`, body);
    assert.ok(answer.status === 200 || answer.status === 201, answer.text);
  },
});
const instance = compute('instance1', 'ComputeInstance', { vmSize: 'STANDARD_DS3_V2' });

const container = {
  parameters: { name: 'two' },
  body: { properties: { description: 'of the test', tags: { a: 'b' } } },
};

const component = {
  componentSpec: { name: 'one', version: '1', type: 'command', command: 'true', environment: 'azureml:one:1' },
};
const data = { dataType: 'uri_folder', dataUri: 'azureml://datastores/workspaceblobstore/paths/one/' };
const environment = { image: 'docker.io/library/python:3.12' };
const model = { modelType: 'custom_model', modelUri: 'azureml://datastores/workspaceblobstore/paths/model/' };

const code = { codeUri: 'https://account.blob.core.windows.net/container/src', isAnonymous: false };
const dataContainer = { ...container, body: { properties: { dataType: 'uri_folder', ...container.body.properties } } };
const upload: Case = { body: { pendingUploadType: 'TemporaryBlobReference' } };

/** An asset of the workspace whose content is there, to be copied to the registry. */
const published = (kind: string, properties: object, uri?: string): Case => ({
  parameters: { name: 'published' },
  body: { registryName: PARAMETERS['registryName'], destinationName: 'published', destinationVersion: '1' },
  async before(scene) {
    const { body } = await scene.send('GET', `${WORKSPACE}/datastores/workspaceblobstore?${VERSION}`);
    const { accountName, containerName } = (body as { properties: Record<string, string> }).properties;
    await scene.blob(accountName ?? '', containerName ?? '', `${kind}/file`, 'content');
    const place = { [uri ?? '']: `https://${accountName}.blob.core.windows.net/${containerName}/${kind}` };
    const made = await scene.send('PUT', `${WORKSPACE}/${kind}/published/versions/1?${VERSION}`, {
      properties: { ...properties, ...(uri === undefined ? {} : place) },
    });
    assert.equal(made.status, 201, made.text);
  },
});

/** The registry's own storage is all that it signs for. */
const reference = { assetId: 'azureml://registries/registry1/data/one/versions/1', blobUri: '' };
type Region = {
  storageAccountDetails: { systemCreatedStorageAccount: { storageAccountName: string } }[];
};

export const CASES: Partial<Record<OperationId, Case>> = {
  CodeContainers_CreateOrUpdate: container,
  CodeVersions_CreateOrGetStartPendingUpload: upload,
  CodeVersions_CreateOrUpdate: { body: { properties: code } },
  ComponentContainers_CreateOrUpdate: container,
  ComponentVersions_CreateOrUpdate: { body: { properties: component } },
  Compute_CreateOrUpdate: {
    body: {
      location: 'eastus',
      properties: {
        computeType: 'AmlCompute',
        properties: { vmSize: 'STANDARD_DS3_V2', scaleSettings: { maxNodeCount: 2, minNodeCount: 0 } },
      },
    },
  },
  Compute_Update: { body: { properties: { properties: { scaleSettings: { maxNodeCount: 1, minNodeCount: 0 } } } } },
  Compute_ListKeys: compute('machine1', 'VirtualMachine', {
    address: '10.0.0.4',
    administratorAccount: { username: 'me', password: 'word' },
  }),
  Compute_Restart: instance,
  Compute_Start: instance,
  Compute_Stop: instance,
  Compute_Delete: { query: { underlyingResourceAction: 'Delete' } },
  DataContainers_CreateOrUpdate: dataContainer,
  DataVersions_CreateOrUpdate: { body: { properties: data } },
  Datastores_CreateOrUpdate: {
    body: {
      properties: {
        datastoreType: 'AzureBlob',
        accountName: 'account',
        containerName: 'container',
        credentials: { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey', key: 'a2V5' } },
      },
    },
  },
  EnvironmentContainers_CreateOrUpdate: container,
  EnvironmentVersions_CreateOrUpdate: { body: { properties: environment } },
  Jobs_Cancel: { parameters: { id: 'lasting' }, before: lasting('lasting') },
  Jobs_CreateOrUpdate: { body: { properties: command() } },
  Jobs_Delete: { before: (scene) => ended(scene, 'one') },
  ModelContainers_CreateOrUpdate: container,
  ManagedNetworkProvisions_ProvisionManagedNetwork: { body: { includeSpark: false } },
  ManagedNetworkSettingsRule_CreateOrUpdate: {
    body: { properties: { type: 'FQDN', destination: 'pypi.org', category: 'UserDefined' } },
  },
  ModelVersions_CreateOrUpdate: { body: { properties: model } },
  PrivateEndpointConnections_CreateOrUpdate: {
    body: { properties: { privateLinkServiceConnectionState: { status: 'Approved', description: 'of the test' } } },
  },
  Quotas_Update: {
    body: {
      location: 'eastus',
      value: [
        {
          id: `${WORKSPACE}/quotas/Standard_DSv2_Family_Cluster_Dedicated_vCPUs`,
          type: 'Microsoft.MachineLearningServices/workspaces/quotas',
          limit: 100,
          unit: 'Count',
        },
      ],
    },
    also: ({ body }) => assert.equal((body as { value: { status: string }[] }).value[0]?.status, 'Success'),
  },
  WorkspaceConnections_Create: {
    body: {
      properties: {
        authType: 'UsernamePassword',
        category: 'Git',
        target: 'https://example.com/repository',
        credentials: { username: 'user', password: 'very-secret' },
      },
    },
    also: ({ text }) => assert.doesNotMatch(text, /very-secret/),
  },
  WorkspaceConnections_Get: { also: ({ text }) => assert.doesNotMatch(text, /very-secret/) },
  WorkspaceConnections_List: { also: ({ text }) => assert.doesNotMatch(text, /very-secret/) },
  WorkspaceConnections_ListSecrets: { also: ({ text }) => assert.match(text, /"password":"very-secret"/) },
  CodeVersions_Publish: published('codes', {}, 'codeUri'),
  ComponentVersions_Publish: published('components', component),
  DataVersions_Publish: published('data', data, 'dataUri'),
  EnvironmentVersions_Publish: published('environments', environment),
  ModelVersions_Publish: published('models', model, 'modelUri'),
  Registries_CreateOrUpdate: {
    body: {
      location: 'eastus',
      identity: { type: 'SystemAssigned' },
      properties: { publicNetworkAccess: 'Enabled', regionDetails: [{ location: 'eastus' }, { location: 'westus' }] },
    },
  },
  Registries_RemoveRegions: {
    body: { location: 'eastus', properties: { regionDetails: [{ location: 'westus' }] } },
  },
  Registries_Update: { body: { tags: { team: 'a' } } },
  RegistryCodeContainers_CreateOrUpdate: { ...container, parameters: { codeName: 'two' } },
  RegistryCodeVersions_CreateOrGetStartPendingUpload: upload,
  RegistryCodeVersions_CreateOrUpdate: { body: { properties: code } },
  RegistryComponentContainers_CreateOrUpdate: { ...container, parameters: { componentName: 'two' } },
  RegistryComponentVersions_CreateOrUpdate: { body: { properties: component } },
  RegistryDataContainers_CreateOrUpdate: dataContainer,
  RegistryDataReferences_GetBlobReferenceSAS: {
    async before(scene) {
      const registry = WORKSPACE.replace('workspaces/space', 'registries/registry1');
      const { body } = await scene.send('GET', `${registry}?${VERSION}`);
      const [region] = (body as { properties: { regionDetails: Region[] } }).properties.regionDetails;
      const account = region?.storageAccountDetails[0]?.systemCreatedStorageAccount.storageAccountName;
      reference.blobUri = `https://${account}.blob.core.windows.net/container/data`;
    },
    body: reference,
  },
  RegistryDataVersions_CreateOrGetStartPendingUpload: upload,
  RegistryDataVersions_CreateOrUpdate: { body: { properties: data } },
  RegistryEnvironmentContainers_CreateOrUpdate: { ...container, parameters: { environmentName: 'two' } },
  RegistryEnvironmentVersions_CreateOrUpdate: { body: { properties: environment } },
  RegistryModelContainers_CreateOrUpdate: { ...container, parameters: { modelName: 'two' } },
  RegistryModelVersions_CreateOrGetStartPendingUpload: upload,
  RegistryModelVersions_CreateOrUpdate: { body: { properties: model } },
  // A disabled one can be deleted.
  Schedules_CreateOrUpdate: {
    body: {
      properties: {
        displayName: 'Nightly',
        isEnabled: false,
        trigger: {
          triggerType: 'Recurrence',
          frequency: 'Week',
          interval: 1,
          timeZone: 'W. Europe Standard Time',
          schedule: { hours: [4], minutes: [30], weekDays: ['Monday'] },
        },
        action: { actionType: 'CreateJob', jobDefinition: command() },
      },
    },
  },
  Schedules_List: { query: { listViewType: 'All' } },
  Workspaces_CreateOrUpdate: {
    body: { location: 'eastus', identity: { type: 'SystemAssigned' }, properties: { friendlyName: 'Space' } },
  },
  Workspaces_Diagnose: { body: { value: { storageAccount: {}, keyVault: {} } } },
  Workspaces_Update: { body: { tags: { team: 'a' }, properties: { description: 'changed' } } },
};
