import { compact } from '../entity.ts';
import { durationSeconds } from '../job/duration.ts';

export type ComputeResource = {
  readonly id: string;
  readonly name: string;
  readonly location?: string;
  readonly tags?: Record<string, string> | null;
  readonly properties: Readonly<Record<string, unknown>>;
};

type Inner = {
  vmSize?: string;
  vmPriority?: string;
  scaleSettings?: { minNodeCount?: number; maxNodeCount?: number; nodeIdleTimeBeforeScaleDown?: string };
  remoteLoginPortPublicAccess?: string;
  enableNodePublicIp?: boolean;
  subnet?: { id?: string } | null;
  state?: string;
};

/** A compute as `az ml compute show` prints it (recorded). */
export function computeEntity(resource: ComputeResource): Record<string, unknown> {
  const { properties } = resource;
  const inner = (properties['properties'] ?? {}) as Inner;
  const scale = inner.scaleSettings;
  const cluster = properties['computeType'] === 'AmlCompute';
  return compact({
    name: resource.name,
    id: resource.id,
    type: String(properties['computeType'] ?? '').toLowerCase(),
    location: resource.location ?? properties['computeLocation'],
    description: properties['description'] || undefined,
    tags: resource.tags && Object.keys(resource.tags).length ? resource.tags : undefined,
    provisioning_state: properties['provisioningState'],
    state: inner.state,
    size: inner.vmSize,
    tier:
      inner.vmPriority === undefined ? undefined : inner.vmPriority === 'LowPriority' ? 'low_priority' : 'dedicated',
    min_instances: scale?.minNodeCount,
    max_instances: scale?.maxNodeCount,
    idle_time_before_scale_down:
      scale?.nodeIdleTimeBeforeScaleDown === undefined ? undefined : durationSeconds(scale.nodeIdleTimeBeforeScaleDown),
    ssh_public_access_enabled: cluster ? inner.remoteLoginPortPublicAccess === 'Enabled' : undefined,
    // There as soon as either is set, and then of a subnet alone (client source).
    network_settings:
      cluster && (inner.subnet || typeof inner.enableNodePublicIp === 'boolean')
        ? compact({ subnet: inner.subnet?.id })
        : undefined,
    enable_node_public_ip: cluster ? (inner.enableNodePublicIp ?? true) : undefined,
  });
}
