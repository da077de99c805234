import { compact, type Wire, wireOf, withResourceGroups } from '../entity.ts';
import { snake } from '../job/wire-words.ts';

export type RegistryResource = {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly tags?: Record<string, string> | null;
  readonly identity?: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
};

/** A registry as `az ml registry show` prints it (client source): its regions as `replication_locations`. */
export function registryEntity(resource: RegistryResource): Record<string, unknown> {
  const { properties } = resource;
  const regions = Array.isArray(properties['regionDetails']) ? (properties['regionDetails'] as Wire[]) : [];
  const [container] = Array.isArray(regions[0]?.['acrDetails']) ? (regions[0]['acrDetails'] as Wire[]) : [];
  const publisher = properties['intellectualPropertyPublisher'];
  const identity = wireOf(resource.identity);
  return withResourceGroups(
    compact({
      name: resource.name,
      id: resource.id,
      description: properties['description'],
      tags: resource.tags ?? {},
      location: resource.location,
      public_network_access: properties['publicNetworkAccess'],
      discovery_url: properties['discoveryUrl'],
      mlflow_registry_uri: properties['mlFlowRegistryUri'],
      intellectual_property: publisher ? { publisher } : undefined,
      managed_resource_group: wireOf(properties['managedResourceGroup'])?.['resourceId'],
      container_registry: container && containerEntity(container),
      identity:
        identity &&
        compact({
          type: snake(String(identity['type'] ?? '')).replace(/^_/, ''),
          principal_id: identity['principalId'],
          tenant_id: identity['tenantId'],
        }),
      replication_locations: regions.map(regionEntity),
    }),
  );
}

/**
 * A registry as `create` and `update` print it, which is not as `show` does: the client's own object, in camelCase, what is missing as null
 * (recorded with the public extension 2.42.0).
 */
export function madeRegistry(resource: RegistryResource): Record<string, unknown> {
  const { properties } = resource;
  const regions = Array.isArray(properties['regionDetails']) ? (properties['regionDetails'] as Wire[]) : [];
  const publisher = properties['intellectualPropertyPublisher'];
  const identity = wireOf(resource.identity);
  return {
    containerRegistry: null,
    description: properties['description'] ?? null,
    discoveryUrl: properties['discoveryUrl'] ?? null,
    identity: identity
      ? {
          principalId: identity['principalId'] ?? null,
          tenantId: identity['tenantId'] ?? null,
          type: identity['type'] ?? null,
          userAssignedIdentities: identity['userAssignedIdentities'] ?? null,
        }
      : null,
    intellectualProperty: publisher ? { publisher } : null,
    location: resource.location,
    managedResourceGroup: properties['managedResourceGroup'] ?? null,
    mlflowRegistryUri: properties['mlFlowRegistryUri'] ?? null,
    name: resource.name,
    properties: {},
    publicNetworkAccess: properties['publicNetworkAccess'] ?? null,
    replicationLocations: regions.map(madeRegion),
    tags: resource.tags ?? {},
  };
}

function madeRegion(region: Wire): Wire {
  const containers = Array.isArray(region['acrDetails']) ? (region['acrDetails'] as Wire[]) : [];
  const shown = regionEntity(region)['storage_config'];
  const storage = wireOf(shown);
  return {
    acrConfig: containers.map((details) => {
      const made = wireOf(details['systemCreatedAcrAccount']);
      if (!made) return containerEntity(details) ?? null;
      const armResourceId = wireOf(made['armResourceId'])?.['resourceId'] ?? null;
      return { acrAccountSku: made['acrAccountSku'] ?? null, armResourceId };
    }),
    location: region['location'] ?? null,
    storageConfig: storage
      ? {
          armResourceId: storage['arm_resource_id'] ?? null,
          replicatedIds: null,
          replicationCount: storage['replication_count'] ?? null,
          storageAccountHns: storage['storage_account_hns'] ?? null,
          storageAccountType: storage['storage_account_type'] ?? null,
        }
      : (shown ?? null),
  };
}

function containerEntity(details: Wire): unknown {
  const own = wireOf(details['userCreatedAcrAccount']);
  if (own) return wireOf(own['armResourceId'])?.['resourceId'];
  const made = wireOf(details['systemCreatedAcrAccount']);
  return (
    made &&
    compact({
      arm_resource_id: wireOf(made['armResourceId'])?.['resourceId'],
      acr_account_sku: typeof made['acrAccountSku'] === 'string' ? made['acrAccountSku'].toLowerCase() : undefined,
    })
  );
}

function regionEntity(region: Wire): Wire {
  const accounts = Array.isArray(region['storageAccountDetails']) ? (region['storageAccountDetails'] as Wire[]) : [];
  const made = wireOf(accounts[0]?.['systemCreatedStorageAccount']);
  const own = accounts.flatMap((one) => {
    const id = wireOf(wireOf(one['userCreatedStorageAccount'])?.['armResourceId'])?.['resourceId'];
    return id === undefined ? [] : [id];
  });
  return compact({
    location: region['location'],
    storage_config: made
      ? compact({
          arm_resource_id: wireOf(made['armResourceId'])?.['resourceId'],
          storage_account_hns: made['storageAccountHnsEnabled'],
          storage_account_type:
            typeof made['storageAccountType'] === 'string' ? made['storageAccountType'].toLowerCase() : undefined,
          replication_count: accounts.length,
        })
      : own.length
        ? own
        : undefined,
  });
}

/** Columns of `-o table` (client source). */
export function registryTable(result: unknown): unknown {
  return (Array.isArray(result) ? result : [result]).map((registry: Wire) => ({
    name: registry['name'],
    location: registry['location'],
    'managed locations': ((registry['replication_locations'] ?? []) as Wire[]).map((one) => one['location']).join(', '),
    description: registry['description'] ?? null,
  }));
}
