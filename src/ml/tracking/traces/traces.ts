import { rm } from 'node:fs/promises';
import { invalid, notFound } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import { artifactFile } from '../artifacts.ts';
import type { Call } from '../call.ts';
import { activeExperiment } from '../experiments.ts';
import { type Fields, fieldsOf, integer, list, text, texts } from '../wire.ts';
import { newAssessment, storeAssessment } from './assessments.ts';
import {
  LOCATION_TAG,
  type Texts,
  type TraceRow,
  textMap,
  traceRow,
  traceRows,
  wireTraces,
  wireTraceV2,
} from './records.ts';

const STATES = ['OK', 'ERROR', 'IN_PROGRESS', 'STATE_UNSPECIFIED'];
/** A client's previews have at most 1,000 characters where it follows its own default; it lets users set more. */
const PREVIEW_LIMIT = 100_000;
const ASSESSMENT_LIMIT = 1000;
const BATCH_LIMIT = 1000;
/** Files of a trace lie as a run's do, so its id may be no run's: clients draw `tr-` and 32 digits. */
const TRACE_ID = /^tr-[\w-]{1,60}$/;

function withoutLocation(tags: Texts): Texts {
  const { [LOCATION_TAG]: _ours, ...rest } = tags;
  return rest;
}

function stateOf(value: string): string {
  if (!STATES.includes(value))
    throw invalid(`The state of a trace is one of ${STATES.join(', ')}, found '${value.slice(0, 100)}'.`, {
      target: 'state',
    });
  return value;
}

/** `POST traces`: the third version gives a whole trace when it has ended, the second one begins it. */
export async function startTrace(call: Call) {
  if (call.fields.trace === undefined) return startTraceV2(call);
  const info = fieldsOf(fieldsOf(call.fields.trace).trace_info);
  const id = text(info, 'trace_id');
  if (!TRACE_ID.test(id))
    throw invalid(`'${id.slice(0, 100)}' is no id of a trace: tr- and up to 60 letters, digits, '-' and '_'.`, {
      target: 'trace_id',
    });
  const location = fieldsOf(fieldsOf(info.trace_location).mlflow_experiment);
  const requested = Date.parse(text(info, 'request_time'));
  if (!Number.isFinite(requested)) throw invalid("Parameter 'request_time' is a time.", { target: 'request_time' });
  const document: Record<string, string> = {};
  for (const name of ['client_request_id', 'request_preview', 'response_preview'])
    if (typeof info[name] === 'string') document[name] = text(info, name, { limit: PREVIEW_LIMIT });
  const row: TraceRow = {
    workspace_id: call.workspace.id,
    trace_id: id,
    experiment_id: (await activeExperiment(call, text(location, 'experiment_id'))).experiment_id,
    requested,
    duration: durationOf(info),
    state: stateOf(text(info, 'state', { fallback: 'STATE_UNSPECIFIED' })),
    document: JSON.stringify(document),
    metadata: JSON.stringify(textMap(info.trace_metadata, 'trace_metadata')),
    tags: JSON.stringify(withoutLocation(textMap(info.tags, 'tags'))),
  };
  const assessments = list(info, 'assessments', ASSESSMENT_LIMIT).map((one) => newAssessment(call, id, one));
  const stored = await call.deps.store.write(async (writer) => {
    const taken = await writer
      .selectFrom('mltrack_runs')
      .select('run_id')
      .where('workspace_id', '=', call.workspace.id)
      .where('run_id', '=', id)
      .executeTakeFirst();
    if (taken) throw invalid(`'${id}' is the id of a run: give the trace another.`, { target: 'trace_id' });
    const [before] = await traceRows(call, writer, [id]);
    // A client that repeats the call, or exports the trace once more, adds to what there is (reference server's source).
    const merged = before ? mergedRow(before, row) : row;
    await writer
      .insertInto('mltrack_traces')
      .values(merged)
      .onConflict((conflict) => conflict.columns(['workspace_id', 'trace_id']).doUpdateSet(merged))
      .execute();
    for (const assessment of assessments) await storeAssessment(call, writer, id, assessment);
    return merged;
  });
  return { trace: { trace_info: (await wireTraces(call, [stored]))[0] } };
}

const merge = (before: string, after: string) =>
  JSON.stringify({ ...(JSON.parse(before) as Texts), ...(JSON.parse(after) as Texts) });

function mergedRow(before: TraceRow, after: TraceRow): TraceRow {
  return {
    ...after,
    document: merge(before.document, after.document),
    metadata: merge(before.metadata, after.metadata),
    tags: merge(before.tags, after.tags),
  };
}

/** Milliseconds of protobuf's `"1.250s"`. */
function durationOf(info: Fields): number | null {
  if (info.execution_duration === undefined || info.execution_duration === null) return null;
  const match = /^(-?\d{1,12}(?:\.\d{1,9})?)s$/.exec(text(info, 'execution_duration'));
  if (!match) throw invalid("Parameter 'execution_duration' is seconds, as '1.5s'.", { target: 'execution_duration' });
  return Math.round(Number(match[1]) * 1000);
}

async function startTraceV2(call: Call) {
  const row: TraceRow = {
    workspace_id: call.workspace.id,
    trace_id: `tr-${newGuid().replaceAll('-', '')}`,
    experiment_id: (await activeExperiment(call)).experiment_id,
    requested: integer(call.fields, 'timestamp_ms'),
    duration: null,
    state: 'IN_PROGRESS',
    document: '{}',
    metadata: JSON.stringify(textMap(call.fields.request_metadata, 'request_metadata')),
    tags: JSON.stringify(withoutLocation(textMap(call.fields.tags, 'tags'))),
  };
  await call.deps.store.write((writer) => writer.insertInto('mltrack_traces').values(row).execute());
  return { trace_info: wireTraceV2(call, row) };
}

/** `PATCH traces/{id}`: ends a trace of the second version. */
export async function endTrace(call: Call) {
  const ended = integer(call.fields, 'timestamp_ms');
  const status = text(call.fields, 'status', { fallback: 'TRACE_STATUS_UNSPECIFIED' });
  const state = stateOf(status === 'TRACE_STATUS_UNSPECIFIED' ? 'STATE_UNSPECIFIED' : status);
  const metadata = JSON.stringify(textMap(call.fields.request_metadata, 'request_metadata'));
  const tags = JSON.stringify(withoutLocation(textMap(call.fields.tags, 'tags')));
  const row = await changeTrace(call, (before) => ({
    duration: ended - before.requested,
    state,
    metadata: merge(before.metadata, metadata),
    tags: merge(before.tags, tags),
  }));
  return { trace_info: wireTraceV2(call, row) };
}

/** Changes the trace of the path in one transaction. @throws not-found */
export async function changeTrace(call: Call, change: (before: TraceRow) => Partial<TraceRow>): Promise<TraceRow> {
  return call.deps.store.write(async (writer) => {
    const before = await traceRow(call, writer, call.parameters.trace_id ?? '');
    const values = change(before);
    await writer
      .updateTable('mltrack_traces')
      .set(values)
      .where('workspace_id', '=', call.workspace.id)
      .where('trace_id', '=', before.trace_id)
      .execute();
    return { ...before, ...values };
  });
}

export async function getTraceInfo(call: Call) {
  const row = await traceRow(call, call.deps.store.read, call.parameters.trace_id ?? '');
  return { trace: { trace_info: (await wireTraces(call, [row]))[0] } };
}

/** `GET traces/{id}/info`, of the second version. */
export async function getTraceInfoV2(call: Call) {
  return { trace_info: wireTraceV2(call, await traceRow(call, call.deps.store.read, call.parameters.trace_id ?? '')) };
}

/** Those of the traces that there are; of the given experiments, where some are given. */
export async function batchGetTraceInfos(call: Call) {
  const ids = texts(call.fields, 'trace_ids');
  if (ids.length > BATCH_LIMIT)
    throw invalid(`At most ${BATCH_LIMIT} traces at once, found ${ids.length}.`, { target: 'trace_ids' });
  const experiments = texts(call.fields, 'experiment_ids');
  const rows = await traceRows(call, call.deps.store.read, ids);
  const wanted = rows.filter((row) => experiments.length === 0 || experiments.includes(row.experiment_id));
  return { trace_infos: await wireTraces(call, wanted) };
}

/** Deletes an experiment's traces by id, or the oldest up to a time, with their assessments and files. */
export async function deleteTraces(call: Call) {
  const experiment = text(call.fields, 'experiment_id');
  const ids = texts(call.fields, 'request_ids');
  const until = call.fields.max_timestamp_millis ?? null;
  const most = call.fields.max_traces ?? null;
  if ((until === null) === (ids.length === 0))
    throw invalid('Give either max_timestamp_millis or request_ids.', { target: 'request_ids' });
  if (most !== null && (ids.length > 0 || integer(call.fields, 'max_traces') <= 0))
    throw invalid('max_traces is above zero, and goes with max_timestamp_millis alone.', { target: 'max_traces' });
  if (ids.length > BATCH_LIMIT)
    throw invalid(`At most ${BATCH_LIMIT} traces at once, found ${ids.length}.`, { target: 'request_ids' });
  const gone = await call.deps.store.write(async (writer) => {
    let query = writer
      .selectFrom('mltrack_traces')
      .select('trace_id')
      .where('workspace_id', '=', call.workspace.id)
      .where('experiment_id', '=', experiment);
    if (ids.length > 0) query = query.where('trace_id', 'in', ids);
    else query = query.where('requested', '<=', integer(call.fields, 'max_timestamp_millis')).orderBy('requested');
    if (most !== null) query = query.limit(integer(call.fields, 'max_traces'));
    const found = (await query.execute()).map((row) => row.trace_id);
    for (let at = 0; at < found.length; at += 500)
      for (const table of ['mltrack_traces', 'mltrack_assessments', 'mltrack_trace_links'] as const)
        await writer
          .deleteFrom(table)
          .where('workspace_id', '=', call.workspace.id)
          .where('trace_id', 'in', found.slice(at, at + 500))
          .execute();
    return found;
  });
  for (const id of gone)
    await rm(artifactFile(call.deps, call.workspace, id, ''), { recursive: true, force: true }).catch(() => {
      // The rows are gone, which is what was asked: a file that stays is no reason to say otherwise.
    });
  return { traces_deleted: gone.length };
}

/** @throws not-found when one of the traces isn't there */
export async function requireTraces(call: Call, ids: readonly string[]): Promise<void> {
  const there = new Set((await traceRows(call, call.deps.store.read, ids)).map((row) => row.trace_id));
  const missing = ids.find((id) => !there.has(id));
  if (missing !== undefined) throw notFound(`Trace with ID '${missing.slice(0, 100)}' not found.`);
}
