import type { Workspace } from '../types.ts';
import type { AssetVersions } from '../versions.ts';
import type { Json } from '../wire-fields.ts';
import type { DataReferences } from './data-reference.ts';
import type { JobPlan } from './plan.ts';

export type PlanRequest = {
  readonly workspace: Workspace;
  readonly name: string;
  /** `properties` of the job as the client sent them. */
  readonly properties: Json;
  /** `2024-01-01-preview`. */
  readonly apiVersion: string;
  /** ISO-8601. */
  readonly now: string;
};

export type PlanDeps = {
  readonly versions: AssetVersions;
  readonly data: DataReferences;
  /** The name of the default datastore. */
  readonly defaultDatastore: (workspace: Workspace) => Promise<string>;
  /**
   * @returns the name of a compute of the job's workspace as it is written there; makes it in local mode
   * @throws what the service says of a missing one
   */
  readonly compute: (name: string) => Promise<string>;
};

/** A kind of job, found by the `jobType` of its body. */
export type JobType = {
  readonly jobType: string;
  /** Turns a job's body into runs. @throws invalid and not-found for a body that cannot run */
  plan(deps: PlanDeps, request: PlanRequest): Promise<JobPlan>;
};
