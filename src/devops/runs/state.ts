import type { Issue, TimelineRecordUpdate, TimelineResult, VariableValue } from '../../contracts/agent.ts';
import type { Plan } from '../../language/index.ts';
import { identifierOf, recordId } from './record-ids.ts';
import type { RunResult } from './results.ts';

/** Variables by name as first written; names are looked up ignoring case. */
export type Variables = Readonly<Record<string, VariableValue>>;

/** What the variable groups hold that a pipeline names, by the group's name. Names ignore case. */
export type VariableGroups = Readonly<Record<string, Variables>>;

/** What is fixed when a run is queued, as the pure core sees it. */
export type RunFacts = {
  readonly plan: Plan;
  /** Predefined variables that expressions may name (`Build.SourceBranch`, …). */
  readonly system: Variables;
  /** Root and queue-time variables, already evaluated. */
  readonly variables: Variables;
  readonly groups: VariableGroups;
};

/** Everything that changes while a run goes on; plain JSON. */
export type RunState = {
  readonly state: 'inProgress' | 'canceling' | 'completed';
  readonly result?: RunResult;
  /** Nothing more may start, whatever its condition says. */
  readonly forced?: boolean;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly stages: readonly StageState[];
};

export type StageState = {
  readonly name: string;
  readonly state: 'pending' | 'inProgress' | 'completed';
  readonly result?: TimelineResult;
  readonly variables: Variables;
  readonly jobs: readonly JobState[];
};

export type JobState = {
  readonly name: string;
  readonly state: 'pending' | 'inProgress' | 'completed';
  readonly result?: TimelineResult;
  readonly variables: Variables;
  /** Empty until the job starts. */
  readonly legs: readonly LegState[];
};

/** One leg of a job: what an agent or the server executes. A plain job has the one leg `__default`. */
export type LegState = {
  readonly name: string;
  readonly jobId: string;
  readonly state: 'pending' | 'queued' | 'running' | 'completed';
  readonly result?: TimelineResult;
  readonly variables: Readonly<Record<string, string>>;
  readonly outputs: Variables;
  /** When the job has run too long. */
  readonly deadline?: string;
  /** Set once the job was asked to stop: when the server stops waiting for it. */
  readonly cancelDeadline?: string;
};

export type LegRef = { readonly stage: string; readonly job: string; readonly leg: string; readonly jobId: string };

/** What happens to a run. `at` is the time, handed in. */
export type RunEvent =
  | { readonly kind: 'queued'; readonly at: string }
  /** An agent has taken the job, or the server begins it. */
  | { readonly kind: 'jobStarted'; readonly jobId: string; readonly at: string; readonly workerName?: string }
  | {
      readonly kind: 'jobCompleted';
      readonly jobId: string;
      readonly at: string;
      readonly result: TimelineResult;
      readonly outputs: Variables;
      readonly message?: string;
    }
  /** `force` stops jobs whose condition would let them go on, and starts no more of them. */
  | { readonly kind: 'cancelRequested'; readonly at: string; readonly force?: boolean; readonly stage?: string }
  /** Looks at the deadlines. */
  | { readonly kind: 'tick'; readonly at: string };

/** What the shell does about it, inside the transaction that stores the new state. */
export type Transition =
  | { readonly kind: 'record'; readonly update: TimelineRecordUpdate }
  | { readonly kind: 'start'; readonly leg: LegRef }
  /** Asks a running job to stop; it has `seconds` to do so. */
  | { readonly kind: 'cancel'; readonly leg: LegRef; readonly seconds: number }
  /** The job is over as far as the run is concerned: whoever still works on it has lost its claim. */
  | { readonly kind: 'withdraw'; readonly leg: LegRef; readonly result: TimelineResult }
  | { readonly kind: 'completed'; readonly result: RunResult };

/** The state of a run before anything happened to it. */
export function initialState(plan: Plan): RunState {
  return {
    state: 'inProgress',
    stages: plan.stages.map((stage) => ({
      name: stage.name,
      state: 'pending',
      variables: {},
      jobs: stage.jobs.map((job) => ({ name: job.name, state: 'pending', variables: {}, legs: [] })),
    })),
  };
}

/** The records that a run's timeline begins with: stages and jobs, all pending. */
export function initialRecords(plan: Plan): TimelineRecordUpdate[] {
  return plan.stages.flatMap((stage, stageIndex) => {
    const stageId = recordId(identifierOf(stage.name));
    return [
      record(stageId, null, 'Stage', stage.displayName || stage.name, stage.name, stageIndex + 1),
      ...stage.jobs.map((job, jobIndex) =>
        record(
          recordId(identifierOf(stage.name, job.name)),
          stageId,
          'Phase',
          job.displayName || job.name,
          job.name,
          jobIndex + 1,
        ),
      ),
    ];
  });
}

function record(
  id: string,
  parentId: string | null,
  type: string,
  name: string,
  refName: string,
  order: number,
): TimelineRecordUpdate {
  return { id, parentId, type, name, refName, order, state: 'pending' };
}

/** An error issue of a record. */
export function errorIssue(message: string): Issue {
  return { type: 'error', message };
}

/** Finds a leg by its job id. */
export function findLeg(
  state: RunState,
  jobId: string,
): { stage: StageState; job: JobState; leg: LegState } | undefined {
  for (const stage of state.stages)
    for (const job of stage.jobs) for (const leg of job.legs) if (leg.jobId === jobId) return { stage, job, leg };
  return undefined;
}

/** The earliest time at which `tick` has something to do, or undefined. */
export function nextDeadline(state: RunState): string | undefined {
  let next: string | undefined;
  for (const stage of state.stages)
    for (const job of stage.jobs)
      for (const leg of job.legs) {
        const due = leg.state === 'running' ? (leg.cancelDeadline ?? leg.deadline) : undefined;
        if (due !== undefined && (next === undefined || due < next)) next = due;
      }
  return next;
}
