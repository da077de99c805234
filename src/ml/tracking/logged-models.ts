import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../kernel/errors.ts';
import { artifactUri } from './artifact-uri.ts';
import { listRunArtifacts } from './artifacts.ts';
import type { Call } from './call.ts';
import { experimentRow } from './experiments.ts';
import { parseFilter } from './search-filter.ts';
import { matches, sortBy } from './search-match.ts';
import type { TrackingTables } from './tables.ts';
import { type Fields, integer, key, list, pageOffset, pageToken, pairs, text, texts, wireNumber } from './wire.ts';

type Row = Selectable<TrackingTables['mltrack_models']>;
type Point = { key: string; value: number | string; timestamp: number; step: number; run_id: string };

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

async function modelRow(call: Call): Promise<Row> {
  const id = call.parameters.model_id ?? '';
  const row = await call.deps.store.read
    .selectFrom('mltrack_models')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('model_id', '=', id)
    .where('lifecycle', '=', 'active')
    .executeTakeFirst();
  if (!row) throw notFound(`Logged model with ID '${id}' not found.`);
  return row;
}

/** A model's metrics are the points of runs that were logged with its id. */
async function metricsOf(call: Call, row: Row): Promise<Point[]> {
  const rows = await call.deps.store.read
    .selectFrom('mltrack_metrics')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('context', 'like', `%${row.model_id}%`)
    .orderBy('step')
    .orderBy('timestamp')
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

function wire(call: Call, row: Row, metrics: readonly Point[]) {
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
  return { model: wire(call, row, []) };
}

export async function getLoggedModel(call: Call) {
  const row = await modelRow(call);
  return { model: wire(call, row, await metricsOf(call, row)) };
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

export async function finalizeLoggedModel(call: Call) {
  const asked = text(call.fields, 'status');
  const status = /^[0-3]$/.test(asked) ? (STATUSES[Number(asked)] as string) : asked;
  if (!STATUSES.includes(status))
    throw invalid(`'${asked}' is not a model status. Use one of ${STATUSES.join(', ')}.`, { target: 'status' });
  const row = await change(call, () => ({ status }));
  return { model: wire(call, row, await metricsOf(call, row)) };
}

export async function deleteLoggedModel(call: Call) {
  await change(call, () => ({ lifecycle: 'deleted' }));
  return {};
}

export async function setLoggedModelTags(call: Call) {
  const added = readPairs(call.fields, 'tags');
  const row = await change(call, (before) => ({ tags: JSON.stringify({ ...JSON.parse(before.tags), ...added }) }));
  return { model: wire(call, row, await metricsOf(call, row)) };
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
    root_uri: wire(call, row, []).info.artifact_uri,
    files: files.map((file) => ({ ...file, path: file.path.slice(root.length + 1) })),
  };
}

export async function searchLoggedModels(call: Call) {
  const clauses = parseFilter(text(call.fields, 'filter', { fallback: '' }));
  const size = Math.min(1000, Math.max(1, integer(call.fields, 'max_results', 100)));
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const experiments = texts(call.fields, 'experiment_ids');
  if (experiments.length === 0) return { models: [] };
  const rows = await call.deps.store.read
    .selectFrom('mltrack_models')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('lifecycle', '=', 'active')
    .where('experiment_id', 'in', experiments.slice(0, 900))
    .execute();
  const metrics = new Map<string, Point[]>();
  for (const row of rows) metrics.set(row.model_id, await metricsOf(call, row));
  const view = (row: Row) => ({
    metrics: Object.fromEntries((metrics.get(row.model_id) ?? []).map((point) => [point.key, Number(point.value)])),
    params: JSON.parse(row.params) as Record<string, string>,
    tags: JSON.parse(row.tags) as Record<string, string>,
    attributes: {
      model_id: row.model_id,
      // The filter's bare `name` is read as a run's name.
      run_name: row.name,
      name: row.name,
      status: row.status,
      model_type: row.model_type,
      source_run_id: row.source_run_id,
      experiment_id: row.experiment_id,
      creation_timestamp: row.created,
      creation_time: row.created,
      last_updated_timestamp: row.updated,
    },
    datasets: [],
  });
  const orders = list(call.fields, 'order_by', 20).map((order) => {
    const name = text(order, 'field_name');
    const ascending = order.ascending !== false;
    return name.startsWith('metrics.')
      ? { entity: 'metric' as const, key: name.slice('metrics.'.length), ascending }
      : { entity: 'attribute' as const, key: name, ascending };
  });
  const found = rows.filter((row) => matches(view(row), clauses));
  const sorted = sortBy(found, view, orders, (a, b) => b.created - a.created || (a.model_id < b.model_id ? -1 : 1));
  const page = sorted.slice(offset, offset + size);
  return {
    models: page.map((row) => wire(call, row, metrics.get(row.model_id) ?? [])),
    ...(offset + size < sorted.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}
