import type { FastifyInstance } from 'fastify';
import { type ArmContext, page, WORKSPACE, workspaceOf } from '../../arm/context.ts';

/** What a user of a workspace finds in it. */
const FEATURES = [
  { id: 'Jobs', displayName: 'Jobs', description: 'Command and pipeline jobs on clusters of this machine.' },
  { id: 'Assets', displayName: 'Assets', description: 'Versioned data, models, environments, components and code.' },
  { id: 'Tracking', displayName: 'Tracking', description: 'Experiments, runs and metrics by the MLflow protocol.' },
];

/** The features of a workspace: the same for each. */
export function addWorkspaceFeatureRoutes(service: FastifyInstance, context: ArmContext): void {
  service.get(`${WORKSPACE}/features`, async (request) => {
    await workspaceOf(context, request);
    return page(request, FEATURES);
  });
}
