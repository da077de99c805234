import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { commandError } from '../../../errors.ts';
import type { AssetSource } from '../asset/asset-file.ts';
import { compact } from '../entity.ts';
import { isoDuration } from '../job/duration.ts';
import { flagOf, textMap, wholeNumber } from '../job/wire-words.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { patternToWire, triggerToWire } from '../schedule/trigger-wire.ts';
import type { Workspace } from '../workspace/scope.ts';
import { computeTypeOf } from './compute-shape.ts';

const DEFAULT_SIZE = 'STANDARD_DS3_V2';
const WIRE_TYPES: Readonly<Record<string, string>> = {
  amlcompute: 'AmlCompute',
  computeinstance: 'ComputeInstance',
  kubernetes: 'Kubernetes',
  virtualmachine: 'VirtualMachine',
};

/** A compute as it is put to the service (client source), from a file that has been checked. */
export function computeToWire(source: AssetSource, workspace: Workspace, location: string): Record<string, unknown> {
  const { data } = source;
  const type = computeTypeOf(data);
  const identity = identityToWire(data['identity']);
  const ssh = isMap(data['ssh_settings']) ? data['ssh_settings'] : undefined;
  const description = optional(data['description']);
  const own = (() => {
    switch (type) {
      case 'amlcompute':
        return { disableLocalAuth: ssh === undefined, properties: clusterProperties(source, workspace, ssh) };
      case 'computeinstance':
        return {
          disableLocalAuth: flagOf(data['ssh_public_access_enabled']) !== true,
          properties: instanceProperties(data, workspace, ssh),
        };
      case 'kubernetes':
        return {
          computeLocation: location,
          resourceId: pythonText(data['resource_id']),
          properties: {
            ...(isMap(data['properties']) ? data['properties'] : {}),
            namespace: pythonText(data['namespace'] ?? 'default'),
          },
        };
      default:
        return { resourceId: pythonText(data['resource_id']), properties: machineProperties(ssh, source.folder) };
    }
  })();
  return {
    location,
    ...(identity ? { identity } : {}),
    ...(isMap(data['tags']) ? { tags: textMap(data['tags']) } : {}),
    properties: { computeType: WIRE_TYPES[type], ...(description ? { description } : {}), ...own },
  };
}

const optional = (value: YamlValue | undefined) =>
  value === undefined || value === null || value === '' ? undefined : pythonText(value);

function clusterProperties({ data, file }: AssetSource, workspace: Workspace, ssh: YamlMap | undefined) {
  const count = (key: string, fallback: number) => wholeNumber(data[key]) ?? fallback;
  const least = count('min_instances', 0);
  const most = count('max_instances', Math.max(4, least));
  if (least > most) throw commandError(`${file}: min_instances (${least}) is more than max_instances (${most}).`);
  const tier = optional(data['tier']);
  const access = flagOf(data['ssh_public_access_enabled']);
  return compact({
    osType: 'Linux',
    vmSize: optional(data['size']) ?? DEFAULT_SIZE,
    vmPriority: tier && (/^low/i.test(tier) ? 'LowPriority' : 'Dedicated'),
    scaleSettings: {
      minNodeCount: least,
      maxNodeCount: most,
      nodeIdleTimeBeforeScaleDown: isoDuration(count('idle_time_before_scale_down', 120)),
    },
    userAccountCredentials:
      ssh &&
      compact({
        adminUserName: optional(ssh['admin_username']),
        adminUserPassword: optional(ssh['admin_password']),
        adminUserSshPublicKey: optional(ssh['ssh_key_value']),
      }),
    subnet: subnetOf(data['network_settings'], workspace),
    remoteLoginPortPublicAccess: access === undefined ? 'NotSpecified' : access ? 'Enabled' : 'Disabled',
    enableNodePublicIp: flagOf(data['enable_node_public_ip']) ?? true,
  });
}

function instanceProperties(data: YamlMap, workspace: Workspace, ssh: YamlMap | undefined): Record<string, unknown> {
  const access = flagOf(data['ssh_public_access_enabled']);
  const owner = isMap(data['create_on_behalf_of']) ? data['create_on_behalf_of'] : undefined;
  const minutes = wholeNumber(data['idle_time_before_shutdown_minutes']);
  const scripts = isMap(data['setup_scripts']) ? data['setup_scripts'] : undefined;
  const applications = Array.isArray(data['custom_applications']) ? data['custom_applications'] : undefined;
  return compact({
    vmSize: optional(data['size']) ?? DEFAULT_SIZE,
    subnet: subnetOf(data['network_settings'], workspace),
    sshSettings:
      access === undefined && ssh === undefined
        ? undefined
        : compact({
            sshPublicAccess: access ? 'Enabled' : 'Disabled',
            adminPublicKey: optional(ssh?.['ssh_key_value']),
          }),
    personalComputeInstanceSettings: owner && {
      assignedUser: compact({
        objectId: optional(owner['user_object_id']),
        tenantId: optional(owner['user_tenant_id']),
      }),
    },
    idleTimeBeforeShutdown: minutes ? `PT${minutes}M` : optional(data['idle_time_before_shutdown']),
    enableNodePublicIp: flagOf(data['enable_node_public_ip']) ?? true,
    enableSSO: flagOf(data['enable_sso']) ?? true,
    enableRootAccess: flagOf(data['enable_root_access']) ?? true,
    releaseQuotaOnStop: flagOf(data['release_quota_on_stop']) ?? false,
    enableOSPatching: flagOf(data['enable_os_patching']) ?? false,
    applicationSharingPolicy: 'Shared',
    computeInstanceAuthorizationType: 'personal',
    schedules: schedulesToWire(data['schedules']),
    setupScripts: scripts && {
      scripts: compact({
        startupScript: scriptToWire(scripts['startup_script']),
        creationScript: scriptToWire(scripts['creation_script']),
      }),
    },
    customServices: applications?.filter(isMap).map(applicationToWire),
  });
}

function schedulesToWire(value: YamlValue | undefined): Record<string, unknown> | undefined {
  const list = isMap(value) ? value['compute_start_stop'] : undefined;
  if (!Array.isArray(list)) return undefined;
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
  return {
    computeStartStop: list.filter(isMap).map((schedule) => {
      const trigger = isMap(schedule['trigger']) ? schedule['trigger'] : {};
      const { triggerType, endTime: _end, ...wire } = triggerToWire(trigger);
      const pattern = isMap(trigger['schedule']) ? patternToWire(trigger['schedule']) : undefined;
      return compact({
        action: capital(pythonText(schedule['action'])),
        status: capital(pythonText(schedule['state'] ?? 'enabled')),
        triggerType,
        cron: triggerType === 'Cron' ? wire : undefined,
        recurrence: triggerType === 'Cron' ? undefined : { ...wire, ...(pattern ? { schedule: pattern } : {}) },
      });
    }),
  };
}

function scriptToWire(value: YamlValue | undefined): Record<string, unknown> | undefined {
  if (!isMap(value)) return undefined;
  const minutes = wholeNumber(value['timeout_minutes']);
  return compact({
    scriptSource: 'workspaceStorage',
    scriptData: optional(value['path']),
    scriptArguments: optional(value['command']),
    timeout: minutes === undefined ? undefined : `${minutes}m`,
  });
}

function applicationToWire(app: YamlMap): Record<string, unknown> {
  const image = isMap(app['image']) ? app['image'] : {};
  const maps = (value: YamlValue | undefined) => (Array.isArray(value) ? value.filter(isMap) : []);
  return {
    name: pythonText(app['name']),
    image: { type: 'docker', reference: optional(image['reference']) },
    endpoints: maps(app['endpoints']).map((endpoint) => ({
      protocol: 'http',
      name: 'connect',
      target: wholeNumber(endpoint['target']),
      published: wholeNumber(endpoint['published']),
    })),
    environmentVariables: Object.fromEntries(
      Object.entries(textMap(app['environment_variables'])).map(([name, value]) => [name, { type: 'local', value }]),
    ),
    volumes: maps(app['bind_mounts']).map((mount) => ({
      type: 'bind',
      source: optional(mount['source']),
      target: optional(mount['target']),
    })),
    docker: { privileged: true },
  };
}

function machineProperties(ssh: YamlMap | undefined, folder: string): Record<string, unknown> {
  if (!ssh) return {};
  const key = optional(ssh['ssh_private_key_file']);
  return {
    sshPort: wholeNumber(ssh['ssh_port']) ?? 22,
    administratorAccount: compact({
      username: optional(ssh['admin_username']),
      password: optional(ssh['admin_password']),
      privateKeyData: key === undefined ? undefined : privateKey(resolve(folder, key)),
    }),
  };
}

function privateKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw commandError(`ssh_settings.ssh_private_key_file: ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** A subnet by its id, or by its name in a network of the same resource group. */
function subnetOf(value: YamlValue | undefined, workspace: Workspace): { id: string } | undefined {
  if (!isMap(value)) return undefined;
  const subnet = optional(value['subnet']);
  const network = optional(value['vnet_name']);
  if (subnet?.startsWith('/')) return { id: subnet };
  if (!subnet && !network) return undefined;
  if (!subnet || !network)
    throw commandError('network_settings: give a subnet by its whole id, or vnet_name and subnet by their names.');
  const { subscription, group } = workspace;
  return {
    id: `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/virtualNetworks/${network}/subnets/${subnet}`,
  };
}

/** A compute's identity on the wire. `SystemAssigned` and `system_assigned` are one word to the clients. */
function identityToWire(value: YamlValue | undefined): Record<string, unknown> | undefined {
  if (!isMap(value)) return undefined;
  const words = pythonText(value['type'] ?? 'none').split(',');
  const type = words.map((one) =>
    /user/i.test(one) ? 'UserAssigned' : /system/i.test(one) ? 'SystemAssigned' : 'None',
  );
  const assigned = Array.isArray(value['user_assigned_identities'])
    ? value['user_assigned_identities'].filter(isMap)
    : [];
  return {
    type: type.join(','),
    ...(assigned.length
      ? { userAssignedIdentities: Object.fromEntries(assigned.map((one) => [pythonText(one['resource_id']), {}])) }
      : {}),
  };
}
