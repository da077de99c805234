import { invalid } from '../kernel/errors.ts';
import { newGuid } from '../kernel/ids.ts';
import { locationOf } from './locations.ts';
import type { StoredResource, StoredResources } from './stored-resources.ts';
import type { BlobAccess } from './types.ts';
import { fieldOf, type Json, objectField, textField, textsField } from './wire-fields.ts';

/** A kind of resource that a workspace is made with. */
export type AssociatedKind = {
  /** `Microsoft.Storage/storageAccounts` */
  readonly type: string;
  readonly name: RegExp;
  /** What a name must be, for a person. */
  readonly nameRule: string;
  /** What the service adds: on top of what was sent, below what is there already. */
  readonly made: (name: string, body: Json, tenantId: string) => Json;
};

const guids = (tenantId: string) => ({ principalId: newGuid(), clientId: newGuid(), tenantId });

export const ASSOCIATED_KINDS: readonly AssociatedKind[] = [
  {
    type: 'Microsoft.Storage/storageAccounts',
    name: /^[a-z0-9]{3,24}$/,
    nameRule: '3 to 24 small letters and digits',
    made: (name) => ({
      primaryEndpoints: Object.fromEntries(
        ['blob', 'dfs', 'file', 'queue', 'table'].map((part) => [part, `https://${name}.${part}.core.windows.net/`]),
      ),
      primaryLocation: 'eastus',
      statusOfPrimary: 'available',
    }),
  },
  {
    type: 'Microsoft.KeyVault/vaults',
    name: /^[A-Za-z][A-Za-z0-9-]{2,23}$/,
    nameRule: '3 to 24 letters, digits and hyphens, a letter first',
    made: (name, _body, tenantId) => ({ vaultUri: `https://${name.toLowerCase()}.vault.azure.net/`, tenantId }),
  },
  {
    type: 'Microsoft.Insights/components',
    name: /^[^/?#]{1,255}$/,
    nameRule: 'up to 255 characters',
    made: (name, _body, tenantId) => {
      const key = newGuid();
      return {
        AppId: newGuid(),
        ApplicationId: name,
        Application_Type: 'web',
        InstrumentationKey: key,
        ConnectionString: `InstrumentationKey=${key}`,
        TenantId: tenantId,
      };
    },
  },
  {
    type: 'Microsoft.OperationalInsights/workspaces',
    name: /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
    nameRule: '4 to 63 letters, digits and hyphens',
    made: () => ({ customerId: newGuid(), retentionInDays: 30, sku: { name: 'pergb2018' } }),
  },
  {
    type: 'Microsoft.ContainerRegistry/registries',
    name: /^[A-Za-z0-9]{5,50}$/,
    nameRule: '5 to 50 letters and digits',
    made: (name) => ({ loginServer: `${name.toLowerCase()}.azurecr.io`, adminUserEnabled: false }),
  },
  {
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
    name: /^[A-Za-z0-9][\w-]{2,127}$/,
    nameRule: '3 to 128 letters, digits, hyphens and underscores',
    made: (_name, _body, tenantId) => guids(tenantId),
  },
];

export type AssociatedResources = {
  /** @param type `Microsoft.Storage/storageAccounts`, in any casing */
  kind(type: string): AssociatedKind | undefined;
  /**
   * Makes the resource or changes the one that is there. A storage account is served by the blob service from then on.
   * @param body as Resource Manager takes it: location, tags, kind, sku, identity, properties
   * @throws invalid for a name that the kind cannot have
   */
  put(id: string, body: Json, by: string): Promise<{ readonly resource: StoredResource; readonly created: boolean }>;
};

/** The storage account, vault and so on with which workspaces are made: recorded, and as far as they are said to be, served. */
export function createAssociatedResources(deps: {
  resources: StoredResources;
  blobs: BlobAccess;
  tenantId: string;
}): AssociatedResources {
  const { resources, blobs, tenantId } = deps;
  const kind = (type: string) => ASSOCIATED_KINDS.find((one) => one.type.toLowerCase() === type.toLowerCase());
  return {
    kind,
    async put(id, body, by) {
      const [, type = '', name = ''] = /\/providers\/([^/]+\/[^/]+)\/([^/]+)$/i.exec(id) ?? [];
      const known = kind(type);
      if (!known) throw invalid(`'${type}' is no kind of resource that is kept here.`);
      if (!known.name.test(name))
        throw invalid(`'${name.slice(0, 80)}' is not a name for ${known.type}: ${known.nameRule}.`, {
          wire: 'AccountNameInvalid',
          target: 'name',
        });
      const existing = (await resources.find(id))?.document;
      const first = existing === undefined;
      const kept: Record<string, unknown> = {};
      for (const field of ['kind', 'sku', 'identity']) {
        const value = fieldOf(body, field) ?? existing?.[field];
        if (value !== undefined) kept[field] = value;
      }
      if (known.type.startsWith('Microsoft.Storage')) await blobs.accountKey(name);
      return resources.put(
        id,
        {
          location: textField(existing, 'location') ?? locationOf(body) ?? 'eastus',
          tags: fieldOf(body, 'tags') === undefined ? objectField(existing, 'tags') : textsField(body, 'tags'),
          ...kept,
          properties: {
            ...(first ? known.made(name, body, tenantId) : objectField(existing, 'properties')),
            ...withoutNulls(objectField(body, 'properties')),
            provisioningState: 'Succeeded',
          },
        },
        by,
      );
    },
  };
}

function withoutNulls(properties: Json): Json {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
}
