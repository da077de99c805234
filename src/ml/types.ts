/** What the parts of the machine learning service say to each other. No behaviour lives here. */
import type { LaunchProcess } from '../drivers/driver.ts';
import type { ReadOnlyMount } from './data/read-only-mount.ts';
import type { GitContext } from './git-context.ts';

/** A workspace as every part needs it. Resource ids compare without regard to case in the provider's segments. */
export type Workspace = {
  /** The workspace's own GUID (`properties.workspaceId`). */
  readonly id: string;
  /** As the client named it: rows are keyed by it. */
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  /** `eastus`: the region whose data-plane host answers for it. */
  readonly location: string;
  /** Name of its storage account: `<account>.blob.core.windows.net`. */
  readonly storageAccount: string;
  /** ISO-8601. */
  readonly createdAt: string;
};

/** Where a workspace is, as a request's path names it. Found without regard to case. */
export type WorkspaceScope = {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
};

export type WorkspaceReader = {
  find(scope: WorkspaceScope): Promise<Workspace | undefined>;
  byId(workspaceId: string): Promise<Workspace | undefined>;
  /** The oldest workspace: what a plain tracking address on loopback means. */
  first(): Promise<Workspace | undefined>;
};

export type JobStatus =
  | 'NotStarted'
  | 'Starting'
  | 'Provisioning'
  | 'Preparing'
  | 'Queued'
  | 'Running'
  | 'Finalizing'
  | 'CancelRequested'
  | 'Completed'
  | 'Failed'
  | 'Canceled'
  | 'NotResponding';

/** Why a run failed: `UserError` when the user's own code or definition did, `SystemError` when the service did. */
export type RunError = {
  readonly code: 'UserError' | 'SystemError';
  /** Names the exit code and the script's last lines. */
  readonly message: string;
};

/** Kinds of versioned assets, as paths name them. */
export type AssetKind = 'codes' | 'components' | 'data' | 'environments' | 'indexes' | 'models';
/** What the tables of assets hold: MLflow's prompts too, which the workspace's own API has no resource for. */
export type StoredKind = AssetKind | 'prompts';

export type AssetType = 'uri_file' | 'uri_folder' | 'mltable' | 'custom_model' | 'mlflow_model' | 'triton_model';

/** An input or output of a run once it is known: a literal's text, or where the data lies. */
export type RunValue =
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'asset'; readonly type: AssetType; readonly uri: string; readonly assetId?: string };

/** A run as others read it: a submitted job, or a node of a pipeline. Times are ISO-8601. */
export type RunView = {
  readonly workspace: Workspace;
  /** The job's name; a GUID for a node of a pipeline. */
  readonly runId: string;
  /** `command`, `pipeline`, or the job type (`Sweep`) of a run that its type leads. */
  readonly kind: string;
  readonly parentRunId?: string;
  readonly rootRunId: string;
  /** The key of a node in its pipeline (`train_job`). */
  readonly nodeKey?: string;
  /** The component's name for a node (`azureml_anonymous` when inline), else the job's name. */
  readonly name: string;
  readonly displayName: string;
  readonly description?: string;
  readonly experimentName: string;
  /** GUID; empty until tracking has made the experiment. */
  readonly experimentId: string;
  readonly status: JobStatus;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly computeName?: string;
  readonly error?: RunError;
  readonly warnings: readonly string[];
  /** Put away: lists leave it out unless asked for it. */
  readonly hidden?: boolean;
  readonly inputs: Readonly<Record<string, RunValue>>;
  /** Outputs that are known by now; each has an `assetId` of the form `azureml://locations/…/data/azureml_{run}_output_data_{o}/versions/1`. */
  readonly outputs: Readonly<Record<string, RunValue>>;
};

/** A log file of a run: `user_logs/std_log.txt` and where it lies on disk (it may still grow). */
export type RunLogFile = { readonly path: string; readonly file: string };

/** What the data plane reads of jobs. */
export type JobReader = {
  run(workspace: Workspace, runId: string): Promise<RunView | undefined>;
  /** Direct children, in the order in which they were defined. */
  children(workspace: Workspace, runId: string): Promise<readonly RunView[]>;
  logFiles(workspace: Workspace, runId: string): Promise<readonly RunLogFile[]>;
  /**
   * Where the data behind an asset id lies: an output's own id (`azureml://locations/…`), a data or model version's ARM id,
   * or `azureml://jobs/{j}/outputs/{o}`. The answer's uri has the long datastore form.
   */
  resolveAsset(workspace: Workspace, assetId: string): Promise<{ uri: string; type: AssetType } | undefined>;
};

/** What the environment of a run asks for: exactly one of `curated`, `image` and `build` is set; a conda file may come with an image. */
export type EnvironmentRequest = {
  readonly name: string;
  readonly version: string;
  readonly image?: string;
  /** YAML text (or JSON, which is YAML). */
  readonly condaFile?: string;
  /** Bare name of a curated environment: `sklearn-1.5`. */
  readonly curated?: string;
  /** A build context, on disk or in a git repository, and its Dockerfile's path in it. */
  readonly build?: ({ readonly folder: string } | { readonly git: GitContext }) & { readonly dockerfile: string };
};

/** Where a process of a run stands, for a container to have the same paths. */
export type ContainerPlace = {
  /** The launch. */
  readonly user: string;
  readonly index: number;
  /** Absolute folders that the process reads and writes. */
  readonly folders: readonly string[];
  /** What it reads at other paths than its own. */
  readonly mounts: readonly ReadOnlyMount[];
  readonly home: string;
  /** Shared memory, as Docker writes it: `2g`. */
  readonly shmSize: string;
  /** The variables that the job itself sets: they go in whatever their names. */
  readonly variables: Readonly<Record<string, string>>;
  /** `resources.docker_args`, as the client sent them. */
  readonly dockerArguments?: string | readonly string[];
};

export type BuiltEnvironment = {
  /** Absolute folder of an environment that was built for its content. */
  readonly root?: string;
  /** Absolute folder to put first on PATH; none where the processes run in a container. */
  readonly binFolder?: string;
  /** Puts a process into a container. */
  readonly inside?: (process: LaunchProcess, place: ContainerPlace) => LaunchProcess;
  readonly env: Readonly<Record<string, string>>;
  /** One line each, shown in the run's log and as the run's warnings. */
  readonly warnings: readonly string[];
};

export type EnvironmentBuilder = {
  /**
   * Builds or finds. Each line of the build goes to `log`.
   * @param user the launch that it is for: the environment is kept at least until `release`, also if the server dies in between
   * @throws DomainError that ends the run as a user error
   */
  ensure(
    request: EnvironmentRequest,
    log: (line: string) => void,
    signal: AbortSignal,
    user: string,
  ): Promise<BuiltEnvironment>;
  /** The launch has ended: what it held may be dropped, and no container of it is left. */
  release(user: string): Promise<void>;
};

/** A run that tracking must know before its processes start. */
export type TrackedRun = {
  readonly workspace: Workspace;
  readonly runId: string;
  readonly experimentName: string;
  readonly displayName: string;
  readonly parentRunId?: string;
  readonly rootRunId: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ISO-8601. */
  readonly createdAt: string;
};

export type TrackedStatus = {
  readonly workspaceId: string;
  readonly runId: string;
  readonly status: JobStatus;
  readonly startedAt?: string;
  readonly endedAt?: string;
};

export type Tracking = {
  /**
   * Makes the runs (all of one pipeline in one transaction) that aren't there yet, in their experiment.
   * @returns the experiment's GUID; the runs of one call share one experiment
   */
  ensureRuns(runs: readonly TrackedRun[]): Promise<{ experimentId: string }>;
  /** The engine's word on the status, authoritative over what clients wrote. Called with batches, after the fact. */
  setStatuses(changes: readonly TrackedStatus[]): Promise<void>;
};

/** The storage accounts of workspaces, as the blob service keeps them. */
export type BlobAccess = {
  /** The query string (no `?`) that allows `permissions` (letters in Azure's order, `racwdl`) on a container until `expiry`. */
  signContainerSas(request: {
    account: string;
    container: string;
    permissions: string;
    expiry: Date;
  }): string | Promise<string>;
  /** Base64. */
  accountKey(account: string): string | Promise<string>;
  /** Whether a public host name is an account that is kept here. */
  hosts(host: string): boolean;
  /** Absolute path of a blob on disk; that of a folder for a name prefix. Files written there are blobs. */
  pathOf(account: string, container: string, blob: string): string;
};
