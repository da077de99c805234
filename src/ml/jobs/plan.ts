import type { AssetType, JobStatus, RunError, RunValue } from '../types.ts';
import type { Json } from '../wire-fields.ts';

export type InputMode = 'ReadOnlyMount' | 'ReadWriteMount' | 'Download' | 'Direct' | 'EvalMount' | 'EvalDownload';

export type PlannedInput = { readonly value: RunValue; readonly mode: InputMode };

export type PlannedOutput = {
  readonly type: AssetType;
  /** Where the data goes, known before anything runs: the long datastore form. */
  readonly uri: string;
  readonly mode: 'ReadWriteMount' | 'Upload' | 'Direct';
  /** The asset that is made of the output when the run completes; without a version, the next one. */
  readonly assetName?: string;
  readonly assetVersion?: string;
};

/** A run that must have completed first. With `optionalInput`, its failure only takes that input away. */
export type Need = { readonly runId: string; readonly optionalInput?: string };

export type Distribution =
  | { readonly kind: 'pytorch' | 'mpi'; readonly processesPerNode: number }
  | { readonly kind: 'tensorflow'; readonly workers: number; readonly parameterServers: number };

/** What a command run executes. */
export type CommandWork = {
  readonly command: string;
  readonly codeId?: string;
  /** A reference as the client sent it. */
  readonly environment: string;
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** A cluster's name, or `serverless`. */
  readonly compute: string;
  readonly nodes: number;
  readonly distribution?: Distribution;
  readonly timeoutSeconds?: number;
};

/** A run that its job type leads while it is under way (`JobType.lead`): runs of its own are added below it, or it says why it cannot. */
export type LedWork = {
  /** The `jobType` whose `lead` is called. */
  readonly jobType: string;
  readonly compute?: string;
  /** What `lead` needs of the body; plain JSON, read by the type alone. */
  readonly settings: Json;
  /** What of the body is shown of a node that is read as a job. */
  readonly shown: Json;
};

/**
 * A run as it was decided on when the job was accepted; never changes. Everything that names something outside (run ids, the launch id,
 * output places) is chosen here and committed, so that doing it twice does it once.
 */
export type RunPlan = {
  readonly runId: string;
  /** Id of the launch, unique for ever. */
  readonly launchId: string;
  readonly parent?: string;
  readonly nodeKey?: string;
  readonly name: string;
  readonly displayName: string;
  readonly description?: string;
  readonly experimentName: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
  readonly needs: readonly Need[];
  readonly work:
    | ({ readonly kind: 'command' } & CommandWork)
    | { readonly kind: 'pipeline'; readonly continueOnStepFailure: boolean }
    | ({ readonly kind: 'led' } & LedWork);
};

/** What changes of a run. Times are ISO-8601. */
export type RunState = {
  readonly status: JobStatus;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly error?: RunError;
  readonly warnings?: readonly string[];
  /** What became known of the run since it was planned, shown among its properties. */
  readonly properties?: Readonly<Record<string, string>>;
};

/** The runs of one job, parents before children. The first is the job's own. */
export type JobPlan = { readonly runs: readonly [RunPlan, ...RunPlan[]] };
