import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid } from '../../../kernel/errors.ts';
import { type ArmContext, checkCaller, checkGroup, parameter, wireTime } from '../../arm/context.ts';
import { objectField, textField, textsField } from '../../wire-fields.ts';

const DEPLOYMENTS =
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/Microsoft.Resources/deployments/:name';

/** The one template that clients deploy here: a workspace with what it depends on. Its parameters are read, the template isn't run. */
export function addDeploymentRoutes(service: FastifyInstance, context: ArmContext): void {
  const wire = (request: FastifyRequest, parameters: unknown) => {
    const group = `/subscriptions/${parameter(request, 'subscriptionId')}/resourceGroups/${parameter(request, 'resourceGroup')}`;
    return {
      id: `${group}/providers/Microsoft.Resources/deployments/${parameter(request, 'name')}`,
      name: parameter(request, 'name'),
      type: 'Microsoft.Resources/deployments',
      properties: {
        mode: 'Incremental',
        provisioningState: 'Succeeded',
        parameters,
        timestamp: wireTime(context.clock.now().toISOString()),
        duration: 'PT0.1S',
        outputs: {},
        outputResources: [],
      },
    };
  };
  service.put(DEPLOYMENTS, async (request, reply) => {
    checkCaller(request.principal);
    const subscriptionId = parameter(request, 'subscriptionId');
    const resourceGroup = parameter(request, 'resourceGroup');
    checkGroup(subscriptionId, resourceGroup);
    const parameters = objectField(objectField(request.body, 'properties'), 'parameters');
    const text = (name: string) => textField(objectField(parameters, name), 'value');
    const name = text('workspaceName');
    if (!name)
      throw invalid(
        'not implemented: deployments of templates other than that of a workspace (no parameter workspaceName).',
      );
    await context.workspaces.put(
      { subscriptionId, resourceGroup, name },
      {
        properties: { friendlyName: text('friendlyName') ?? name, description: text('description') ?? '' },
        tags: textsField(objectField(parameters, 'tagValues'), 'value'),
        kind: text('kind') ?? 'Default',
      },
    );
    reply.code(201);
    return wire(request, parameters);
  });
  service.get(DEPLOYMENTS, async (request) => {
    checkCaller(request.principal);
    return wire(request, {});
  });
  // Clients ask by either path while they show progress.
  for (const path of [
    `${DEPLOYMENTS}/operations`,
    '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/deployments/:name/operations',
  ])
    service.get(path, async (request) => {
      checkCaller(request.principal);
      return { value: [] };
    });
}
