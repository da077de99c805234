// The public face of tracking: the MLflow API of a workspace, and what the job engine tells it.
import type { FastifyInstance } from 'fastify';
import type { Tracking } from '../types.ts';
import type { TrackingDeps } from './call.ts';
import { createEngineTracking } from './engine.ts';
import { createLoggedMetrics, type LoggedMetrics } from './metric-points.ts';
import { metricValues } from './metric-values.ts';
import { type MetricPoint, recordMetrics } from './record-metrics.ts';
import { registerTracking } from './routes.ts';
import { createRunRecords, type RunRecords } from './run-records.ts';

export { type TrackingDeps, WORKSPACE_PATH, workspaceOf } from './call.ts';
export { mlflowStatus } from './engine.ts';
export { type MlflowRun, mlflowEnvironment } from './job-environment.ts';
export type { LoggedPoint } from './metric-points.ts';
export { MODEL_ORIGIN } from './model-source.ts';
export type { MetricPoint } from './record-metrics.ts';
export { removeWorkspaceRows } from './remove-workspace-rows.ts';
export {
  addedProperties,
  type ExperimentRecord,
  hiddenTag,
  isHidden,
  noteOf,
  noteTag,
  ownTags,
  propertyTags,
  type RunRecord,
  type RunRecords,
} from './run-records.ts';
export { type TrackingTables, trackingMigrations } from './tables.ts';
export { toMlflowError } from './wire.ts';

export type TrackingService = {
  /** For the job engine. */
  readonly tracking: Tracking;
  /** For the other APIs that show runs. */
  readonly records: RunRecords;
  readonly logged: LoggedMetrics;
  /** Puts the MLflow API into a service. */
  register(service: FastifyInstance): void;
  /** Adds points that came by another way than MLflow's. @throws not-found when there is no such run */
  recordMetrics(workspaceId: string, runId: string, points: readonly MetricPoint[]): Promise<void>;
  /** Every value of one metric of a run, in the order of steps. */
  metricValues(workspaceId: string, runId: string, name: string): Promise<readonly number[]>;
};

/**
 * Makes the tracking service: `tracking` for the job engine, `register` for the service of the data-plane host, whose errors below
 * `/mlflow` have the shape that `toMlflowError` gives.
 */
export function createTracking(deps: TrackingDeps): TrackingService {
  return {
    tracking: createEngineTracking(deps),
    records: createRunRecords(deps),
    logged: createLoggedMetrics(deps),
    register: (service) => registerTracking(service, deps),
    recordMetrics: (workspaceId, runId, points) => recordMetrics(deps, workspaceId, runId, points),
    metricValues: (workspaceId, runId, name) => metricValues(deps, workspaceId, runId, name),
  };
}
