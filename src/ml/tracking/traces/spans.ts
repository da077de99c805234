import { readFile, stat } from 'node:fs/promises';
import { invalid, limitExceeded, notFound } from '../../../kernel/errors.ts';
import { artifactFile } from '../artifacts.ts';
import type { Call } from '../call.ts';
import { exactNumber, parseExactly } from '../exact-json.ts';
import { type Fields, fieldsOf, text, texts } from '../wire.ts';
import { type TraceRow, traceRow, traceRows, wireTraces } from './records.ts';

/** The file that a client puts a trace's spans into (client source). */
export const SPANS_FILE = 'traces.json';
const FILE_LIMIT = 64 * 1024 * 1024;
/** What the client asks for at most (client source). */
const BATCH_LIMIT = 10;

/** `traces/get`: a trace with its spans. @throws not-found without such a trace, or while its spans aren't there */
export async function getTrace(call: Call) {
  const row = await traceRow(call, call.deps.store.read, text(call.fields, 'trace_id'));
  const spans = await spansOf(call, row);
  if (!spans)
    throw notFound(`The spans of trace ${row.trace_id} are not there: its client has not uploaded ${SPANS_FILE}.`);
  return { trace: { trace_info: (await wireTraces(call, [row]))[0], spans } };
}

/** Those of the traces that are there with their spans, of the given experiments where some are given. */
export async function batchGetTraces(call: Call) {
  const ids = texts(call.fields, 'trace_ids');
  if (ids.length > BATCH_LIMIT)
    throw invalid(`At most ${BATCH_LIMIT} traces with their spans at once, found ${ids.length}.`, {
      target: 'trace_ids',
    });
  const experiments = texts(call.fields, 'experiment_ids');
  const rows = (await traceRows(call, call.deps.store.read, ids)).filter(
    (row) => experiments.length === 0 || experiments.includes(row.experiment_id),
  );
  const infos = await wireTraces(call, rows);
  const traces: object[] = [];
  for (const [at, row] of rows.entries()) {
    const spans = await spansOf(call, row);
    if (spans) traces.push({ trace_info: infos[at], spans });
  }
  return { traces };
}

async function spansOf(call: Call, row: TraceRow): Promise<object[] | undefined> {
  return (await storedSpans(call, row))?.map(wireSpan);
}

/** The spans as the client's file has them; undefined while there is no file. @throws limit, invalid for a file that is no JSON */
export async function storedSpans(call: Call, row: Pick<TraceRow, 'trace_id'>): Promise<Fields[] | undefined> {
  const file = artifactFile(call.deps, call.workspace, row.trace_id, SPANS_FILE);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  if (found.size > FILE_LIMIT)
    throw limitExceeded(`The spans of trace ${row.trace_id} are ${found.size} bytes: download ${SPANS_FILE} instead.`);
  const { spans } = fieldsOf(parseExactly(await readFile(file, 'utf8'), SPANS_FILE));
  return (Array.isArray(spans) ? spans : []).map(fieldsOf);
}

/** OpenTelemetry's span from the client's own file, where ids are base64 already and attributes are JSON in JSON. */
function wireSpan(span: Fields): object {
  const events = Array.isArray(span.events) ? span.events.map(fieldsOf) : [];
  const status = fieldsOf(span.status);
  return {
    trace_id: span.trace_id,
    span_id: span.span_id,
    ...(span.parent_span_id ? { parent_span_id: span.parent_span_id } : {}),
    name: span.name,
    start_time_unix_nano: span.start_time_unix_nano,
    ...(span.end_time_unix_nano === null ? {} : { end_time_unix_nano: span.end_time_unix_nano }),
    status: {
      ...(typeof status.code === 'string' ? { code: status.code } : {}),
      ...(status.message ? { message: status.message } : {}),
    },
    attributes: Object.entries(fieldsOf(span.attributes)).map(([key, value]) => ({
      key,
      value: anyValue(typeof value === 'string' ? decoded(value) : value),
    })),
    events: events.map((event) => ({
      name: event.name,
      time_unix_nano: event.time_unix_nano,
      attributes: Object.entries(fieldsOf(event.attributes)).map(([key, value]) => ({ key, value: anyValue(value) })),
    })),
  };
}

function decoded(value: string): unknown {
  try {
    return parseExactly(value, 'an attribute');
  } catch {
    return value;
  }
}

/** OpenTelemetry's typed value; an empty one is null. */
function anyValue(value: unknown): object {
  if (value === null || value === undefined) return {};
  if (typeof value === 'string') return { string_value: value };
  if (typeof value === 'boolean') return { bool_value: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { int_value: String(value) } : { double_value: value };
  if (Array.isArray(value)) return { array_value: { values: value.map(anyValue) } };
  const exact = exactNumber(value);
  if (exact !== undefined) return /^-?\d{1,19}$/.test(exact) ? { int_value: exact } : { double_value: Number(exact) };
  const entries = Object.entries(value as object);
  return { kvlist_value: { values: entries.map(([key, one]) => ({ key, value: anyValue(one) })) } };
}
