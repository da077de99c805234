import { compact, wireOf, withResourceGroups } from '../entity.ts';
import { snake } from '../job/wire-words.ts';
import { type RuleResource, ruleEntity } from './outbound-rule/rule-entity.ts';
import type { WorkspaceResource } from './scope.ts';

/** A workspace as `az ml workspace show` prints it (recorded): an empty description stays, and az adds the group beside the id. */
export function workspaceEntity(resource: WorkspaceResource): Record<string, unknown> {
  const { properties } = resource;
  return withResourceGroups(
    compact({
      name: resource.name,
      location: resource.location,
      id: resource.id,
      resource_group: resource.id.split('/')[4],
      display_name: properties['friendlyName'],
      description: properties['description'],
      discovery_url: properties['discoveryUrl'],
      mlflow_tracking_uri: properties['mlFlowTrackingUri'],
      storage_account: properties['storageAccount'],
      key_vault: properties['keyVault'],
      application_insights: properties['applicationInsights'],
      container_registry: properties['containerRegistry'],
      hbi_workspace: properties['hbiWorkspace'],
      image_build_compute: properties['imageBuildCompute'],
      public_network_access: properties['publicNetworkAccess'],
      allow_roleassignment_on_rg: properties['allowRoleAssignmentOnRG'],
      enable_data_isolation: properties['enableDataIsolation'],
      provision_network_now: properties['provisionNetworkNow'],
      managed_network: networkEntity(properties['managedNetwork']),
      identity: identityEntity(resource.identity),
      tags: resource.tags ?? {},
    }),
  );
}

/** The managed network, its rules as a list in the words of the YAML. */
function networkEntity(value: unknown): Record<string, unknown> | undefined {
  const network = wireOf(value);
  if (!network) return undefined;
  const rules = Object.entries(wireOf(network['outboundRules']) ?? {});
  return {
    isolation_mode: snake(String(network['isolationMode'] ?? 'Disabled')).replace(/^_/, ''),
    outbound_rules: rules.map(([name, rule]) => ruleEntity({ name, properties: wireOf(rule) ?? {} } as RuleResource)),
  };
}

type Identity = {
  readonly type?: string;
  readonly principalId?: string;
  readonly tenantId?: string;
  readonly userAssignedIdentities?: Readonly<Record<string, { clientId?: string; principalId?: string } | null>> | null;
};

/** The identity in the words of the YAML: `SystemAssigned,UserAssigned` is `system_assigned,user_assigned`. */
function identityEntity(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, principalId, tenantId, userAssignedIdentities } = value as Identity;
  const assigned = Object.entries(userAssignedIdentities ?? {});
  return compact({
    type: type
      ?.replace(/ /g, '')
      .replace(/(?<![A-Z,]|^)[A-Z]/g, (letter) => `_${letter}`)
      .toLowerCase(),
    principal_id: principalId,
    tenant_id: tenantId,
    user_assigned_identities:
      assigned.length === 0
        ? undefined
        : Object.fromEntries(
            assigned.map(([id, one]) => [id, compact({ client_id: one?.clientId, principal_id: one?.principalId })]),
          ),
  });
}
