// The registry of the ARM resources: one folder and one line each.
import type { FastifyInstance } from 'fastify';
import type { ArmContext } from '../arm/context.ts';
import { addAssetRoutes } from './assets/assets.ts';
import { addAssociatedResourceRoutes } from './associated-resources/associated-resources.ts';
import { addComputeRoutes } from './computes/computes.ts';
import { addDatastoreRoutes } from './datastores/datastores.ts';
import { addDeploymentRoutes } from './deployments/deployments.ts';
import { addJobRoutes } from './jobs/jobs.ts';
import { addManagedNetworkRoutes } from './managed-network/managed-network.ts';
import { addPrivateEndpointRoutes } from './private-endpoints/private-endpoints.ts';
import { addProviderOperationRoutes } from './provider-operations/provider-operations.ts';
import { addQuotaRoutes } from './quotas/quotas.ts';
import { addRegistryRoutes } from './registries/registries.ts';
import { addResourceGroupRoutes } from './resource-groups/resource-groups.ts';
import { addRoleAssignmentRoutes } from './role-assignments/role-assignments.ts';
import { addScheduleRoutes } from './schedules/schedules.ts';
import { addSubscriptionRoutes } from './subscriptions/subscriptions.ts';
import { addWorkspaceConnectionRoutes } from './workspace-connections/workspace-connections.ts';
import { addWorkspaceFeatureRoutes } from './workspace-features/workspace-features.ts';
import { addWorkspaceRoutes } from './workspaces/workspaces.ts';

const RESOURCES: readonly ((service: FastifyInstance, context: ArmContext) => void)[] = [
  addSubscriptionRoutes,
  addResourceGroupRoutes,
  addAssociatedResourceRoutes,
  addDeploymentRoutes,
  addRoleAssignmentRoutes,
  addWorkspaceRoutes,
  addManagedNetworkRoutes,
  addPrivateEndpointRoutes,
  addProviderOperationRoutes,
  addQuotaRoutes,
  addWorkspaceConnectionRoutes,
  addWorkspaceFeatureRoutes,
  addComputeRoutes,
  addDatastoreRoutes,
  addRegistryRoutes,
  addAssetRoutes,
  addJobRoutes,
  addScheduleRoutes,
];

/** Adds every ARM route to a service. */
export function addArmRoutes(service: FastifyInstance, context: ArmContext): void {
  for (const add of RESOURCES) add(service, context);
}
