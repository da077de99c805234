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
