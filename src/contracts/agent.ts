/**
 * What the server and an agent say to each other. Routes and names are those of the real service
 * (`_apis/distributedtask/pools/{id}/sessions|messages|jobrequests`, hub plans, timelines, feed, logs), cut to what our agent uses.
 */

import type { TaskEndpoint } from './task.ts';

export type TimelineState = 'pending' | 'inProgress' | 'completed';
export type TimelineResult = 'succeeded' | 'succeededWithIssues' | 'failed' | 'canceled' | 'skipped' | 'abandoned';

export type VariableValue = { readonly value: string; readonly isSecret?: boolean; readonly isReadOnly?: boolean };

export type JobStep = {
  readonly type: 'task';
  /** The timeline record's id. */
  readonly id: string;
  /** The reference name. */
  readonly name: string;
  /** Whether the author named it: its output variables are then `<name>.<variable>`. */
  readonly named: boolean;
  readonly displayName: string;
  readonly reference: { readonly id: string; readonly name: string; readonly version: string };
  readonly inputs: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly condition: string;
  readonly continueOnError: boolean;
  readonly timeoutInMinutes: number;
  readonly retryCountOnTaskFailure: number;
  readonly target?: {
    readonly target?: string;
    readonly commands?: string;
    readonly settableVariables?: { readonly allowed: readonly string[] };
  };
};

/** A service connection, opened for the job. Tasks get it as it is. */
export type JobEndpoint = TaskEndpoint;

export type JobRepository = {
  readonly alias: string;
  readonly id: string;
  readonly type: string;
  readonly properties: {
    readonly name: string;
    readonly url: string;
    readonly ref: string;
    readonly version: string;
    /** How a local repository is copied; see `TaskRepository.source`. */
    readonly source: 'working-tree' | 'commit';
  };
};

/** The body of a `PipelineAgentJobRequest` message. */
export type JobRequest = {
  readonly messageType: 'PipelineAgentJobRequest';
  readonly plan: {
    readonly scopeIdentifier: string;
    readonly planType: string;
    readonly planId: string;
    readonly version: number;
  };
  readonly timeline: { readonly id: string };
  readonly jobId: string;
  readonly jobDisplayName: string;
  readonly jobName: string;
  readonly requestId: number;
  /** Renew with it, finish with it; a stale one is refused. */
  readonly lockToken: string;
  /** ISO time until which the claim holds without renewal. */
  readonly lockedUntil: string;
  readonly variables: Readonly<Record<string, VariableValue>>;
  readonly mask: readonly { readonly type: 'regex' | 'variable'; readonly value: string }[];
  readonly resources: { readonly endpoints: readonly JobEndpoint[]; readonly repositories: readonly JobRepository[] };
  readonly workspace?: { readonly clean?: string };
  readonly timeoutInMinutes: number;
  readonly cancelTimeoutInMinutes: number;
  readonly steps: readonly JobStep[];
  /** What the server adds to the environment of every process of the job: gateway proxy, CA bundle, identity endpoint, PATH entries. */
  readonly processEnvironment: Readonly<Record<string, string>>;
  /** Folders to put first on PATH, the embedded `az` among them. */
  readonly prependPath: readonly string[];
};

/** A message of the agent's long poll. `JobCancellation` bodies are `{ jobId, timeout: seconds }`. */
export type AgentMessage = {
  readonly messageId: number;
  readonly messageType: 'PipelineAgentJobRequest' | 'JobCancellation';
  /** JSON text of a {@link JobRequest} or a cancellation. */
  readonly body: string;
};

export type Issue = {
  readonly type: 'error' | 'warning';
  readonly category?: string;
  readonly message: string;
  readonly data?: Readonly<Record<string, string>>;
};

/** A timeline record as PATCHed: an id and whatever changed. */
export type TimelineRecordUpdate = {
  readonly id: string;
  readonly parentId?: string | null;
  readonly type?: string;
  readonly name?: string;
  readonly refName?: string;
  readonly order?: number;
  readonly state?: TimelineState;
  readonly result?: TimelineResult | null;
  readonly startTime?: string;
  readonly finishTime?: string;
  readonly currentOperation?: string | null;
  readonly percentComplete?: number;
  readonly workerName?: string;
  readonly errorCount?: number;
  readonly warningCount?: number;
  readonly issues?: readonly Issue[];
  readonly log?: { readonly id: number };
  readonly variables?: Readonly<Record<string, { readonly value: string; readonly isSecret?: boolean }>>;
};

/** The plan event that ends an agent's job. `outputs` are its steps' output variables, keyed `step.variable`. */
export type JobCompletedEvent = {
  readonly name: 'JobCompleted';
  readonly jobId: string;
  readonly requestId: number;
  readonly result: TimelineResult;
  readonly outputs: Readonly<Record<string, VariableValue>>;
};
