import type { Store, Writer } from '../../store/index.ts';
import { type MlTables, nextSequence } from '../tables.ts';
import type { JobPlan, RunPlan, RunState } from './plan.ts';

/** What is stored of a job beside its runs: the document that clients sent, and who sent it. */
export type JobDocument = {
  readonly jobType: string;
  /** `properties` of the request, completed. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly createdBy: string;
  /** The pipeline job whose step submitted it. */
  readonly caller?: string;
  readonly modifiedAt?: string;
};

export type StoredRun = { readonly plan: RunPlan; readonly state: RunState };

export async function insertJob(
  writer: Writer<MlTables>,
  workspaceId: string,
  name: string,
  document: JobDocument,
  plan: JobPlan,
  states: ReadonlyMap<string, RunState>,
): Promise<void> {
  await writer
    .insertInto('ml_jobs')
    .values({
      workspace_id: workspaceId,
      name,
      document: JSON.stringify(document),
      sequence: nextSequence(new Date(document.createdAt)),
      ended: 0,
    })
    .execute();
  await insertRuns(
    writer,
    workspaceId,
    name,
    plan.runs.map((run) => ({ plan: run, state: states.get(run.runId) as RunState })),
    0,
  );
}

/** @param position how many runs the job has already */
export async function insertRuns(
  writer: Writer<MlTables>,
  workspaceId: string,
  job: string,
  runs: readonly StoredRun[],
  position: number,
): Promise<void> {
  const rows = runs.map(({ plan, state }, index) => ({
    workspace_id: workspaceId,
    run_id: plan.runId,
    job,
    parent: plan.parent ?? null,
    position: position + index,
    plan: JSON.stringify(plan),
    state: JSON.stringify(state),
  }));
  // SQLite takes a limited number of parameters in a statement.
  for (let start = 0; start < rows.length; start += 100)
    await writer
      .insertInto('ml_runs')
      .values(rows.slice(start, start + 100))
      .execute();
}

export async function updateStates(
  writer: Writer<MlTables>,
  workspaceId: string,
  states: ReadonlyMap<string, RunState>,
): Promise<void> {
  for (const [runId, state] of states) {
    await writer
      .updateTable('ml_runs')
      .set({ state: JSON.stringify(state) })
      .where('workspace_id', '=', workspaceId)
      .where('run_id', '=', runId)
      .execute();
  }
}

const runOf = (row: { plan: string; state: string }): StoredRun => ({
  plan: JSON.parse(row.plan) as RunPlan,
  state: JSON.parse(row.state) as RunState,
});

/** Every run of a job, parents before children. */
export async function readRuns(store: Store<MlTables>, workspaceId: string, job: string): Promise<StoredRun[]> {
  const rows = await store.read
    .selectFrom('ml_runs')
    .select(['plan', 'state'])
    .where('workspace_id', '=', workspaceId)
    .where('job', '=', job)
    .orderBy('position')
    .execute();
  return rows.map(runOf);
}

export async function readRun(
  store: Store<MlTables>,
  workspaceId: string,
  runId: string,
): Promise<(StoredRun & { job: string }) | undefined> {
  const row = await store.read
    .selectFrom('ml_runs')
    .select(['plan', 'state', 'job'])
    .where('workspace_id', '=', workspaceId)
    .where('run_id', '=', runId)
    .executeTakeFirst();
  return row && { ...runOf(row), job: row.job };
}

export async function readChildren(store: Store<MlTables>, workspaceId: string, runId: string): Promise<StoredRun[]> {
  const rows = await store.read
    .selectFrom('ml_runs')
    .select(['plan', 'state'])
    .where('workspace_id', '=', workspaceId)
    .where('parent', '=', runId)
    .orderBy('position')
    .execute();
  return rows.map(runOf);
}

export async function readJob(
  store: Store<MlTables>,
  workspaceId: string,
  name: string,
): Promise<JobDocument | undefined> {
  const row = await store.read
    .selectFrom('ml_jobs')
    .select('document')
    .where('workspace_id', '=', workspaceId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && (JSON.parse(row.document) as JobDocument);
}

/** The jobs that have not ended, in the order in which they came. */
export async function readOpenJobs(
  store: Store<MlTables>,
): Promise<{ workspaceId: string; name: string; document: JobDocument }[]> {
  const rows = await store.read
    .selectFrom('ml_jobs')
    .select(['workspace_id', 'name', 'document'])
    .where('ended', '=', 0)
    .orderBy('sequence')
    .execute();
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    name: row.name,
    document: JSON.parse(row.document) as JobDocument,
  }));
}
