import { CompiledQuery } from 'kysely';
import type { Store, Writer } from '../../store/index.ts';
import { type MlTables, nextSequence } from '../tables.ts';
import type { JobPlan, RunPlan, RunState } from './plan.ts';
import { registerOutputs } from './register-outputs.ts';

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
    const values = chunk.flatMap(({ plan }, index) => [
      workspaceId,
      plan.runId,
      job,
      plan.parent ?? null,
      position + start + index,
      JSON.stringify(plan),
    ]);
    const rows = Array(chunk.length).fill('(?, ?, ?, ?, ?, ?)').join(', ');
    const into = 'INSERT INTO ml_runs (workspace_id, run_id, job, parent, position, plan) VALUES';
    await writer.executeQuery(CompiledQuery.raw(`${into} ${rows}`, values));
    const states = chunk.flatMap(({ plan, state }) => [workspaceId, plan.runId, JSON.stringify(state)]);
    const stateRows = Array(chunk.length).fill('(?, ?, ?)').join(', ');
    const intoStates = 'INSERT INTO ml_run_states (workspace_id, run_id, state) VALUES';
    await writer.executeQuery(CompiledQuery.raw(`${intoStates} ${stateRows}`, states));
  }
}

async function updateStates(
  writer: Writer<MlTables>,
  workspaceId: string,
  states: ReadonlyMap<string, RunState>,
): Promise<void> {
  for (const part of inPowersOfTwo([...states])) {
    const rows = Array(part.length).fill('(?, ?)').join(', ');
    const text = `UPDATE ml_run_states SET state = changed.column2 FROM (VALUES ${rows}) AS changed WHERE workspace_id = ? AND run_id = changed.column1`;
    const values = part.flatMap(([runId, state]) => [runId, JSON.stringify(state)]);
    await writer.executeQuery(CompiledQuery.raw(text, [...values, workspaceId]));
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
  /** Runs that completed and have named outputs: these are to be assets, whatever became of an earlier look. */
  readonly named: readonly StoredRun[];
};

export async function writeChange(
  writer: Writer<MlTables>,
  workspaceId: string,
  job: string,
  change: JobChange,
  now: Date,
): Promise<void> {
  await insertRuns(writer, workspaceId, job, change.added, change.position);
  await updateStates(writer, workspaceId, change.states);
  await putReusable(writer, workspaceId, job, change.reusable);
  for (const run of change.named) await registerOutputs(writer, workspaceId, run, now);
}

async function putReusable(
  writer: Writer<MlTables>,
  workspaceId: string,
  job: string,
  reusable: ReadonlyMap<string, string>,
): Promise<void> {
  for (const part of inPowersOfTwo([...reusable])) {
    const rows = Array(part.length).fill('(?, ?, ?, ?)').join(', ');
    const text = `INSERT INTO ml_reusable (workspace_id, job, content_key, run_id) VALUES ${rows} ON CONFLICT (workspace_id, content_key) DO UPDATE SET job = excluded.job, run_id = excluded.run_id`;
    const values = part.flatMap(([contentKey, runId]) => [workspaceId, job, contentKey, runId]);
    await writer.executeQuery(CompiledQuery.raw(text, values));
  }
}

/** Parts of a list whose lengths are few different ones: a statement for each length is prepared once. */
function* inPowersOfTwo<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < list.length; ) {
    const size = Math.min(128, 2 ** Math.floor(Math.log2(list.length - start)));
    yield list.slice(start, start + size);
    start += size;
  }
}

/** The completed runs that stand under some content keys, by key. */
export async function readReusable(
  store: Store<MlTables>,
  workspaceId: string,
  contentKeys: readonly string[],
): Promise<Map<string, StoredRun & { job: string }>> {
  const found = new Map<string, StoredRun & { job: string }>();
  for (const part of inPowersOfTwo([...new Set(contentKeys)])) {
    const rows = await store.read
      .selectFrom('ml_reusable')
      .select(['content_key', 'run_id'])
      .where('workspace_id', '=', workspaceId)
      .where('content_key', 'in', part)
      .execute();
    for (const row of rows) {
      const run = await readRun(store, workspaceId, row.run_id);
      if (run) found.set(row.content_key, run);
    }
  }
  return found;
}

/** Takes the runs of a job away. */
export async function deleteRuns(writer: Writer<MlTables>, workspaceId: string, job: string): Promise<void> {
  const own = writer
    .selectFrom('ml_runs')
    .select('run_id')
    .where('workspace_id', '=', workspaceId)
    .where('job', '=', job);
  await writer.deleteFrom('ml_run_states').where('workspace_id', '=', workspaceId).where('run_id', 'in', own).execute();
  await writer.deleteFrom('ml_runs').where('workspace_id', '=', workspaceId).where('job', '=', job).execute();
}

const runOf = (row: { plan: string; state: string }): StoredRun => ({
  plan: JSON.parse(row.plan) as RunPlan,
  state: JSON.parse(row.state) as RunState,
});

const storedRuns = (store: Store<MlTables>, workspaceId: string) =>
  store.read
    .selectFrom('ml_runs')
    .innerJoin('ml_run_states', (join) =>
      join
        .onRef('ml_run_states.workspace_id', '=', 'ml_runs.workspace_id')
        .onRef('ml_run_states.run_id', '=', 'ml_runs.run_id'),
    )
    .select(['ml_runs.plan', 'ml_run_states.state'])
    .where('ml_runs.workspace_id', '=', workspaceId);

/** Every run of a job, parents before children. */
export async function readRuns(store: Store<MlTables>, workspaceId: string, job: string): Promise<StoredRun[]> {
  const rows = await storedRuns(store, workspaceId)
    .where('ml_runs.job', '=', job)
    .orderBy('ml_runs.position')
    .execute();
  return rows.map(runOf);
}

export async function readRun(
  store: Store<MlTables>,
  workspaceId: string,
  runId: string,
): Promise<(StoredRun & { job: string }) | undefined> {
  const row = await storedRuns(store, workspaceId)
    .select('ml_runs.job')
    .where('ml_runs.run_id', '=', runId)
    .executeTakeFirst();
  return row && { ...runOf(row), job: row.job };
}

export async function readChildren(store: Store<MlTables>, workspaceId: string, runId: string): Promise<StoredRun[]> {
  const rows = await storedRuns(store, workspaceId)
    .where('ml_runs.parent', '=', runId)
    .orderBy('ml_runs.position')
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
