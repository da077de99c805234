/** What a run knows, level by level: the values that `explain` puts into its expressions. Plain JSON, as a server answers it. */
export type RunRecord = {
  readonly id: number;
  readonly isCanceled: boolean;
  /** Predefined variables of the run. */
  readonly system: RunVariables;
  /** Root and queue-time variables as they were evaluated when the run was queued. */
  readonly variables: RunVariables;
  readonly stages: readonly RunStage[];
};

/** By name as first written. A secret's value is null. */
export type RunVariables = Readonly<Record<string, { readonly value: string | null; readonly isSecret?: boolean }>>;

/** How far something came. `result` is spelled as expressions see it: `Succeeded`, `SucceededWithIssues`, `Failed`, `Canceled`, `Skipped`, `Abandoned`. */
type Progress = { readonly name: string; readonly state: string; readonly result?: string };

export type RunStage = Progress & {
  /** Whether its jobs were looked at. Those of a stage that ended without having begun have its result without a reason of their own. */
  readonly began: boolean;
  readonly variables: RunVariables;
  readonly jobs: readonly RunJob[];
};

/** `legs` is empty before the job starts, and for one that was skipped. */
export type RunJob = Progress & { readonly variables: RunVariables; readonly legs: readonly RunLeg[] };

export type RunLeg = Progress & {
  /** Of the matrix. */
  readonly variables: Readonly<Record<string, string>>;
  /** Predefined variables of the job. */
  readonly system: RunVariables;
  /** By `step.variable`. */
  readonly outputs: RunVariables;
  /** In order, those that an executor brings itself too. */
  readonly steps: readonly Progress[];
};

/** Finds an item by its name in any case. */
export function named<T extends { readonly name: string }>(items: readonly T[], name: string): T | undefined {
  return items.find((item) => item.name.toLowerCase() === name.toLowerCase());
}
