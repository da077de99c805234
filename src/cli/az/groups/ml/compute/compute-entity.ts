import { compact, type Wire, wireOf } from '../entity.ts';
import { durationSeconds } from '../job/duration.ts';
import { snake } from '../job/wire-words.ts';
import { triggerEntity } from '../schedule/trigger-wire.ts';

export type ComputeResource = {
  readonly id: string;
  readonly name: string;
  readonly location?: string;
  readonly tags?: Record<string, string> | null;
  readonly identity?: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
};

/** A compute as `az ml compute show` prints it (recorded for clusters, client source for the rest). */
export function computeEntity(resource: ComputeResource): Record<string, unknown> {
  const { properties } = resource;
  const inner = wireOf(properties['properties']) ?? {};
  const type = String(properties['computeType'] ?? '').toLowerCase();
  const [failure] = Array.isArray(properties['provisioningErrors']) ? (properties['provisioningErrors'] as Wire[]) : [];
  const own = () => {
    switch (type) {
      case 'amlcompute':
        return clusterEntity(inner);
      case 'computeinstance':
        return instanceEntity(inner, properties);
      case 'kubernetes':
        return { namespace: inner['namespace'] ?? 'default', properties: inner };
      case 'virtualmachine':
        return { ssh_settings: machineSsh(inner) };
      default:
        return {};
    }
  };
  return compact({
    name: resource.name,
    id: resource.id,
    type,
    location: resource.location ?? properties['computeLocation'],
    description: properties['description'] || undefined,
    resource_id: type === 'amlcompute' ? undefined : properties['resourceId'],
    tags: resource.tags && Object.keys(resource.tags).length ? resource.tags : undefined,
    provisioning_state: properties['provisioningState'],
    provisioning_errors: wireOf(failure?.['error'])?.['code'],
    identity: identityEntity(resource.identity),
    ...own(),
  });
}

function clusterEntity(inner: Wire): Wire {
  const scale = wireOf(inner['scaleSettings']);
  const idle = scale?.['nodeIdleTimeBeforeScaleDown'];
  const subnet = wireOf(inner['subnet']);
  const account = wireOf(inner['userAccountCredentials']);
  return {
    size: inner['vmSize'],
    tier: inner['vmPriority'] && (inner['vmPriority'] === 'LowPriority' ? 'low_priority' : 'dedicated'),
    min_instances: scale?.['minNodeCount'],
    max_instances: scale?.['maxNodeCount'],
    idle_time_before_scale_down: typeof idle === 'string' ? durationSeconds(idle) : undefined,
    ssh_public_access_enabled: inner['remoteLoginPortPublicAccess'] === 'Enabled',
    ssh_settings:
      account &&
      compact({
        admin_username: account['adminUserName'],
        admin_password: account['adminUserPassword'],
        ssh_key_value: account['adminUserSshPublicKey'],
      }),
    // There as soon as either is set, and then of a subnet alone (client source).
    network_settings:
      subnet || typeof inner['enableNodePublicIp'] === 'boolean' ? compact({ subnet: subnet?.['id'] }) : undefined,
    enable_node_public_ip: inner['enableNodePublicIp'] ?? true,
  };
}

function instanceEntity(inner: Wire, properties: ComputeResource['properties']): Wire {
  const ssh = wireOf(inner['sshSettings']);
  const owner = wireOf(wireOf(inner['personalComputeInstanceSettings'])?.['assignedUser']);
  const ends = wireOf(inner['connectivityEndpoints']);
  const subnet = wireOf(inner['subnet']);
  const idle = inner['idleTimeBeforeShutdown'];
  const minutes = typeof idle === 'string' ? /^PT(\d+)M/.exec(idle)?.[1] : undefined;
  const access = { Enabled: true, Disabled: false }[String(ssh?.['sshPublicAccess'])];
  const applications = Array.isArray(inner['applications']) ? inner['applications'] : [];
  const schedules = wireOf(inner['schedules'])?.['computeStartStop'];
  return {
    size: inner['vmSize'],
    state: inner['state'],
    created_on: typeof properties['createdOn'] === 'string' ? withMicroseconds(properties['createdOn']) : undefined,
    last_operation: snakeMembers(inner['lastOperation']),
    services: applications.length ? applications.map(snakeMembers) : undefined,
    create_on_behalf_of: owner && compact({ user_object_id: owner['objectId'], user_tenant_id: owner['tenantId'] }),
    ssh_settings:
      ssh &&
      compact({
        ssh_key_value: ssh['adminPublicKey'],
        admin_username: ssh['adminUserName'],
        ssh_port: ssh['sshPort'] === undefined ? undefined : String(ssh['sshPort']),
      }),
    ssh_public_access_enabled: access,
    network_settings:
      subnet || ends?.['publicIpAddress'] || ends?.['privateIpAddress']
        ? compact({
            subnet: subnet?.['id'],
            public_ip_address: ends?.['publicIpAddress'],
            private_ip_address: ends?.['privateIpAddress'],
          })
        : undefined,
    schedules:
      Array.isArray(schedules) && schedules.length
        ? { compute_start_stop: (schedules as Wire[]).map(startStopEntity) }
        : undefined,
    idle_time_before_shutdown: idle,
    idle_time_before_shutdown_minutes: minutes === undefined ? undefined : Number(minutes),
    setup_scripts: scriptsEntity(inner['setupScripts']),
    os_image_metadata: snakeMembers(inner['osImageMetadata']),
    enable_node_public_ip: inner['enableNodePublicIp'] ?? true,
    enable_sso: inner['enableSSO'] ?? true,
    enable_root_access: inner['enableRootAccess'] ?? true,
    release_quota_on_stop: inner['releaseQuotaOnStop'] ?? false,
    enable_os_patching: inner['enableOSPatching'] ?? false,
  };
}

function startStopEntity(schedule: Wire): Wire {
  const trigger = { triggerType: schedule['triggerType'], ...wireOf(schedule['cron'] ?? schedule['recurrence']) };
  return compact({
    action: String(schedule['action'] ?? '').toLowerCase(),
    state: String(schedule['status'] ?? '').toLowerCase(),
    schedule_id: schedule['id'],
    provisioning_state: schedule['provisioningStatus'],
    trigger: triggerEntity(trigger),
  });
}

function scriptsEntity(setup: unknown): Wire | undefined {
  const scripts = wireOf(wireOf(setup)?.['scripts']);
  if (!scripts) return undefined;
  const script = (value: unknown) => {
    const one = wireOf(value);
    const minutes = /^(\d+)m/.exec(String(one?.['timeout'] ?? ''))?.[1];
    return (
      one &&
      compact({
        path: one['scriptData'],
        command: one['scriptArguments'],
        timeout_minutes: minutes === undefined ? undefined : Number(minutes),
      })
    );
  };
  return compact({
    startup_script: script(scripts['startupScript']),
    creation_script: script(scripts['creationScript']),
  });
}

function machineSsh(inner: Wire): Wire | undefined {
  const account = wireOf(inner['administratorAccount']);
  if (!account && !inner['sshPort']) return undefined;
  return compact({
    admin_username: account?.['username'],
    admin_password: account?.['password'],
    ssh_port: inner['sshPort'],
  });
}

/** A time as the clients print a compute instance's: microseconds, the offset without a colon (recorded). */
function withMicroseconds(time: string): string {
  const [, whole = time, fraction = ''] = /^([^.Z+]+)(?:\.(\d+))?/.exec(time) ?? [];
  return `${whole}.${fraction.slice(0, 6).padEnd(6, '0')}+0000`;
}

/** The identity in YAML's words: `SystemAssigned` is `system_assigned`, user assigned ones a list with their ids. */
function identityEntity(value: unknown): Wire | undefined {
  const identity = wireOf(value);
  if (!identity) return undefined;
  const assigned = Object.entries(wireOf(identity['userAssignedIdentities']) ?? {});
  return compact({
    type: String(identity['type'] ?? '')
      .split(',')
      .map((word) => snake(word.trim()).replace(/^_/, ''))
      .join(','),
    principal_id: identity['principalId'],
    tenant_id: identity['tenantId'],
    user_assigned_identities: assigned.length
      ? assigned.map(([id, one]) =>
          compact({
            resource_id: id,
            principal_id: wireOf(one)?.['principalId'],
            client_id: wireOf(one)?.['clientId'],
          }),
        )
      : undefined,
  });
}

function snakeMembers(value: unknown): Wire | undefined {
  const wire = wireOf(value);
  return wire && compact(Object.fromEntries(Object.entries(wire).map(([key, member]) => [snake(key), member])));
}
