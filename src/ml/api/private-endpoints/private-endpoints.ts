import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import { type ArmContext, checkName, PROVIDER, parameter, WORKSPACE, workspaceOf } from '../../arm/context.ts';
import { privateEndpointConnectionsOf } from '../../arm/private-endpoint-connections.ts';
import { workspaceResourceId } from '../../places.ts';
import { fieldOf, type Json, objectField, textField } from '../../wire-fields.ts';

const CONNECTIONS = `${WORKSPACE}/privateEndpointConnections`;
const STATES = ['Pending', 'Approved', 'Rejected', 'Disconnected', 'Timeout'];

/** Private endpoint connections of a workspace, which shows them too, and what can be reached by them. They are kept and change nothing. */
export function addPrivateEndpointRoutes(service: FastifyInstance, context: ArmContext): void {
  const find = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(context, request);
    const all = privateEndpointConnectionsOf(workspace);
    const wanted = parameter(request, 'name').toLowerCase();
    return { workspace, all, found: all.find((one) => String(one['name']).toLowerCase() === wanted) };
  };

  service.get(CONNECTIONS, async (request) => ({ value: (await find(request)).all }));
  service.get(`${CONNECTIONS}/:name`, async (request) => {
    const { workspace, found } = await find(request);
    if (found) return found;
    throw notFound(
      `There is no private endpoint connection '${parameter(request, 'name')}' in workspace ${workspace.name}.`,
      { wire: 'NotFound' },
    );
  });
  service.put(`${CONNECTIONS}/:name`, async (request) => {
    const { workspace, all, found } = await find(request);
    const name = String(found?.['name'] ?? checkName('private endpoint connection', parameter(request, 'name')));
    const properties = objectField(request.body, 'properties');
    const state = objectField(properties, 'privateLinkServiceConnectionState');
    const status = textField(state, 'status') ?? 'Pending';
    if (!STATES.includes(status))
      throw invalid(`'${status.slice(0, 80)}' is not a state of a connection: expected one of ${STATES.join(', ')}.`, {
        target: 'properties.privateLinkServiceConnectionState.status',
      });
    const connection: Json = {
      id: `${workspaceResourceId(workspace)}/privateEndpointConnections/${name}`,
      name,
      type: `${PROVIDER}/workspaces/privateEndpointConnections`,
      location: textField(request.body, 'location') ?? workspace.location,
      tags: objectField(request.body, 'tags'),
      properties: {
        privateEndpoint: fieldOf(properties, 'privateEndpoint') ?? {},
        privateLinkServiceConnectionState: { ...state, status },
        provisioningState: 'Succeeded',
      },
    };
    await context.workspaces.put(workspace, {
      properties: { privateEndpointConnections: [...all.filter((one) => one !== found), connection] },
    });
    return connection;
  });
  service.delete(`${CONNECTIONS}/:name`, async (request, reply) => {
    const { workspace, all, found } = await find(request);
    if (!found) return reply.code(204).send();
    await context.workspaces.put(workspace, {
      properties: { privateEndpointConnections: all.filter((one) => one !== found) },
    });
    return reply.code(200).send();
  });
  service.get(`${WORKSPACE}/privateLinkResources`, async (request) => {
    const workspace = await workspaceOf(context, request);
    return {
      value: [
        {
          id: `${workspaceResourceId(workspace)}/privateLinkResources/amlworkspace`,
          name: 'amlworkspace',
          type: `${PROVIDER}/workspaces/privateLinkResources`,
          location: workspace.location,
          // The one group of a workspace, and the zones that its private names are in (documented).
          properties: {
            groupId: 'amlworkspace',
            requiredMembers: ['default'],
            requiredZoneNames: ['privatelink.api.azureml.ms', 'privatelink.notebooks.azure.net'],
          },
        },
      ],
    };
  });
}
