import type { RepositoryDeclaration } from '../2-expand/repositories.ts';
import type { Position } from '../position.ts';

/** A pipeline ready to run: what the run engine stores and advances. Plain JSON data, the same for the same input. */
export type Plan = {
  /** The run-number format as written under `name:`, macros unexpanded; absent means `$(Date:yyyyMMdd).$(Rev:r)`. */
  readonly name?: string;
  readonly appendCommitMessageToRunName: boolean;
  /** Root variables in order; a later entry of the same name wins. */
  readonly variables: readonly PlanVariable[];
  readonly stages: readonly PlanStage[];
  readonly repositories: readonly PlanRepository[];
};

/** One entry of a `variables` list. A value `$[ … ]` is a runtime expression, evaluated when its owner starts. */
export type PlanVariable =
  | {
      readonly kind: 'value';
      readonly name: string;
      readonly value: string;
      readonly readonly: boolean;
      readonly position?: Position;
    }
  | { readonly kind: 'group'; readonly name: string; readonly position?: Position };

export type PlanRepository = RepositoryDeclaration;

export type PlanStage = {
  /** `__default` for a pipeline without stages. */
  readonly name: string;
  readonly displayName: string;
  /** Names of stages; the stage before it when not written, none for the first. */
  readonly dependsOn: readonly string[];
  /** A bare expression; `succeeded()` when not written. */
  readonly condition: string;
  readonly variables: readonly PlanVariable[];
  /** `trigger: manual`: the stage waits until someone starts it. */
  readonly isManual?: boolean;
  readonly jobs: readonly PlanJob[];
  readonly position?: Position;
};

export type PlanPool =
  | { readonly kind: 'server' }
  | { readonly kind: 'agents'; readonly name?: string; readonly vmImage?: string; readonly demands: readonly string[] };

export type PlanJob = {
  /** `Job` for a pipeline of bare steps. */
  readonly name: string;
  readonly displayName: string;
  readonly dependsOn: readonly string[];
  readonly condition: string;
  readonly continueOnError: boolean;
  /** Minutes; 0 means the longest allowed. Default 60. */
  readonly timeoutInMinutes: number;
  /** Minutes; default 5. */
  readonly cancelTimeoutInMinutes: number;
  readonly pool: PlanPool;
  readonly variables: readonly PlanVariable[];
  /** Legs of a literal matrix or of `parallel`; empty for a plain job. */
  readonly legs: readonly PlanLeg[];
  /** A matrix given as a runtime expression that yields JSON text. */
  readonly matrixExpression?: string;
  /** 0 or absent: unlimited. */
  readonly maxParallel?: number;
  readonly workspaceClean?: 'outputs' | 'resources' | 'all';
  /** A deployment job: where it deploys to and its hooks. Its one leg is the `deploy` hook, of which `steps` are the steps. */
  readonly deployment?: PlanDeployment;
  readonly steps: readonly PlanStep[];
  readonly position?: Position;
};

/** A deployment unrolled into its hooks, in the order in which they run. */
export type PlanDeployment = {
  readonly environment?: string;
  readonly resource?: string;
  readonly resourceType?: string;
  readonly strategy: 'runOnce' | 'rolling' | 'canary';
  /** Of a rolling deployment, as written: a number of targets or a percentage of them. */
  readonly maxParallel?: string;
  readonly hooks: readonly PlanHook[];
};

/** One hook of a deployment: a job of its own. `success` runs when all before it succeeded, `failure` when one failed. */
export type PlanHook = {
  readonly hook: 'preDeploy' | 'deploy' | 'routeTraffic' | 'postRouteTraffic' | 'success' | 'failure';
  /**
   * What keys its output variables (documented): the job's name or `Deploy_<resource>`, of a canary `<hook>_<increment>`, of a
   * rolling deployment `<hook>_`, which the name of each target completes.
   */
  readonly outputs: string;
  readonly pool: PlanPool;
  /** `Environment.*` and `Strategy.*`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly steps: readonly PlanStep[];
};

export type PlanLeg = { readonly name: string; readonly variables: Readonly<Record<string, string>> };

/** A step in its final form: every shortcut is a task by now. Inputs carry macros, unexpanded; aliases are resolved to names. */
export type PlanStep = {
  /** The reference name: as written, else the task's name, with numbers from 1 when the job has several of it (`CmdLine1`, `CmdLine2`). */
  readonly name: string;
  /** True when the author wrote `name:`; only such steps have output variables that others can read. */
  readonly named: boolean;
  /** As written; absent means that the agent fills the task's own instance name format. */
  readonly displayName?: string;
  readonly task: { readonly id?: string; readonly name: string; readonly version: string };
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly condition: string;
  /** `true`, `false` or a `$[ ]`-free macro text. */
  readonly continueOnError: string;
  readonly enabled: boolean;
  /** Minutes; 0 means no limit of its own. */
  readonly timeoutInMinutes: number;
  readonly retryCountOnTaskFailure: number;
  readonly target?: {
    readonly target?: string;
    readonly commands?: string;
    readonly settableVariables?: readonly string[];
  };
  readonly position?: Position;
};
