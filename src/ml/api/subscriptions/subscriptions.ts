import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notFound } from '../../../kernel/errors.ts';
import { type ArmContext, checkCaller, page, parameter } from '../../arm/context.ts';
import { textField } from '../../wire-fields.ts';
import { resourceProviders } from './providers.ts';
import { REGIONS } from './regions.ts';

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
  const providers = resourceProviders();
  const provider = (id: string, namespace: string) => ({
    id: `/subscriptions/${id}/providers/${namespace}`,
    namespace,
    registrationState: 'Registered',
    registrationPolicy: 'RegistrationRequired',
    resourceTypes: (providers.get(namespace) ?? []).map((one) => ({
      ...one,
      locations: REGIONS.map(([, displayName]) => displayName),
    })),
  });
  /** All providers that are here are registered, always. */
  const oneProvider = async (request: FastifyRequest) => {
    checkCaller(request.principal);
    const wanted = textField(request.params, 'provider') ?? '';
    const namespace = [...providers.keys()].find((one) => one.toLowerCase() === wanted.toLowerCase());
    if (namespace) return provider(parameter(request, 'subscriptionId'), namespace);
    throw notFound(
      `The resource namespace '${wanted.slice(0, 80)}' is invalid: ${[...providers.keys()].join(', ')} are here.`,
      { wire: 'InvalidResourceNamespace' },
    );
  };

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
      value: REGIONS.map(([name, displayName, geographyGroup]) => ({
        id: `/subscriptions/${id}/locations/${name}`,
        name,
        type: 'Region',
        displayName,
        regionalDisplayName: `(${geographyGroup}) ${displayName}`,
        metadata: { regionType: 'Physical', regionCategory: 'Recommended', geographyGroup },
      })),
    };
  });
  service.get('/subscriptions/:subscriptionId/providers', async (request) => {
    checkCaller(request.principal);
    const id = parameter(request, 'subscriptionId');
    return { value: [...providers.keys()].sort().map((namespace) => provider(id, namespace)) };
  });
  service.get('/subscriptions/:subscriptionId/providers/:provider', oneProvider);
  service.post('/subscriptions/:subscriptionId/providers/:provider/register', oneProvider);
}
