import { CompiledQuery } from 'kysely';
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

/** Runs in one statement: SQLite takes a limited number of parameters, and one text for all full statements is prepared once. */
const CHUNK = 100;

/** @param position of the first one among the runs of the job */
async function insertRuns(
  writer: Writer<MlTables>,
  workspaceId: string,
  job: string,
  runs: readonly StoredRun[],
  position: number,
): Promise<void> {
  for (let start = 0; start < runs.length; start += CHUNK) {
    const chunk = runs.slice(start, start + CHUNK);
    const values = chunk.flatMap(({ plan, state }, index) => [
      workspaceId,
      plan.runId,
      job,
      plan.parent ?? null,
      position + start + index,
      JSON.stringify(plan),
      JSON.stringify(state),
    ]);
    const rows = Array(chunk.length).fill('(?, ?, ?, ?, ?, ?, ?)').join(', ');
    const into = 'INSERT INTO ml_runs (workspace_id, run_id, job, parent, position, plan, state) VALUES';
    await writer.executeQuery(CompiledQuery.raw(`${into} ${rows}`, values));
  }
}

async function updateStates(
  writer: Writer<MlTables>,
  workspaceId: string,
  states: ReadonlyMap<string, RunState>,
): Promise<void> {
  const all = [...states];
  for (let start = 0; start < all.length; ) {
    // Powers of two: few different statements, each of which is prepared once.
    const size = Math.min(128, 2 ** Math.floor(Math.log2(all.length - start)));
    const values = all.slice(start, start + size).flatMap(([runId, state]) => [runId, JSON.stringify(state)]);
    const rows = Array(size).fill('(?, ?)').join(', ');
    const text = `UPDATE ml_runs SET state = changed.column2 FROM (VALUES ${rows}) AS changed WHERE workspace_id = ? AND run_id = changed.column1`;
    await writer.executeQuery(CompiledQuery.raw(text, [...values, workspaceId]));
    start += size;
  }
}

/** What one decision, or several, changed of a job. */
export type JobChange = {
  readonly states: ReadonlyMap<string, RunState>;
  readonly added: readonly StoredRun[];
  /** Where the first added run stands among the job's runs. */
  readonly position: number;
  /** Completed runs whose result equal ones may take over, by content key. */
  readonly reusable: ReadonlyMap<string, string>;
};

export async function writeChange(
  writer: Writer<MlTables>,
  workspaceId: string,
  job: string,
  change: JobChange,
): Promise<void> {
  await insertRuns(writer, workspaceId, job, change.added, change.position);
  await updateStates(writer, workspaceId, change.states);
  for (const [contentKey, runId] of change.reusable)
    await writer
      .insertInto('ml_reusable')
      .values({ workspace_id: workspaceId, content_key: contentKey, run_id: runId, job })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'content_key']).doUpdateSet({ run_id: runId, job }))
      .execute();
}

/** The completed run that stands under a content key. */
export async function readReusable(
  store: Store<MlTables>,
  workspaceId: string,
  contentKey: string,
): Promise<(StoredRun & { job: string }) | undefined> {
  const row = await store.read
    .selectFrom('ml_reusable')
    .innerJoin('ml_runs', (join) =>
      join
        .onRef('ml_runs.workspace_id', '=', 'ml_reusable.workspace_id')
        .onRef('ml_runs.run_id', '=', 'ml_reusable.run_id'),
    )
    .select(['ml_runs.plan', 'ml_runs.state', 'ml_runs.job'])
    .where('ml_reusable.workspace_id', '=', workspaceId)
    .where('ml_reusable.content_key', '=', contentKey)
    .executeTakeFirst();
  return row && { ...runOf(row), job: row.job };
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
