import { compact } from '../entity.ts';
import { flagOf, textMap } from '../job/wire-words.ts';
import { any, flag, listOf, mapOf, oneOf, type Shape, shaped, text, texts, whole, word } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { RULE_TYPES } from './outbound-rule/rule-entity.ts';

const ISOLATION: Readonly<Record<string, string>> = {
  disabled: 'Disabled',
  allow_internet_outbound: 'AllowInternetOutbound',
  allow_only_approved_outbound: 'AllowOnlyApprovedOutbound',
};
export const ISOLATION_MODES = Object.keys(ISOLATION);

/** What a workspace's YAML file may hold (documented schema); what only a dump holds is dropped. */
export const WORKSPACE_SHAPE: Shape = {
  name: text,
  location: text,
  resource_group: text,
  display_name: text,
  description: text,
  hbi_workspace: flag,
  storage_account: text,
  container_registry: text,
  key_vault: text,
  application_insights: text,
  customer_managed_key: shaped({
    key_vault: text,
    key_uri: text,
    cosmosdb_id: text,
    storage_id: text,
    search_id: text,
  }),
  tags: texts,
  image_build_compute: text,
  public_network_access: word('Enabled', 'Disabled'),
  network_acls: shaped({
    default_action: word('Allow', 'Deny'),
    ip_rules: listOf(oneOf(text, shaped({ 'value!': text }))),
  }),
  system_datastores_auth_mode: word('accesskey', 'identity'),
  identity: shaped({
    type: word('system_assigned', 'user_assigned', 'none', 'system_assigned,user_assigned'),
    principal_id: text,
    tenant_id: text,
    user_assigned_identities: oneOf(mapOf(any), listOf(any)),
  }),
  primary_user_assigned_identity: text,
  workspace_hub: text,
  managed_network: shaped({
    isolation_mode: word(...ISOLATION_MODES),
    outbound_rules: listOf(
      shaped({
        'name!': text,
        'type!': word(...Object.keys(RULE_TYPES)),
        'destination!': oneOf(text, mapOf(any)),
        fqdns: listOf(text),
        category: text,
        status: text,
        parent_rule_names: any,
      }),
    ),
    firewall_sku: word('standard', 'basic'),
    network_id: text,
    status: any,
  }),
  provision_network_now: flag,
  enable_data_isolation: flag,
  allow_roleassignment_on_rg: flag,
  serverless_compute: shaped({ custom_subnet: text, no_public_ip: flag }),
  feature_store_settings: any,
  kind: word('default', 'hub', 'project', 'featurestore'),
  hub_id: text,
  default_resource_group: text,
  // Of a dump alone.
  id: text,
  discovery_url: text,
  mlflow_tracking_uri: text,
  workspace_id: text,
  expiry: whole,
};

/** The text members whose wire names are theirs alone. */
const TEXTS: Readonly<Record<string, string>> = {
  description: 'description',
  display_name: 'friendlyName',
  storage_account: 'storageAccount',
  container_registry: 'containerRegistry',
  key_vault: 'keyVault',
  application_insights: 'applicationInsights',
  image_build_compute: 'imageBuildCompute',
  public_network_access: 'publicNetworkAccess',
  primary_user_assigned_identity: 'primaryUserAssignedIdentity',
  system_datastores_auth_mode: 'systemDatastoresAuthMode',
  hub_id: 'hubResourceId',
};
const FLAGS: Readonly<Record<string, string>> = {
  hbi_workspace: 'hbiWorkspace',
  provision_network_now: 'provisionNetworkNow',
  enable_data_isolation: 'enableDataIsolation',
  allow_roleassignment_on_rg: 'allowRoleAssignmentOnRG',
};

/** A workspace's properties on the wire, of what the mapping says: nothing is made up. */
export function workspaceProperties(data: YamlMap): Record<string, unknown> {
  const texts = Object.entries(TEXTS).flatMap(([key, wire]) =>
    data[key] === undefined || data[key] === null ? [] : [[wire, pythonText(data[key])]],
  );
  const flags = Object.entries(FLAGS).flatMap(([key, wire]) => {
    const value = flagOf(data[key]);
    return value === undefined ? [] : [[wire, value]];
  });
  const key = isMap(data['customer_managed_key']) ? data['customer_managed_key'] : undefined;
  const serverless = isMap(data['serverless_compute']) ? data['serverless_compute'] : undefined;
  return compact({
    ...Object.fromEntries(texts),
    ...Object.fromEntries(flags),
    encryption: key && {
      status: 'Enabled',
      keyVaultProperties: compact({ keyVaultArmId: key['key_vault'], keyIdentifier: key['key_uri'] }),
    },
    networkAcls: aclsToWire(data['network_acls']),
    managedNetwork: networkToWire(data['managed_network']),
    serverlessComputeSettings:
      serverless &&
      compact({
        serverlessComputeCustomSubnet: serverless['custom_subnet'],
        serverlessComputeNoPublicIP: flagOf(serverless['no_public_ip']),
      }),
  });
}

function aclsToWire(value: YamlValue | undefined): Record<string, unknown> | undefined {
  if (!isMap(value)) return undefined;
  const rules = Array.isArray(value['ip_rules']) ? value['ip_rules'] : [];
  return {
    defaultAction: /^deny$/i.test(pythonText(value['default_action'] ?? 'Allow')) ? 'Deny' : 'Allow',
    ipRules: rules.map((rule) => ({ value: pythonText(isMap(rule) ? rule['value'] : rule) })),
  };
}

function networkToWire(value: YamlValue | undefined): Record<string, unknown> | undefined {
  if (!isMap(value)) return undefined;
  const rules = Array.isArray(value['outbound_rules']) ? value['outbound_rules'].filter(isMap) : undefined;
  const camel = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const destination = (one: YamlValue | undefined) =>
    isMap(one) ? Object.fromEntries(Object.entries(one).map(([key, member]) => [camel(key), member])) : one;
  return compact({
    isolationMode: ISOLATION[pythonText(value['isolation_mode'] ?? 'disabled').toLowerCase()],
    firewallSku: value['firewall_sku'] && /^basic$/i.test(pythonText(value['firewall_sku'])) ? 'Basic' : undefined,
    outboundRules:
      rules &&
      Object.fromEntries(
        rules.map((rule) => [
          pythonText(rule['name']),
          compact({
            type: RULE_TYPES[pythonText(rule['type']).toLowerCase()],
            category: 'UserDefined',
            destination: destination(rule['destination']),
            fqdns: rule['fqdns'],
          }),
        ]),
      ),
  });
}

/** The identity on the wire: `system_assigned,user_assigned` is `SystemAssigned,UserAssigned`. */
export function workspaceIdentity(value: YamlValue | undefined): Record<string, unknown> | undefined {
  if (!isMap(value)) return undefined;
  const words = pythonText(value['type'] ?? 'none').split(',');
  const type = words.map((one) =>
    /user/i.test(one) ? 'UserAssigned' : /system/i.test(one) ? 'SystemAssigned' : 'None',
  );
  const assigned = value['user_assigned_identities'];
  const ids = isMap(assigned)
    ? Object.keys(assigned)
    : Array.isArray(assigned)
      ? assigned.map((one) => pythonText(isMap(one) ? one['resource_id'] : one))
      : [];
  return {
    type: type.join(','),
    ...(ids.length ? { userAssignedIdentities: Object.fromEntries(ids.map((id) => [id, {}])) } : {}),
  };
}

/** Tags on the wire; undefined where the mapping has none. */
export const workspaceTags = (data: YamlMap) => (isMap(data['tags']) ? { tags: textMap(data['tags']) } : {});
