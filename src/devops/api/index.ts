// The registry of the REST resources: one folder and one line each.
import type { FastifyInstance } from 'fastify';
import { addAgentRoutes } from './agents/agents.ts';
import { addArtifactRoutes } from './artifacts/artifacts.ts';
import { addBuildRoutes } from './builds/builds.ts';
import { addConnectionRoutes } from './connection/connection.ts';
import type { ApiContext } from './context.ts';
import { addDefinitionRoutes } from './definitions/definitions.ts';
import { addEndpointRoutes } from './endpoints/endpoints.ts';
import { addExplanationRoutes } from './explanations/explanations.ts';
import { addLocalRunRoutes } from './local-runs/local-runs.ts';
import { addPipelineRoutes } from './pipelines/pipelines.ts';
import { addPlanRoutes } from './plans/plans.ts';
import { addProjectRoutes } from './projects/projects.ts';
import { addQueueRoutes } from './queues/queues.ts';
import { addTimelineRoutes } from './timelines/timelines.ts';
import { addYamlSchemaRoutes } from './yaml-schema/yaml-schema.ts';

export type { ApiContext } from './context.ts';

const RESOURCES: readonly ((service: FastifyInstance, context: ApiContext) => void)[] = [
  addConnectionRoutes,
  addProjectRoutes,
  addEndpointRoutes,
  addDefinitionRoutes,
  addPipelineRoutes,
  addLocalRunRoutes,
  addExplanationRoutes,
  addBuildRoutes,
  addTimelineRoutes,
  addArtifactRoutes,
  addQueueRoutes,
  addAgentRoutes,
  addPlanRoutes,
  addYamlSchemaRoutes,
];

/** Adds every route of the DevOps API to a service. */
export function addApi(service: FastifyInstance, context: ApiContext): void {
  for (const add of RESOURCES) add(service, context);
}
