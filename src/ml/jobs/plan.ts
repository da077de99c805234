import type { AssetType, JobStatus, RunError, RunValue } from '../types.ts';
import type { Json } from '../wire-fields.ts';

export type InputMode = 'ReadOnlyMount' | 'ReadWriteMount' | 'Download' | 'Direct' | 'EvalMount' | 'EvalDownload';

/** An output of a run, or an input of one: what a value that is known only later is taken from. */
export type ValueReference =
  | { readonly runId: string; readonly output: string }
  | { readonly runId: string; readonly input: string };

export type PlannedInput = {
  /** As far as it is known when the job is accepted; where `from` is set, what it will be if nothing changes. */
  readonly value: RunValue;
  readonly mode: InputMode;
  /** What the value is put together from when the run starts: texts and references. A single reference hands its value on as it is. */
  readonly from?: readonly (string | ValueReference)[];
  /** With `from`: the value when the reference has none. Without one, an input that is `optional` is left out. */
  readonly fallback?: RunValue;
  readonly optional?: boolean;
};

export type PrimitiveType = 'string' | 'number' | 'integer' | 'boolean';

export type PlannedOutput = {
  readonly type: AssetType;
  /** Where the data goes, known before anything runs: the long datastore form. */
  readonly uri: string;
  readonly mode: 'ReadWriteMount' | 'Upload' | 'Direct';
  /** The asset that is made of the output when the run completes; without a version, the next one. */
  readonly assetName?: string;
  readonly assetVersion?: string;
  /** The job names the place: it is not the run's own. */
  readonly given?: true;
  /** An output that is a value: the command writes its text to the file at `uri`. */
  readonly primitive?: PrimitiveType;
  /** Pipelines: the outputs of nodes that are this output; the first that was made counts. */
  readonly sources?: readonly { readonly runId: string; readonly output: string }[];
};

/**
 * A run that must have completed first. With `optionalInput`, its failure only takes that input away. With `branch`, it is a condition that
 * must have chosen so; with `whatever`, any end of it will do.
 */
export type Need = {
  readonly runId: string;
  readonly optionalInput?: string;
  readonly branch?: boolean;
  readonly whatever?: true;
};

export type Distribution =
  | { readonly kind: 'pytorch' | 'mpi'; readonly processesPerNode: number }
  | { readonly kind: 'tensorflow'; readonly workers: number; readonly parameterServers: number }
  | {
      readonly kind: 'ray';
      /** `host:port` of the head of a cluster that is there already: the job's nodes join it, and none begins a head. */
      readonly address?: string;
      /** The launch's own when the job says none. */
      readonly port?: number;
      readonly dashboard: boolean;
      readonly dashboardPort?: number;
      readonly headArguments: string;
      readonly workerArguments: string;
    };

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
  /** Shared memory of its containers (`2g`). */
  readonly shmSize?: string;
  /** More for `docker run`: a text, or a list of arguments. */
  readonly dockerArguments?: string | readonly string[];
  /** Its place in the queue for nodes: `priorityOf` its queue settings. */
  readonly priority?: number;
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
  readonly work: Work;
  /** The node that comes after all others of its pipeline, however they and the pipeline end. */
  readonly atEnd?: true;
  /** A node whose result may be that of an equal one: the hash of its definition, without what it reads. */
  readonly reuse?: string;
};

export type Work =
  | ({ readonly kind: 'command' } & CommandWork)
  | ({ readonly kind: 'led' } & LedWork)
  | { readonly kind: 'pipeline'; readonly continueOnStepFailure: boolean }
  /** Chooses which of two groups of its siblings run; they need it with `branch`. */
  | { readonly kind: 'if_else'; readonly condition: PlannedInput }
  | {
      readonly kind: 'do_while';
      /** The body and what lies below it, as a template: every iteration is a copy with ids of its own. */
      readonly body: readonly [RunPlan, ...RunPlan[]];
      /** The output of the body that tells whether to go on; without one the loop runs to its limit. */
      readonly condition?: string;
      /** Inputs of the body that take an output of the iteration before, by input. */
      readonly mapping: Readonly<Record<string, string>>;
      readonly maxIterations: number;
    }
  | {
      readonly kind: 'parallel_for';
      readonly body: readonly [RunPlan, ...RunPlan[]];
      /** A set of inputs for each iteration, or where the JSON text of them comes from. */
      readonly items: readonly ItemInputs[] | PlannedInput;
      readonly maxConcurrency?: number;
      readonly continueOnStepFailure: boolean;
    };

/** The inputs that one iteration of a parallel_for sets, by name. */
export type ItemInputs = Readonly<Record<string, PlannedInput>>;

/** What changes of a run. Times are ISO-8601. */
export type RunState = {
  readonly status: JobStatus;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly error?: RunError;
  readonly warnings?: readonly string[];
  /** What became known of the run since it was planned, shown among its properties. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Outputs as they came to be where that was not known before: values, what a reused run made, a loop's last iteration. */
  readonly outputs?: Readonly<Record<string, RunValue>>;
  /** Inputs as they were when the run started, where they are not what the plan expected; null for one without a value. */
  readonly inputs?: Readonly<Record<string, RunValue | null>>;
  /** What a condition chose. */
  readonly chosen?: boolean;
  /** Canceled because a condition chose the other branch: neither a failure nor somebody's will. */
  readonly skipped?: true;
  /** The run whose result this one took over instead of executing. */
  readonly reused?: ReusedRun;
  /** How often the run was put back into the queue because its machine was taken away. */
  readonly requeued?: number;
};

/** An earlier equal run: its id, that of its job, and the node in it. */
export type ReusedRun = { readonly runId: string; readonly job: string; readonly nodeId: string };

/** The runs of one job, parents before children. The first is the job's own. */
export type JobPlan = { readonly runs: readonly [RunPlan, ...RunPlan[]] };
