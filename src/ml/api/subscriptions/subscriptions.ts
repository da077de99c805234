import type { FastifyInstance } from 'fastify';
import { type ArmContext, checkCaller, PROVIDER, page, parameter } from '../../arm/context.ts';
import { REGION } from '../../places.ts';

const TYPES = ['workspaces', 'workspaces/computes', 'workspaces/jobs', 'workspaces/datastores', 'registries'];

/** Subscriptions, tenants, locations and resource providers: what `az login` and the SDKs ask before anything else. */
export function addSubscriptionRoutes(service: FastifyInstance, context: ArmContext): void {
  const subscription = (id: string) => ({
    id: `/subscriptions/${id}`,
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    tags: {},
    subscriptionId: id,
    tenantId: context.tenantId,
    displayName: id === context.subscriptionId ? 'Millrace' : `Millrace ${id}`,
    state: 'Enabled',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
  });
  const provider = (id: string) => ({
    id: `/subscriptions/${id}/providers/${PROVIDER}`,
    namespace: PROVIDER,
    registrationState: 'Registered',
    registrationPolicy: 'RegistrationRequired',
    resourceTypes: TYPES.map((resourceType) => ({
      resourceType,
      locations: [REGION],
      apiVersions: ['2024-10-01', '2024-04-01'],
    })),
  });

  service.get('/subscriptions', async (request) => {
    checkCaller(request.principal);
    const rows = await context.store.read.selectFrom('ml_groups').select('subscription_id').distinct().execute();
    const ids = new Set([context.subscriptionId, ...rows.map((row) => row.subscription_id)]);
    return page(request, [...ids].map(subscription));
  });
  service.get('/subscriptions/:subscriptionId', async (request) => {
    checkCaller(request.principal);
    return subscription(parameter(request, 'subscriptionId'));
  });
  service.get('/tenants', async (request) => {
    checkCaller(request.principal);
    return {
      value: [
        {
          id: `/tenants/${context.tenantId}`,
          tenantId: context.tenantId,
          displayName: 'Millrace',
          defaultDomain: 'millrace.invalid',
          tenantCategory: 'Home',
        },
      ],
    };
  });
  service.get('/subscriptions/:subscriptionId/locations', async (request) => {
    checkCaller(request.principal);
    const id = parameter(request, 'subscriptionId');
    return {
      value: [
        {
          id: `/subscriptions/${id}/locations/${REGION}`,
          name: REGION,
          type: 'Region',
          displayName: 'East US',
          regionalDisplayName: '(US) East US',
          metadata: { regionType: 'Physical', regionCategory: 'Recommended', geographyGroup: 'US' },
        },
      ],
    };
  });
  service.get('/subscriptions/:subscriptionId/providers', async (request) => {
    checkCaller(request.principal);
    return { value: [provider(parameter(request, 'subscriptionId'))] };
  });
  service.get(`/subscriptions/:subscriptionId/providers/${PROVIDER}`, async (request) => {
    checkCaller(request.principal);
    return provider(parameter(request, 'subscriptionId'));
  });
  service.post(`/subscriptions/:subscriptionId/providers/${PROVIDER}/register`, async (request) => {
    checkCaller(request.principal);
    return provider(parameter(request, 'subscriptionId'));
  });
}
