import { PROVIDER, wireTime } from '../../arm/context.ts';
import type { ClusterCounts } from '../../compute/cluster.ts';
import type { ComputeRecord } from '../../compute/computes.ts';
import { computeKindOf } from '../../compute/kinds.ts';
import { workspaceResourceId } from '../../places.ts';
import type { Workspace } from '../../types.ts';
import { textField } from '../../wire-fields.ts';

/** A compute as ARM shows it (recorded for clusters, the public specification for the others). */
export function computeWire(workspace: Workspace, compute: ComputeRecord, counts: ClusterCounts) {
  const kind = computeKindOf(compute.computeType);
  return {
    id: `${workspaceResourceId(workspace)}/computes/${compute.name}`,
    name: compute.name,
    type: `${PROVIDER}/workspaces/computes`,
    location: compute.location ?? workspace.location,
    tags: compute.tags,
    ...(compute.identity === undefined ? {} : { identity: compute.identity }),
    properties: {
      computeType: kind.computeType,
      description: compute.description ?? null,
      computeLocation: compute.location ?? workspace.location,
      createdOn: wireTime(compute.createdAt),
      modifiedOn: wireTime(compute.modifiedAt),
      provisioningState: 'Succeeded',
      provisioningErrors: null,
      isAttachedCompute: kind.attached,
      resourceId: compute.resourceId ?? null,
      disableLocalAuth: compute.disableLocalAuth ?? false,
      properties: innerOf(compute, counts),
    },
  };
}

function innerOf(compute: ComputeRecord, counts: ClusterCounts): Record<string, unknown> {
  const vmSize = (textField(compute.settings, 'vmSize') ?? 'STANDARD_DS3_V2').toUpperCase();
  if (compute.computeType === 'AmlCompute')
    return {
      // What a cluster is that nobody described (the public specification's defaults): clients print its tier.
      osType: 'Linux',
      vmPriority: 'Dedicated',
      ...compute.settings,
      vmSize,
      currentNodeCount: counts.current,
      targetNodeCount: counts.target,
      nodeStateCounts: {
        idleNodeCount: counts.idle,
        runningNodeCount: counts.running,
        preparingNodeCount: 0,
        unusableNodeCount: 0,
        leavingNodeCount: 0,
        preemptedNodeCount: 0,
      },
      allocationState: counts.current === counts.target ? 'Steady' : 'Resizing',
      allocationStateTransitionTime: wireTime(compute.modifiedAt),
      errors: null,
    };
  if (compute.computeType !== 'ComputeInstance') return { ...compute.settings };
  const last = compute.lastOperation ?? { name: 'Create' as const, time: compute.createdAt };
  return {
    applicationSharingPolicy: 'Shared',
    sshSettings: null,
    ...compute.settings,
    vmSize,
    state: instanceState(compute, counts),
    errors: [],
    applications: [],
    connectivityEndpoints: { publicIpAddress: null, privateIpAddress: '127.0.0.1' },
    lastOperation: {
      operationName: last.name,
      operationTime: wireTime(last.time),
      operationStatus: 'Succeeded',
      operationTrigger: 'User',
    },
  };
}

/** A job that runs when its instance is stopped comes to its end there: the instance is stopping until then. */
function instanceState(compute: ComputeRecord, counts: ClusterCounts): string {
  if (compute.stopped) return counts.running > 0 ? 'Stopping' : 'Stopped';
  return counts.running > 0 ? 'JobRunning' : 'Running';
}
