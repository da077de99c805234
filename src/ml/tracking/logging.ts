import { invalid, notFound } from '../../kernel/errors.ts';
import type { Call } from './call.ts';
import { type RunRow, writableRun } from './runs.ts';
import { type Fields, fieldsOf, integer, key, list, metricValue, RUN_TAG_LIMIT, text } from './wire.ts';
import { changedParam, type Pair, writeParams, writeTags } from './write-entries.ts';
import { type Metric, writeMetrics } from './write-metrics.ts';

const PARAM_LIMIT = 6000;
const ENTITY_LIMIT = 1000;

function readMetric(call: Call, fields: Fields): Metric {
  const context = {
    model_id: fields.model_id,
    dataset_name: fields.dataset_name,
    dataset_digest: fields.dataset_digest,
  };
  const tied = Object.values(context).some((value) => typeof value === 'string' && value !== '');
  return {
    key: key(fields),
    value: metricValue(fields),
    timestamp: integer(fields, 'timestamp', call.deps.clock.now().getTime()),
    step: integer(fields, 'step', 0),
    context: tied ? JSON.stringify(context) : '',
    modelId: typeof fields.model_id === 'string' ? fields.model_id : '',
  };
}

const readParam = (fields: Fields): Pair => ({
  key: key(fields),
  value: text(fields, 'value', { fallback: '', limit: PARAM_LIMIT }),
});
const readTag = (fields: Fields): Pair => ({
  key: key(fields),
  value: text(fields, 'value', { fallback: '', limit: RUN_TAG_LIMIT }),
});

export async function logMetric(call: Call) {
  const metric = readMetric(call, call.fields);
  const run = await writableRun(call);
  await call.deps.store.write((writer) => writeMetrics(writer, run, [metric]));
  call.deps.logged?.(run.workspace_id, run.run_id);
  return {};
}

export async function logParam(call: Call) {
  const param = readParam(call.fields);
  const run = await writableRun(call);
  await call.deps.store.write((writer) => writeParams(writer, run, [param]));
  return {};
}

export async function setTag(call: Call) {
  const tag = readTag(call.fields);
  const run = await writableRun(call);
  await call.deps.store.write((writer) => writeTags(writer, run, [tag]));
  return {};
}

export async function deleteTag(call: Call) {
  const name = key(call.fields);
  const run = await writableRun(call);
  const gone = await call.deps.store.write((writer) =>
    writer
      .deleteFrom('mltrack_tags')
      .where('workspace_id', '=', run.workspace_id)
      .where('run_id', '=', run.run_id)
      .where('key', '=', name)
      .executeTakeFirst(),
  );
  if (gone.numDeletedRows === 0n) throw notFound(`The run '${run.run_id}' has no tag '${name}'.`);
  return {};
}

/** Everything is read before anything is written, and written in one transaction: an invalid entry rejects the whole batch (documented). */
export async function logBatch(call: Call) {
  const metrics = list(call.fields, 'metrics', 1000).map((fields) => readMetric(call, fields));
  const params = list(call.fields, 'params', 100).map(readParam);
  const tags = list(call.fields, 'tags', 100).map(readTag);
  const total = metrics.length + params.length + tags.length;
  if (total > ENTITY_LIMIT)
    throw invalid(`A batch holds at most ${ENTITY_LIMIT} metrics, params and tags in all, found ${total}.`);
  const seen = new Map<string, string>();
  for (const param of params) {
    const before = seen.get(param.key);
    if (before !== undefined && before !== param.value) throw changedParam(param.key, before, param.value);
    seen.set(param.key, param.value);
  }
  const run = await writableRun(call);
  await call.deps.store.write(async (writer) => {
    await writeMetrics(writer, run, metrics);
    await writeParams(writer, run, params);
    await writeTags(writer, run, tags);
  });
  if (metrics.length > 0) call.deps.logged?.(run.workspace_id, run.run_id);
  return {};
}

/** A model's description joins the list that older clients keep in a tag. */
export async function logModel(call: Call) {
  const run = await writableRun(call);
  const model = readJson(text(call.fields, 'model_json', { limit: 1024 * 1024 }));
  await call.deps.store.write(async (writer) => {
    const tag = await writer
      .selectFrom('mltrack_tags')
      .select('value')
      .where('workspace_id', '=', run.workspace_id)
      .where('run_id', '=', run.run_id)
      .where('key', '=', 'mlflow.log-model.history')
      .executeTakeFirst();
    const history = tag ? (JSON.parse(tag.value) as unknown[]) : [];
    await writeTags(writer, run, [{ key: 'mlflow.log-model.history', value: JSON.stringify([...history, model]) }]);
  });
  return {};
}

function readJson(value: string): Fields {
  try {
    return fieldsOf(JSON.parse(value));
  } catch {
    throw invalid("Parameter 'model_json' is not a JSON object.", { target: 'model_json' });
  }
}

export async function logInputs(call: Call) {
  const run = await writableRun(call);
  const added = [...list(call.fields, 'datasets', 1000), ...list(call.fields, 'models', 1000)];
  const same = (input: Fields) =>
    JSON.stringify([
      (input.dataset as Fields | undefined)?.name,
      (input.dataset as Fields | undefined)?.digest,
      input.model_id,
    ]);
  await appendTo(call, run, 'inputs', added, same);
  return {};
}

export async function logOutputs(call: Call) {
  const run = await writableRun(call);
  const added = list(call.fields, 'models', 1000).map((model) => ({
    model_id: text(model, 'model_id'),
    step: integer(model, 'step', 0),
  }));
  await appendTo(call, run, 'outputs', added, (output) => JSON.stringify(output));
  return {};
}

async function appendTo(
  call: Call,
  run: RunRow,
  column: 'inputs' | 'outputs',
  added: readonly Fields[],
  same: (one: Fields) => string,
): Promise<void> {
  await call.deps.store.write(async (writer) => {
    const row = await writer
      .selectFrom('mltrack_runs')
      .select(column)
      .where('workspace_id', '=', run.workspace_id)
      .where('run_id', '=', run.run_id)
      .executeTakeFirstOrThrow();
    const merged = new Map([...(JSON.parse(row[column]) as Fields[]), ...added].map((one) => [same(one), one]));
    await writer
      .updateTable('mltrack_runs')
      .set({ [column]: JSON.stringify([...merged.values()]) })
      .where('workspace_id', '=', run.workspace_id)
      .where('run_id', '=', run.run_id)
      .execute();
  });
}
