import type { Workspace } from '../types.ts';
import type { AssetVersions } from '../versions.ts';
import type { Json } from '../wire-fields.ts';
import type { DataReferences } from './data-reference.ts';
import type { LeadDeps, Led, LedOutcome } from './lead.ts';
import type { JobPlan, PlannedInput, PlannedOutput, RunPlan } from './plan.ts';

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
  /** Every job type, for those whose jobs have nodes of other types. */
  readonly jobTypes: readonly JobType[];
};

/** A node of a pipeline, its inputs and outputs planned. */
export type NodeRequest = {
  readonly workspace: Workspace;
  readonly key: string;
  /** The node as the client sent it. */
  readonly node: Json;
  /** Its component's spec, or the node again. */
  readonly spec: Json;
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
  /** Name of the node's compute as `PlanDeps.compute` gave it. */
  readonly compute: string;
};

/** What a type says of its node: the work, and properties that clients look for. */
export type NodeWork = Pick<RunPlan, 'work' | 'properties'> & {
  /** The node's inputs where they are to be other than the node said. */
  readonly inputs?: RunPlan['inputs'];
};

/** A kind of job, found by the `jobType` of its body. */
export type JobType = {
  readonly jobType: string;
  /** Turns a job's body into runs. @throws invalid and not-found for a body that cannot run */
  plan(deps: PlanDeps, request: PlanRequest): Promise<JobPlan>;
  /** `type` of a pipeline's node of this kind, where it isn't the job type in lower case. */
  readonly nodeType?: string;
  /** Its jobs and nodes are kept as they were sent, and fail at once: nothing of them is run. */
  readonly storedOnly?: true;
  /** The work of a pipeline's node of this type; without it, there are no such nodes. @throws invalid for a node that cannot run */
  planNode?(deps: PlanDeps, request: NodeRequest): Promise<NodeWork>;
  /**
   * Leads a run whose work is `led` to its end. Called again after a restart of the server, with what was added below it so far.
   * @returns undefined when `run.leave` was aborted
   */
  lead?(deps: LeadDeps, run: Led): Promise<LedOutcome | undefined>;
};

/** The job type of a pipeline's nodes with this `type`, where there can be such nodes. */
export function nodeJobType(jobTypes: readonly JobType[], type: string): JobType | undefined {
  return jobTypes.find(
    (one) => one.planNode && (one.nodeType ?? one.jobType.toLowerCase()) === type.replaceAll('-', '_').toLowerCase(),
  );
}
