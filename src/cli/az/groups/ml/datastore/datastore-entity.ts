import { compact } from '../entity.ts';
import type { DatastoreResource } from './storage.ts';

/** The wire's datastore types and YAML's words. */
export const DATASTORE_TYPES: Readonly<Record<string, string>> = {
  AzureBlob: 'azure_blob',
  AzureFile: 'azure_file',
  AzureDataLakeGen1: 'azure_data_lake_gen1',
  AzureDataLakeGen2: 'azure_data_lake_gen2',
  OneLake: 'one_lake',
};

/** A datastore as `az ml datastore show` prints it: never its secrets (recorded). */
export function datastoreEntity(resource: DatastoreResource): Record<string, unknown> {
  const { properties } = resource;
  return compact({
    name: resource.name,
    id: resource.id,
    type: DATASTORE_TYPES[properties.datastoreType] ?? properties.datastoreType,
    account_name: properties.accountName,
    container_name: properties.containerName,
    file_share_name: properties['fileShareName'],
    filesystem: properties['filesystem'],
    store_name: properties['storeName'],
    endpoint: properties.endpoint,
    protocol: properties['protocol'],
    description: properties['description'] || undefined,
    tags: properties['tags'] ?? {},
    credentials: credentialIds(properties.credentials as Record<string, unknown> | undefined),
  });
}

function credentialIds(credentials: Record<string, unknown> | undefined): Record<string, unknown> {
  if (!credentials) return {};
  return compact({
    client_id: credentials['clientId'],
    tenant_id: credentials['tenantId'],
    authority_url: credentials['authorityUrl'],
  });
}
