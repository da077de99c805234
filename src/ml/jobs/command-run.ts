import type { Driver } from '../../drivers/driver.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Clusters, ScaleSettings } from '../compute/cluster.ts';
import type { BlobAccess, EnvironmentBuilder, RunError, RunValue, Workspace } from '../types.ts';
import type { AssetVersions } from '../versions.ts';
import type { DataReferences } from './data-reference.ts';
import type { CommandWork, RunPlan } from './plan.ts';

/** What a run's processes get of the outside: the gateway's variables, mlflow's, PATH. */
export type JobEnvironment = (run: {
  workspace: Workspace;
  runId: string;
  experimentId: string;
  experimentName: string;
  token: string;
}) => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;

export type ExecuteDeps = {
  /** Absolute folder of the runs' own folders. */
  readonly runsFolder: string;
  readonly blobs: BlobAccess;
  readonly versions: AssetVersions;
  readonly data: DataReferences;
  readonly environments: EnvironmentBuilder;
  readonly clusters: Clusters;
  readonly scaleOf: (workspace: Workspace, compute: string) => Promise<ScaleSettings>;
  readonly driver: Driver;
  readonly runToken: (claims: { workspaceId: string; runId: string; expires: Date }) => Promise<string>;
  readonly jobEnvironment: JobEnvironment;
  /** Samples the machine for a run that is on it, until the answer is called. */
  readonly watchMachine: (workspaceId: string, runId: string) => () => void;
  readonly clock: Clock;
  readonly log: Log;
};

export type CommandRun = {
  readonly workspace: Workspace;
  readonly plan: RunPlan & { readonly work: { readonly kind: 'command' } & CommandWork };
  readonly rootRunId: string;
  /** Known once tracking has the run. */
  readonly experimentId: () => Promise<string>;
  /** Aborted when the run is cancelled. */
  readonly cancelled: AbortSignal;
  /** Aborted when the server stops: the processes go on. */
  readonly leave: AbortSignal;
  readonly phase: (status: 'Preparing' | 'Queued' | 'Running' | 'Finalizing') => void;
  readonly warn: (warnings: readonly string[]) => void;
};

export type Outcome = {
  /** `Requeued`: the machine was taken away; the run is to be executed anew, under another launch id. */
  readonly status: 'Completed' | 'Failed' | 'Canceled' | 'Requeued';
  readonly error?: RunError;
  /** Values that the command wrote for its primitive outputs. */
  readonly outputs?: Readonly<Record<string, RunValue>>;
};
