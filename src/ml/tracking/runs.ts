import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { artifactUri } from './artifact-uri.ts';
import type { Call } from './call.ts';
import { experimentRow } from './experiments.ts';
import type { TrackingTables } from './tables.ts';
import { integer, key, list, RUN_TAG_LIMIT, text, wireNumber } from './wire.ts';
import { writeTags } from './write-entries.ts';
import { isLater } from './write-metrics.ts';

export type RunRow = Selectable<TrackingTables['mltrack_runs']>;

/** What belongs to a run besides its row. */
export type RunData = {
  /** The latest value of each. */
  readonly metrics: readonly Selectable<TrackingTables['mltrack_series']>[];
  readonly params: readonly Selectable<TrackingTables['mltrack_params']>[];
  readonly tags: readonly Selectable<TrackingTables['mltrack_tags']>[];
};

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];

/** The run that a request names as `run_id`, or as `run_uuid` as old clients do. @throws not-found */
export async function runRow(call: Call, field = 'run_id'): Promise<RunRow> {
  const id = text(
    call.fields,
    field,
    typeof call.fields.run_uuid === 'string' ? { fallback: call.fields.run_uuid } : {},
  );
  return findRun(call, id);
}

export async function findRun(call: Call, id: string): Promise<RunRow> {
  const row = await call.deps.store.read
    .selectFrom('mltrack_runs')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('run_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`Run '${id}' not found in workspace '${call.workspace.name}'.`);
  return row;
}

/** The same, for a request that writes. @throws invalid when the run is deleted */
export async function writableRun(call: Call): Promise<RunRow> {
  const row = await runRow(call);
  if (row.lifecycle !== 'active') throw invalid(`The run '${row.run_id}' is deleted: restore it before writing to it.`);
  return row;
}

/** Reads what belongs to the given runs, in few queries. */
export async function runData(call: Call, runIds: readonly string[]): Promise<Map<string, RunData>> {
  type Lists = {
    metrics: RunData['metrics'][number][];
    params: RunData['params'][number][];
    tags: RunData['tags'][number][];
  };
  const found = new Map<string, Lists>(runIds.map((id) => [id, { metrics: [], params: [], tags: [] }]));
  // Below the 999 parameters that every SQLite takes.
  for (let at = 0; at < runIds.length; at += 500) {
    const ids = runIds.slice(at, at + 500);
    const { read } = call.deps.store;
    const workspaceId = call.workspace.id;
    const metrics = await read
      .selectFrom('mltrack_series')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .where('run_id', 'in', ids)
      // The series of no context first: others are looked up among those that are there.
      .orderBy('run_id')
      .orderBy('key')
      .orderBy('context')
      .execute();
    const params = await read
      .selectFrom('mltrack_params')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .where('run_id', 'in', ids)
      .execute();
    const tags = await read
      .selectFrom('mltrack_tags')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .where('run_id', 'in', ids)
      .execute();
    for (const row of metrics) addLatest(found.get(row.run_id)?.metrics ?? [], row);
    for (const row of params) found.get(row.run_id)?.params.push(row);
    for (const row of tags) found.get(row.run_id)?.tags.push(row);
  }
  return found;
}

/** A metric that is tied to several models or data sets has a series for each: the run shows the latest value of them all. */
function addLatest(metrics: RunData['metrics'][number][], row: RunData['metrics'][number]): void {
  const at = row.context === '' ? -1 : metrics.findIndex((one) => one.key === row.key);
  const before = metrics[at];
  if (before === undefined) metrics.push(row);
  else if (isLater(row, before)) metrics[at] = row;
}

function runInfo(call: Call, row: RunRow) {
  return {
    run_id: row.run_id,
    run_uuid: row.run_id,
    run_name: row.name,
    experiment_id: row.experiment_id,
    user_id: row.user_id,
    status: row.status,
    ...(row.started === null ? {} : { start_time: row.started }),
    ...(row.ended === null ? {} : { end_time: row.ended }),
    artifact_uri: artifactUri(call, { kind: 'run', experimentId: row.experiment_id, runId: row.run_id }),
    lifecycle_stage: row.lifecycle,
  };
}

export function wireRun(call: Call, row: RunRow, data: RunData) {
  const inputs = JSON.parse(row.inputs) as { model_id?: string }[];
  return {
    info: runInfo(call, row),
    data: {
      metrics: data.metrics.map((metric) => ({
        key: metric.key,
        value: wireNumber(metric.value),
        timestamp: metric.timestamp,
        step: metric.step,
      })),
      params: data.params.map((param) => ({ key: param.key, value: param.value })),
      tags: data.tags.map((tag) => ({ key: tag.key, value: tag.value })),
    },
    inputs: {
      dataset_inputs: inputs.filter((input) => input.model_id === undefined),
      model_inputs: inputs.filter((input) => input.model_id !== undefined),
    },
    outputs: { model_outputs: JSON.parse(row.outputs) },
  };
}

export async function createRun(call: Call) {
  const experiment = await experimentRow(call, text(call.fields, 'experiment_id', { fallback: '0' }));
  if (experiment.lifecycle !== 'active')
    throw invalid(`The experiment '${experiment.name}' is deleted: restore it before adding runs to it.`);
  const id = newGuid();
  const tags = list(call.fields, 'tags', 1000).map((tag) => ({
    key: key(tag),
    value: text(tag, 'value', { fallback: '', limit: RUN_TAG_LIMIT }),
  }));
  const named = tags.find((tag) => tag.key === 'mlflow.runName')?.value;
  const name = text(call.fields, 'run_name', { fallback: '', limit: 500 }) || named || `run-${id.slice(0, 8)}`;
  const row: RunRow = {
    workspace_id: call.workspace.id,
    run_id: id,
    experiment_id: experiment.experiment_id,
    name,
    status: 'RUNNING',
    user_id: text(call.fields, 'user_id', { fallback: '', limit: 256 }),
    started: integer(call.fields, 'start_time', call.deps.clock.now().getTime()),
    ended: null,
    lifecycle: 'active',
    is_job: 0,
    inputs: '[]',
    outputs: '[]',
  };
  await call.deps.store.write(async (writer) => {
    await writer.insertInto('mltrack_runs').values(row).execute();
    await writeTags(writer, row, [
      ...tags.filter((tag) => tag.key !== 'mlflow.runName'),
      { key: 'mlflow.runName', value: name },
    ]);
  });
  const data = await runData(call, [id]);
  return { run: wireRun(call, row, data.get(id) as RunData) };
}

export async function getRun(call: Call) {
  const row = await runRow(call);
  const data = await runData(call, [row.run_id]);
  return { run: wireRun(call, row, data.get(row.run_id) as RunData) };
}

/**
 * Changes name, status and end. The status of a job's own run is the job engine's to say: there a client's word (each `start_run` and its
 * end say one) changes nothing.
 */
export async function updateRun(call: Call) {
  const row = await writableRun(call);
  const status = call.fields.status === undefined ? row.status : statusOf(text(call.fields, 'status'));
  const name = text(call.fields, 'run_name', { fallback: '', limit: 500 }) || row.name;
  const own = row.is_job === 1;
  const ended =
    call.fields.end_time === undefined
      ? status === 'RUNNING' || status === 'SCHEDULED'
        ? null
        : row.ended
      : integer(call.fields, 'end_time');
  const changed: RunRow = { ...row, name, status: own ? row.status : status, ended: own ? row.ended : ended };
  await call.deps.store.write(async (writer) => {
    const { workspace_id, run_id, ...values } = changed;
    await writer
      .updateTable('mltrack_runs')
      .set(own ? { name } : { name: values.name, status: values.status, ended: values.ended })
      .where('workspace_id', '=', workspace_id)
      .where('run_id', '=', run_id)
      .execute();
    if (name !== row.name) await writeTags(writer, row, [{ key: 'mlflow.runName', value: name }]);
  });
  return { run_info: runInfo(call, changed) };
}

function statusOf(value: string): string {
  // A query or an old client may send the number of the proto's enumeration.
  const status = /^[1-5]$/.test(value) ? STATUSES[Number(value) - 1] : value.toUpperCase();
  if (!status || !STATUSES.includes(status))
    throw invalid(`'${value}' is not a run status. Use one of ${STATUSES.join(', ')}.`, { target: 'status' });
  return status;
}

async function setLifecycle(call: Call, lifecycle: string): Promise<Record<string, never>> {
  const row = await runRow(call);
  await call.deps.store.write((writer) =>
    writer
      .updateTable('mltrack_runs')
      .set({ lifecycle })
      .where('workspace_id', '=', row.workspace_id)
      .where('run_id', '=', row.run_id)
      .execute(),
  );
  return {};
}

export const deleteRun = (call: Call) => setLifecycle(call, 'deleted');
export const restoreRun = (call: Call) => setLifecycle(call, 'active');
