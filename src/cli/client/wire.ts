/** What the command line reads of the server's answers: the public shapes of builds, runs, timelines and logs (recorded). */

export type TimelineIssue = { readonly type: string; readonly message: string };

export type TimelineRecord = {
  readonly id: string;
  readonly parentId?: string | null;
  /** Stage, Phase, Job, Task, Checkpoint…; `Millrace.MLJob` and `Millrace.MLStep` lie below a waiting task, `Millrace.Notice` below what named a thing that was made. */
  readonly type: string;
  readonly name: string;
  readonly refName?: string | null;
  readonly identifier?: string | null;
  readonly order?: number | null;
  readonly state: 'pending' | 'inProgress' | 'completed';
  readonly result?: 'succeeded' | 'succeededWithIssues' | 'failed' | 'canceled' | 'skipped' | 'abandoned' | null;
  readonly startTime?: string | null;
  readonly finishTime?: string | null;
  readonly currentOperation?: string | null;
  readonly percentComplete?: number | null;
  readonly workerName?: string | null;
  readonly issues?: readonly TimelineIssue[] | null;
  readonly errorCount?: number | null;
  readonly warningCount?: number | null;
  readonly log?: { readonly id: number } | null;
  readonly task?: { readonly name: string; readonly version?: string } | null;
};

export type Timeline = { readonly id: string; readonly changeId: number; readonly records: readonly TimelineRecord[] };

export type Build = {
  readonly id: number;
  readonly buildNumber: string;
  readonly status: 'none' | 'notStarted' | 'postponed' | 'inProgress' | 'cancelling' | 'completed';
  readonly result?: 'none' | 'succeeded' | 'partiallySucceeded' | 'failed' | 'canceled' | null;
  readonly queueTime?: string | null;
  readonly startTime?: string | null;
  readonly finishTime?: string | null;
  readonly definition?: { readonly id: number; readonly name: string } | null;
  readonly sourceBranch?: string | null;
  readonly reason?: string | null;
  readonly validationResults?: readonly { readonly result: string; readonly message: string }[] | null;
};

/** A run just created from a local directory. */
export type LocalRun = {
  readonly id: number;
  readonly name: string;
  /** What local mode made because the pipeline names it: one line each. */
  readonly provisioned?: readonly string[];
  readonly warnings?: readonly string[];
};

/** The list envelope. */
export type List<T> = { readonly count: number; readonly value: readonly T[] };
