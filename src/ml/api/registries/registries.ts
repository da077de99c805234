import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type ArmContext,
  checkCaller,
  groupNotFound,
  PROVIDER,
  page,
  parameter,
  provideGroup,
  systemData,
} from '../../arm/context.ts';
import { checkWritable, REGISTRY, registryOf, registryScopeOf, writableRegistryOf } from '../../arm/registry-of.ts';
import { locationOf } from '../../locations.ts';
import { DATA_PLANE_HOST, storageAccountId } from '../../places.ts';
import type { Registry, RegistryChange } from '../../registries.ts';
import { fieldOf, isObject, type Json, objectField, textField, textsField } from '../../wire-fields.ts';
import { addRegistryDataRoutes } from './data-references.ts';
import { addSharingRoutes } from './share.ts';

/** What the service says of a registry and takes from nobody. */
const READ_ONLY = new Set(['discoveryurl', 'mlflowregistryuri', 'managedresourcegroup', 'provisioningstate']);

/** Registries: the resources, and what their assets need beside the routes that all assets have. */
export function addRegistryRoutes(service: FastifyInstance, context: ArmContext): void {
  const { registries } = context;
  const list = async (request: FastifyRequest) => {
    checkCaller(request.principal);
    const found = await registries.list(
      parameter(request, 'subscriptionId'),
      parameter(request, 'resourceGroup') || undefined,
    );
    return page(
      request,
      found.map((registry) => registryWire(context, registry)),
    );
  };
  service.get(`/subscriptions/:subscriptionId/providers/${PROVIDER}/registries`, list);
  service.get(`/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/${PROVIDER}/registries`, list);
  service.get(REGISTRY, async (request) => registryWire(context, await registryOf(context, request)));
  service.put(REGISTRY, async (request, reply) => {
    checkCaller(request.principal);
    const scope = registryScopeOf(request);
    if (!(await context.workspaces.hasGroup(scope.subscriptionId, scope.resourceGroup))) {
      if (!context.provision.may(request)) throw groupNotFound(scope.resourceGroup);
      await provideGroup(context, request, scope.subscriptionId, scope.resourceGroup);
    }
    const { registry, created } = await registries.put(scope, changeOf(request.body));
    return reply.code(created ? 201 : 200).send(registryWire(context, registry));
  });
  service.patch(REGISTRY, async (request) => {
    const registry = await writableRegistryOf(context, request);
    // Tags, identity and SKU are all that a PATCH changes (specified).
    const { properties: _p, location: _l, ...change } = changeOf(request.body);
    return registryWire(context, (await registries.put(registry, change)).registry);
  });
  service.delete(REGISTRY, async (request, reply) => {
    checkCaller(request.principal);
    const registry = await registries.find(registryScopeOf(request));
    if (registry) await registries.remove(checkWritable(registry));
    return reply.code(registry ? 200 : 204).send();
  });
  service.post(`${REGISTRY}/removeRegions`, async (request) => {
    const registry = await writableRegistryOf(context, request);
    const gone = new Set(regionsOf(objectField(request.body, 'properties')).map((region) => regionName(region)));
    const kept = regionsOf(registry.properties).filter((region) => !gone.has(regionName(region)));
    const { registry: changed } = await registries.put(registry, { properties: { regionDetails: kept } });
    return registryWire(context, changed);
  });
  addRegistryDataRoutes(service, context);
  addSharingRoutes(service, context);
}

const regionName = (region: Json) => (textField(region, 'location') ?? '').toLowerCase().replaceAll(' ', '');

function regionsOf(properties: Json): Json[] {
  const regions = fieldOf(properties, 'regionDetails');
  return Array.isArray(regions) ? regions.filter(isObject) : [];
}

function changeOf(body: unknown): RegistryChange {
  const properties: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(objectField(body, 'properties')))
    if (!READ_ONLY.has(key.toLowerCase()) && value !== null) properties[key] = value;
  const location = locationOf(body);
  const identity = fieldOf(body, 'identity');
  const sku = fieldOf(body, 'sku');
  return {
    properties,
    ...(location === undefined ? {} : { location }),
    ...(fieldOf(body, 'tags') === undefined ? {} : { tags: textsField(body, 'tags') }),
    ...(identity === undefined ? {} : { identity }),
    ...(sku === undefined ? {} : { sku }),
  };
}

/** A registry as ARM shows it. Whatever regions it names, its content is in one storage account of this machine. */
function registryWire(context: ArmContext, registry: Registry) {
  const group = `/subscriptions/${registry.subscriptionId}/resourceGroups/${registry.resourceGroup}`;
  const id = `${group}/providers/${PROVIDER}/registries/${registry.name}`;
  const stored = regionsOf(registry.properties);
  const regions = stored.length > 0 ? stored : [{ location: registry.location }];
  return {
    id,
    name: registry.name,
    type: `${PROVIDER}/registries`,
    location: registry.location,
    tags: registry.tags,
    identity: registry.identity ?? { type: 'SystemAssigned', principalId: registry.id, tenantId: context.tenantId },
    ...(registry.sku === undefined ? {} : { sku: registry.sku }),
    systemData: systemData(registry.createdAt, 'Millrace', registry.modifiedAt),
    properties: {
      publicNetworkAccess: 'Enabled',
      intellectualPropertyPublisher: null,
      registryPrivateEndpointConnections: [],
      ...registry.properties,
      regionDetails: regions.map((region) => ({
        ...region,
        acrDetails: region['acrDetails'] ?? [],
        storageAccountDetails: [
          {
            systemCreatedStorageAccount: {
              storageAccountName: registry.storageAccount,
              storageAccountType: 'Standard_LRS',
              storageAccountHnsEnabled: false,
              allowBlobPublicAccess: false,
              armResourceId: { resourceId: storageAccountId(registry) },
            },
          },
        ],
      })),
      managedResourceGroup: { resourceId: group },
      discoveryUrl: `https://${DATA_PLANE_HOST}/registrymanagement/v1.0/registries/${registry.name}/discovery`,
      mlFlowRegistryUri: `azureml://${DATA_PLANE_HOST}/mlflow/v1.0${id}`,
    },
  };
}
