import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../kernel/errors.ts';
import { artifactUri } from './artifact-uri.ts';
import { listRunArtifacts } from './artifacts.ts';
import type { Call } from './call.ts';
import { experimentRow } from './experiments.ts';
import type { TrackingTables } from './tables.ts';
import { type Fields, key, list, pairs, text, wireNumber } from './wire.ts';

export type LoggedModelRow = Selectable<TrackingTables['mltrack_models']>;
type Row = LoggedModelRow;
export type ModelPoint = {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
  readonly run_id: string;
  readonly dataset_name?: string;
  readonly dataset_digest?: string;
};
type Point = ModelPoint;

const STATUSES = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
];
const VALUE_LIMIT = 6000;

const readPairs = (fields: Fields, name: string) =>
  Object.fromEntries(
    list(fields, name, 1000).map((pair) => [key(pair), text(pair, 'value', { fallback: '', limit: VALUE_LIMIT })]),
  );

/** @throws not-found; also for a deleted model, unless those are asked for */
export async function findLoggedModel(call: Call, id: string, deletedToo = false): Promise<Row> {
  const row = await call.deps.store.read
    .selectFrom('mltrack_models')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('model_id', '=', id)
    .executeTakeFirst();
  if (!row || (row.lifecycle !== 'active' && !deletedToo)) throw notFound(`Logged model with ID '${id}' not found.`);
  return row;
}

const modelRow = (call: Call) =>
  findLoggedModel(call, call.parameters.model_id ?? '', call.fields.allow_deleted?.toString().toLowerCase() === 'true');

/** A model's metrics are the points of runs that were logged with its id. */
export async function metricsOf(call: Call, row: Row): Promise<Point[]> {
  const rows = await call.deps.store.read
    .selectFrom('mltrack_series')
    .innerJoin('mltrack_points', 'mltrack_points.series_id', 'mltrack_series.series_id')
    .select(['run_id', 'key', 'context', 'mltrack_points.value', 'mltrack_points.timestamp', 'mltrack_points.step'])
    .where('workspace_id', '=', call.workspace.id)
    .where('model_id', '=', row.model_id)
    .orderBy('mltrack_points.step')
    .orderBy('mltrack_points.timestamp')
    .limit(10_000)
    .execute();
  return rows.map((one) => ({
    key: one.key,
    value: wireNumber(one.value),
    timestamp: one.timestamp,
    step: one.step,
    run_id: one.run_id,
    ...JSON.parse(one.context),
  }));
}

export function wireLoggedModel(call: Call, row: Row, metrics: readonly Point[]) {
  return {
    info: {
      model_id: row.model_id,
      experiment_id: row.experiment_id,
      name: row.name,
      creation_timestamp_ms: row.created,
      last_updated_timestamp_ms: row.updated,
      artifact_uri: artifactUri(call, {
        kind: 'model',
        experimentId: row.experiment_id,
        runId: row.source_run_id,
        modelId: row.model_id,
      }),
      status: row.status,
      model_type: row.model_type,
      source_run_id: row.source_run_id,
      tags: pairs(JSON.parse(row.tags)),
    },
    data: { params: pairs(JSON.parse(row.params)), metrics },
  };
}

export async function createLoggedModel(call: Call) {
  const experiment = await experimentRow(call, text(call.fields, 'experiment_id', { fallback: '0' }));
  const now = call.deps.clock.now().getTime();
  const row: Row = {
    workspace_id: call.workspace.id,
    model_id: `m-${randomBytes(16).toString('hex')}`,
    experiment_id: experiment.experiment_id,
    name: text(call.fields, 'name', { fallback: '', limit: 500 }) || `model-${randomBytes(4).toString('hex')}`,
    status: 'LOGGED_MODEL_PENDING',
    model_type: text(call.fields, 'model_type', { fallback: '', limit: 500 }),
    source_run_id: text(call.fields, 'source_run_id', { fallback: '', limit: 255 }),
    created: now,
    updated: now,
    lifecycle: 'active',
    tags: JSON.stringify(readPairs(call.fields, 'tags')),
    params: JSON.stringify(readPairs(call.fields, 'params')),
  };
  await call.deps.store.write((writer) => writer.insertInto('mltrack_models').values(row).execute());
  return { model: wireLoggedModel(call, row, []) };
}

export async function getLoggedModel(call: Call) {
  const row = await modelRow(call);
  return { model: wireLoggedModel(call, row, await metricsOf(call, row)) };
}

async function change(call: Call, set: (row: Row) => Partial<Row>): Promise<Row> {
  const row = await modelRow(call);
  const changed = { ...row, ...set(row), updated: call.deps.clock.now().getTime() };
  const { workspace_id, model_id, ...values } = changed;
  await call.deps.store.write((writer) =>
    writer
      .updateTable('mltrack_models')
      .set(values)
      .where('workspace_id', '=', workspace_id)
      .where('model_id', '=', model_id)
      .execute(),
  );
  return changed;
}

const VERSIONS_TAG = 'mlflow.modelVersions';

/** Notes in a logged model's tags which registered version it became, as the reference server does (server source). A model that isn't there has no tags. */
export async function noteModelVersion(call: Call, modelId: string, name: string, version: string): Promise<void> {
  await call.deps.store.write(async (writer) => {
    const row = await writer
      .selectFrom('mltrack_models')
      .select('tags')
      .where('workspace_id', '=', call.workspace.id)
      .where('model_id', '=', modelId)
      .executeTakeFirst();
    if (!row) return;
    const tags = JSON.parse(row.tags) as Record<string, string>;
    const before = JSON.parse(tags[VERSIONS_TAG] ?? '[]') as unknown[];
    tags[VERSIONS_TAG] = JSON.stringify([...before, { name, version }]);
    await writer
      .updateTable('mltrack_models')
      .set({ tags: JSON.stringify(tags) })
      .where('workspace_id', '=', call.workspace.id)
      .where('model_id', '=', modelId)
      .execute();
  });
}

export async function finalizeLoggedModel(call: Call) {
  const asked = text(call.fields, 'status');
  const status = /^[0-3]$/.test(asked) ? (STATUSES[Number(asked)] as string) : asked;
  if (!STATUSES.includes(status))
    throw invalid(`'${asked}' is not a model status. Use one of ${STATUSES.join(', ')}.`, { target: 'status' });
  const row = await change(call, () => ({ status }));
  return { model: wireLoggedModel(call, row, await metricsOf(call, row)) };
}

export async function deleteLoggedModel(call: Call) {
  await change(call, () => ({ lifecycle: 'deleted' }));
  return {};
}

export async function setLoggedModelTags(call: Call) {
  const added = readPairs(call.fields, 'tags');
  const row = await change(call, (before) => ({ tags: JSON.stringify({ ...JSON.parse(before.tags), ...added }) }));
  return { model: wireLoggedModel(call, row, await metricsOf(call, row)) };
}

export async function deleteLoggedModelTag(call: Call) {
  await change(call, (before) => {
    const { [call.parameters.tag_key ?? '']: _gone, ...rest } = JSON.parse(before.tags) as Record<string, string>;
    return { tags: JSON.stringify(rest) };
  });
  return {};
}

export async function logLoggedModelParams(call: Call) {
  const added = readPairs(call.fields, 'params');
  await change(call, (before) => ({ params: JSON.stringify({ ...JSON.parse(before.params), ...added }) }));
  return {};
}

export async function listLoggedModelArtifacts(call: Call) {
  const row = await modelRow(call);
  const root = `models/${row.model_id}`;
  const asked = text(call.fields, 'artifact_directory_path', { fallback: '' });
  const files = await listRunArtifacts(
    call.deps,
    call.workspace,
    row.source_run_id || row.model_id,
    asked === '' ? root : `${root}/${asked}`,
  );
  return {
    root_uri: wireLoggedModel(call, row, []).info.artifact_uri,
    files: files.map((file) => ({ ...file, path: file.path.slice(root.length + 1) })),
  };
}
