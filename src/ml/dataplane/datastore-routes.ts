import type { FastifyInstance } from 'fastify';
import { notFound, notImplemented } from '../../kernel/errors.ts';
import { datastorePlace } from '../datastores.ts';
import { WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import { textField } from '../wire-fields.ts';
import { type DataPlaneDeps, parameter } from './deps.ts';

/**
 * Datastores as the data plane shows them to the library that mounts data (`ml data mount`, `ml datastore mount`; its calls were seen). It is told no
 * secret: without a credential of the datastore's own it reads the storage with the token of whoever mounts (seen).
 */
export function registerDatastores(service: FastifyInstance, deps: DataPlaneDeps): void {
  service.get(`/datastore/v1.0${WORKSPACE_PATH}/datastores/:name`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const name = parameter(request, 'name');
    const found = await deps.datastores.find(workspace.id, name);
    if (!found)
      throw notFound(
        `There is no datastore '${name.slice(0, 200)}' in the workspace '${workspace.name}'. 'az ml datastore list' shows those that are.`,
        { wire: 'DatastoreNotFound', target: 'name' },
      );
    const place = datastorePlace(workspace, found);
    const kind = textField(found.document, 'datastoreType') ?? '';
    if (!place || kind.toLowerCase() !== 'azureblob')
      throw notImplemented(`mounts of datastores of the type ${kind.slice(0, 80)} outside jobs ('${found.name}')`);
    return {
      name: found.name,
      dataStoreType: 'AzureBlob',
      hasBeenValidated: true,
      tags: {},
      azureStorageSection: {
        accountName: place.account,
        containerName: place.container,
        endpoint: 'core.windows.net',
        protocol: 'https',
        credentialType: 'None',
        credential: null,
        clientCredentials: null,
        blobCacheTimeout: null,
        isSas: false,
        accountKey: null,
        sasToken: null,
        areWorkspaceManagedIdentitiesAllowed: false,
        subscriptionId: workspace.subscriptionId,
        resourceGroup: workspace.resourceGroup,
        serviceDataAccessAuthIdentity: 'None',
      },
    };
  });
}
