import type { FastifyInstance } from 'fastify';
import { notFound } from '../../kernel/errors.ts';
import { DATA_PLANE_HOST, REGISTRY_HOST } from '../places.ts';
import { type DataPlaneDeps, originOf, parameter } from './deps.ts';

/** Where clients that have not built in this cloud begin to look for registries. */
export const REGISTRY_DISCOVERY_URL = `https://${DATA_PLANE_HOST}/`;

/** Where a registry's assets are asked for: what clients read before anything else of it. They append to the address as it is (client source). */
export function registerRegistryDiscovery(service: FastifyInstance, deps: DataPlaneDeps): void {
  service.get('/registrymanagement/v1.0/registries/:name/discovery', async (request) => {
    const name = parameter(request, 'name');
    const registry = await deps.registries.byName(name);
    if (!registry)
      throw notFound(
        `There is no registry '${name.slice(0, 80)}'. Create it: az ml registry create --name ${name.slice(0, 80)}.`,
        { wire: 'RegistryNotFound' },
      );
    const origin = originOf(request);
    // On a loopback address everything is at one place.
    const base = origin.startsWith('https:') ? `https://${REGISTRY_HOST}/` : `${origin}/`;
    return {
      registryName: registry.name,
      registryId: registry.id,
      tenantId: deps.tenantId,
      primaryRegion: registry.location,
      regions: [registry.location],
      subscriptionId: registry.subscriptionId,
      resourceGroup: registry.resourceGroup,
      workspaceName: registry.name,
      primaryRegionResourceProviderUri: base,
      registryFqdns: { [registry.location]: { uri: DATA_PLANE_HOST } },
      intellectualPropertyPublisher: null,
    };
  });
}
