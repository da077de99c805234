import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../../kernel/errors.ts';
import type { Writer } from '../../../store/index.ts';
import { artifactUri } from '../artifact-uri.ts';
import type { Call } from '../call.ts';
import type { TrackingTables } from '../tables.ts';
import { type Fields, fieldsOf, pairs, RUN_TAG_LIMIT, text } from '../wire.ts';

export type TraceRow = Selectable<TrackingTables['mltrack_traces']>;
export type Assessment = Fields & { readonly assessment_id: string; readonly valid?: boolean };
export type Texts = Readonly<Record<string, string>>;
type Reader = Pick<Writer<TrackingTables>, 'selectFrom'>;

/** Where the client puts the spans of a trace: `traces.json` below this address (client source). */
export const LOCATION_TAG = 'mlflow.artifactLocation';
export const NAME_TAG = 'mlflow.traceName';
export const SOURCE_RUN = 'mlflow.sourceRun';

const ENTRY_LIMIT = 1000;
const KEY_LIMIT = 250;

/** The key and value of a trace's tag or metadata. @throws invalid for an empty key, and for what is too long */
export function checkedEntry(key: string, value: string, what: string): readonly [string, string] {
  if (key === '' || key.length > KEY_LIMIT)
    throw invalid(`A key of ${what} has 1 to ${KEY_LIMIT} characters, found ${key.length}.`, { target: what });
  if (value.length > RUN_TAG_LIMIT)
    throw invalid(`The value of '${key}' in ${what} is longer than ${RUN_TAG_LIMIT} characters (${value.length}).`, {
      target: what,
    });
  return [key, value];
}

/** An object of texts, or the second version's list of `{key, value}`. */
export function textMap(value: unknown, what: string): Texts {
  const entries = Array.isArray(value)
    ? value.map((one) => [text(fieldsOf(one), 'key'), text(fieldsOf(one), 'value', { fallback: '' })] as const)
    : Object.entries(fieldsOf(value)).map(([key, one]) => [key, String(one)] as const);
  if (entries.length > ENTRY_LIMIT)
    throw invalid(`${what} holds at most ${ENTRY_LIMIT} entries, found ${entries.length}.`, { target: what });
  return Object.fromEntries(entries.map(([key, one]) => checkedEntry(key, one, what)));
}

/** @throws not-found */
export async function traceRow(call: Call, reader: Reader, id: string): Promise<TraceRow> {
  const [row] = await traceRows(call, reader, [id]);
  if (!row) throw notFound(`Trace with ID '${id.slice(0, 100)}' not found.`);
  return row;
}

/** Those of the traces that there are, in the order asked for. */
export async function traceRows(call: Call, reader: Reader, ids: readonly string[]): Promise<TraceRow[]> {
  if (ids.length === 0) return [];
  const rows = await reader
    .selectFrom('mltrack_traces')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('trace_id', 'in', ids)
    .execute();
  const byId = new Map(rows.map((row) => [row.trace_id, row]));
  return [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
}

const CHUNK = 900;

/** The assessments of each trace, in the order of their making. */
export async function assessmentsOf(
  call: Call,
  reader: Reader,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Assessment[]>> {
  const found = new Map<string, Assessment[]>();
  for (let at = 0; at < ids.length; at += CHUNK)
    for (const row of await reader
      .selectFrom('mltrack_assessments')
      .select(['trace_id', 'document'])
      .where('workspace_id', '=', call.workspace.id)
      .where('trace_id', 'in', ids.slice(at, at + CHUNK))
      .orderBy('created')
      .orderBy('assessment_id')
      .execute())
      found.set(row.trace_id, [...(found.get(row.trace_id) ?? []), JSON.parse(row.document) as Assessment]);
  return found;
}

/** A trace's tags as clients see them: with the address of its spans, which depends on how the caller reaches the service. */
export function tagsOf(call: Call, row: TraceRow): Texts {
  const place = artifactUri(call, { kind: 'run', experimentId: row.experiment_id, runId: row.trace_id });
  return { ...(JSON.parse(row.tags) as Texts), [LOCATION_TAG]: place };
}

/** `TraceInfo` of the API's third version: times as JSON of protobuf has them. */
export function wireTrace(call: Call, row: TraceRow, assessments: readonly Assessment[]) {
  const previews = JSON.parse(row.document) as Fields;
  return {
    trace_id: row.trace_id,
    ...previews,
    trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: row.experiment_id } },
    request_time: new Date(row.requested).toISOString(),
    ...(row.duration === null ? {} : { execution_duration: `${(row.duration / 1000).toFixed(3)}s` }),
    state: row.state,
    trace_metadata: JSON.parse(row.metadata) as Texts,
    tags: tagsOf(call, row),
    assessments,
  };
}

/** The same for clients of the second version. */
export function wireTraceV2(call: Call, row: TraceRow) {
  return {
    request_id: row.trace_id,
    experiment_id: row.experiment_id,
    timestamp_ms: row.requested,
    ...(row.duration === null ? {} : { execution_time_ms: row.duration }),
    status: row.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : row.state,
    request_metadata: pairs(JSON.parse(row.metadata) as Texts),
    tags: pairs(tagsOf(call, row)),
  };
}

/** Rows as the third version shows them, each with its assessments. */
export async function wireTraces(call: Call, rows: readonly TraceRow[]) {
  const assessments = await assessmentsOf(
    call,
    call.deps.store.read,
    rows.map((row) => row.trace_id),
  );
  return rows.map((row) => wireTrace(call, row, assessments.get(row.trace_id) ?? []));
}
