import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type ArmContext,
  checkCaller,
  checkScope,
  PROVIDER,
  page,
  parameter,
  query,
  scopeOf,
  systemData,
  WORKSPACE,
  wireTime,
  workspaceOf,
} from '../../arm/context.ts';
import { privateEndpointConnectionsOf } from '../../arm/private-endpoint-connections.ts';
import { locationOf } from '../../locations.ts';
import { DATA_PLANE_HOST, workspaceResourceId } from '../../places.ts';
import { fieldOf, type Json, objectField, textField, textsField } from '../../wire-fields.ts';
import type { WorkspaceRecord } from '../../workspaces.ts';

/** What the service says of a workspace and takes from nobody. */
const READ_ONLY = new Set([
  'workspaceid',
  'discoveryurl',
  'mlflowtrackinguri',
  'provisioningstate',
  'tenantid',
  'storageaccount',
  'creationtime',
  'privateendpointconnections',
  'privatelinkcount',
]);

/** The workspace as ARM shows it. */
function workspaceView(context: ArmContext, workspace: WorkspaceRecord) {
  const id = workspaceResourceId(workspace);
  const group = `/subscriptions/${workspace.subscriptionId}/resourceGroups/${workspace.resourceGroup}/providers`;
  return {
    id,
    name: workspace.name,
    type: `${PROVIDER}/workspaces`,
    location: workspace.location,
    tags: workspace.tags,
    kind: workspace.kind,
    etag: null,
    sku: { name: 'Basic', tier: 'Basic' },
    identity: workspace.identity ?? { type: 'SystemAssigned', principalId: workspace.id, tenantId: context.tenantId },
    properties: {
      friendlyName: workspace.name,
      description: '',
      keyVault: `${group}/Microsoft.Keyvault/vaults/kv${workspace.storageAccount}`,
      applicationInsights: `${group}/Microsoft.insights/components/ai${workspace.storageAccount}`,
      hbiWorkspace: false,
      publicNetworkAccess: 'Enabled',
      v1LegacyMode: false,
      softDeleteEnabled: false,
      storageHnsEnabled: false,
      ...workspace.properties,
      privateLinkCount: privateEndpointConnectionsOf(workspace).length,
      storageAccount: `${group}/Microsoft.Storage/storageAccounts/${workspace.storageAccount}`,
      workspaceId: workspace.id,
      discoveryUrl: `https://${DATA_PLANE_HOST}/discovery`,
      mlFlowTrackingUri: `azureml://${DATA_PLANE_HOST}/mlflow/v1.0${id}`,
      tenantId: context.tenantId,
      provisioningState: 'Succeeded',
      creationTime: wireTime(workspace.createdAt),
    },
    systemData: systemData(workspace.createdAt, 'Millrace'),
  };
}

function changeOf(body: unknown): Parameters<ArmContext['workspaces']['put']>[1] {
  const properties: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(objectField(body, 'properties')))
    if (!READ_ONLY.has(key.toLowerCase()) && value !== null) properties[key] = value;
  const kind = textField(body, 'kind');
  const identity = fieldOf(body, 'identity');
  const location = locationOf(body);
  return {
    properties,
    ...(location === undefined ? {} : { location }),
    ...(fieldOf(body, 'tags') === undefined ? {} : { tags: textsField(body, 'tags') }),
    ...(kind === undefined ? {} : { kind }),
    ...(identity === undefined ? {} : { identity }),
  };
}

/** Workspaces: read, made, changed, removed; also by the deployment that the public clients send. */
export function addWorkspaceRoutes(service: FastifyInstance, context: ArmContext): void {
  const GROUP = '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup';
  const list = async (request: FastifyRequest) => {
    checkCaller(request.principal);
    const found = await context.workspaces.list(
      parameter(request, 'subscriptionId'),
      parameter(request, 'resourceGroup') || undefined,
    );
    const kinds = query(request, 'kind')?.toLowerCase().split(',');
    return page(
      request,
      found
        .filter((workspace) => !kinds || kinds.includes(workspace.kind.toLowerCase()))
        .map((workspace) => workspaceView(context, workspace)),
    );
  };
  service.get(`/subscriptions/:subscriptionId/providers/${PROVIDER}/workspaces`, list);
  service.get(`${GROUP}/providers/${PROVIDER}/workspaces`, list);
  service.get(WORKSPACE, async (request) => workspaceView(context, await workspaceOf(context, request)));
  service.put(WORKSPACE, async (request) => {
    checkCaller(request.principal);
    const { workspace } = await context.workspaces.put(scopeOf(request), changeOf(request.body));
    // 200 for a new one too (specified).
    return workspaceView(context, workspace);
  });
  service.patch(WORKSPACE, async (request) => {
    const workspace = await workspaceOf(context, request);
    return workspaceView(context, (await context.workspaces.put(workspace, changeOf(request.body))).workspace);
  });
  service.delete(WORKSPACE, async (request, reply) => {
    checkCaller(request.principal);
    const workspace = await context.workspaces.find(scopeOf(request));
    if (workspace) await context.workspaces.remove(workspace);
    return reply.code(workspace ? 200 : 204).send();
  });
  service.post(`${WORKSPACE}/listKeys`, async (request) => {
    const workspace = await workspaceOf(context, request);
    return {
      userStorageKey: await context.blobs.accountKey(workspace.storageAccount),
      userStorageResourceId: workspaceView(context, workspace).properties.storageAccount,
    };
  });
  service.post(`${WORKSPACE}/resyncKeys`, async (request, reply) => {
    await workspaceOf(context, request);
    return reply.code(200).send();
  });

  // The clients make a workspace by a deployment with a template of their own: its parameters say all that matters here.
  const DEPLOYMENT = `${GROUP}/providers/Microsoft.Resources/deployments/:name`;
  const deployment = (request: FastifyRequest, parameters: Json) => ({
    id: `/subscriptions/${parameter(request, 'subscriptionId')}/resourceGroups/${parameter(request, 'resourceGroup')}/providers/Microsoft.Resources/deployments/${parameter(request, 'name')}`,
    name: parameter(request, 'name'),
    type: 'Microsoft.Resources/deployments',
    properties: {
      mode: 'Incremental',
      provisioningState: 'Succeeded',
      duration: 'PT1S',
      timestamp: context.clock.now().toISOString(),
      parameters,
    },
  });
  service.put(DEPLOYMENT, async (request, reply) => {
    checkCaller(request.principal);
    const parameters = objectField(objectField(request.body, 'properties'), 'parameters');
    const valueOfParameter = (name: string) => fieldOf(fieldOf(parameters, name), 'value');
    const text = (name: string) => {
      const value = valueOfParameter(name);
      return typeof value === 'string' && value !== '' ? value : undefined;
    };
    const scope = checkScope({
      subscriptionId: parameter(request, 'subscriptionId'),
      resourceGroup: parameter(request, 'resourceGroup'),
      name: text('workspaceName') ?? '',
    });
    const [friendlyName, description, kind] = [text('friendlyName'), text('description'), text('kind')];
    const location = locationOf({ location: text('location') });
    const { workspace } = await context.workspaces.put(scope, {
      properties: { ...(friendlyName ? { friendlyName } : {}), ...(description ? { description } : {}) },
      tags: textsField({ tags: valueOfParameter('tagValues') }, 'tags'),
      ...(kind ? { kind } : {}),
      ...(location ? { location } : {}),
    });
    return reply.code(201).send(deployment(request, { workspaceName: { type: 'String', value: workspace.name } }));
  });
  service.get(DEPLOYMENT, async (request) => {
    checkCaller(request.principal);
    return deployment(request, {});
  });
  service.get(`${GROUP}/deployments/:name/operations`, async (request) => {
    checkCaller(request.principal);
    return { value: [] };
  });
}
