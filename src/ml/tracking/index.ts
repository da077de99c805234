// The public face of tracking: the MLflow API of a workspace, and what the job engine tells it.
import type { FastifyInstance } from 'fastify';
import type { Tracking } from '../types.ts';
import type { TrackingDeps } from './call.ts';
import { createEngineTracking } from './engine.ts';
import { registerTracking } from './routes.ts';

export { artifactBlob } from './artifact-uri.ts';
export { artifactFile, listRunArtifacts } from './artifacts.ts';
export { type TrackingDeps, WORKSPACE_PATH, workspaceOf } from './call.ts';
export { mlflowStatus } from './engine.ts';
export { type MlflowRun, mlflowEnvironment } from './job-environment.ts';
export { type TrackingTables, trackingMigrations } from './tables.ts';
export { toMlflowError } from './wire.ts';

/**
 * Makes the tracking service: `tracking` for the job engine, `register` for the service of the data-plane host, whose errors below
 * `/mlflow` have the shape that `toMlflowError` gives.
 */
export function createTracking(deps: TrackingDeps): { tracking: Tracking; register(service: FastifyInstance): void } {
  return { tracking: createEngineTracking(deps), register: (service) => registerTracking(service, deps) };
}
