import { compact } from '../entity.ts';
import { flagOf, textMap, wholeNumber } from '../job/wire-words.ts';
import { any, flag, listOf, oneOf, type Shape, shaped, text, texts, whole, word } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';

const STORAGE_TYPES = [
  'standard_lrs',
  'standard_grs',
  'standard_ragrs',
  'standard_zrs',
  'standard_gzrs',
  'standard_ragzrs',
  'premium_lrs',
  'premium_zrs',
];

/** What a registry's YAML file may hold (documented schema). */
export const REGISTRY_SHAPE: Shape = {
  name: text,
  description: text,
  tags: texts,
  'location!': text,
  public_network_access: word('Enabled', 'Disabled'),
  replication_locations: listOf(
    shaped({
      location: text,
      storage_config: oneOf(
        shaped({
          storage_account_hns: flag,
          storage_account_type: word(...STORAGE_TYPES),
          replication_count: whole,
          arm_resource_id: text,
          replicated_ids: any,
        }),
        listOf(text),
      ),
    }),
  ),
  intellectual_property: shaped({ publisher: text, protection_level: text }),
  container_registry: oneOf(text, shaped({ acr_account_sku: word('premium'), arm_resource_id: text })),
  // Of a dump alone.
  id: text,
  display_name: text,
  identity: any,
  kind: text,
  sku: text,
  managed_resource_group: text,
  mlflow_registry_uri: text,
  discovery_url: text,
};

/** A registry as it is put to the service (client source); the container registry of the file stands in each region. */
export function registryToWire(data: YamlMap): Record<string, unknown> {
  const regions = Array.isArray(data['replication_locations']) ? data['replication_locations'].filter(isMap) : [];
  const publisher = isMap(data['intellectual_property']) ? data['intellectual_property']['publisher'] : undefined;
  const tags = textMap(data['tags']);
  const location = pythonText(data['location']);
  return {
    location,
    tags,
    identity: { type: 'SystemAssigned' },
    properties: compact({
      publicNetworkAccess: /^disabled$/i.test(pythonText(data['public_network_access'] ?? '')) ? 'Disabled' : 'Enabled',
      intellectualPropertyPublisher: publisher,
      managedResourceGroupTags: tags,
      regionDetails: (regions.length ? regions : [{ location }]).map((region) => ({
        location: pythonText(region['location'] ?? location),
        acrDetails: [containerToWire(data['container_registry'])],
        storageAccountDetails: storageToWire(region['storage_config']),
      })),
    }),
  };
}

function containerToWire(value: YamlValue | undefined): Record<string, unknown> {
  if (typeof value === 'string') return { userCreatedAcrAccount: { armResourceId: { resourceId: value } } };
  const sku = isMap(value) ? pythonText(value['acr_account_sku'] ?? 'premium') : 'premium';
  return { systemCreatedAcrAccount: { acrAccountSku: sku.charAt(0).toUpperCase() + sku.slice(1).toLowerCase() } };
}

function storageToWire(value: YamlValue | undefined): Record<string, unknown>[] {
  if (Array.isArray(value))
    return value.map((id) => ({ userCreatedStorageAccount: { armResourceId: { resourceId: pythonText(id) } } }));
  const config: YamlMap = isMap(value) ? value : {};
  const type = pythonText(config['storage_account_type'] ?? 'standard_lrs').toLowerCase();
  const [family = 'standard', redundancy = 'lrs'] = type.split('_');
  const account = {
    storageAccountHnsEnabled: flagOf(config['storage_account_hns']) ?? false,
    storageAccountType: `${family.charAt(0).toUpperCase()}${family.slice(1)}_${redundancy.toUpperCase()}`,
  };
  const count = Math.max(1, wholeNumber(config['replication_count']) ?? 1);
  return Array.from({ length: count }, () => ({ systemCreatedStorageAccount: account }));
}
