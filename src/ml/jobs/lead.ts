import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { BlobAccess, Workspace } from '../types.ts';
import type { Outcome } from './command-run.ts';
import type { DataReferences } from './data-reference.ts';
import type { StoredRun } from './job-rows.ts';
import type { LedWork, RunPlan } from './plan.ts';

/** What leaders need of the rest. */
export type LeadDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly data: DataReferences;
  readonly blobs: BlobAccess;
  readonly metrics: MetricReader;
};

export type MetricReader = {
  /** Every value that a run logged under the name, in the order of their steps. */
  values(workspaceId: string, runId: string, name: string): Promise<readonly number[]>;
  /** Calls `listener` when the run logs something; the answer ends it. */
  watch(workspaceId: string, runId: string, listener: () => void): () => void;
};

export type LedOutcome = Outcome & {
  /** Shown among the run's properties from now on. */
  readonly properties?: Readonly<Record<string, string>>;
};

/** A led run while it is under way, as its leader sees it. */
export type Led = {
  readonly workspace: Workspace;
  readonly plan: RunPlan & { readonly work: { readonly kind: 'led' } & LedWork };
  /** ISO-8601: when it began to run, before any restart. */
  readonly startedAt: string;
  /** Aborted when the run is cancelled: what is below it is asked to end by the engine, and the leader waits for that. */
  readonly cancelled: AbortSignal;
  /** Aborted when the server stops. */
  readonly leave: AbortSignal;
  /** The runs below it as they are now, in the order in which they were added. */
  children(): readonly StoredRun[];
  /** Calls `listener` when one of them has changed; the answer ends it. */
  watch(listener: () => void): () => void;
  /** Commits runs below it and starts them. One whose id is there already is left as it is. */
  add(plans: readonly RunPlan[]): Promise<void>;
  /** Asks a run below it to end. */
  cancel(runId: string): void;
  /** Makes properties of the run known before its end. */
  tell(properties: Readonly<Record<string, string>>): void;
};
