import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { DomainError, invalid, limitExceeded } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import { artifactFile } from '../artifacts.ts';
import type { Call } from '../call.ts';
import { exactNumber, rawNumber } from '../exact-json.ts';
import { activeExperiment } from '../experiments.ts';
import { linkTracesToRun } from '../traces/links.ts';
import { type TraceRow, textMap, traceRows } from '../traces/records.ts';
import { SPANS_FILE, storedSpans } from '../traces/spans.ts';
import type { Fields } from '../wire.ts';
import { readOtlpJson } from './json.ts';
import { readOtlpProtobuf } from './protobuf.ts';
import type { OtlpSpan } from './span.ts';
import { traceDetails } from './trace-details.ts';

/** Largest body, as it comes and when it is unpacked, in bytes. */
export const OTLP_LIMIT = 16 * 1024 * 1024;
const UNPACKED_LIMIT = 64 * 1024 * 1024;
const REQUEST_LIMIT = 10_000;
/** Each export writes the file of its trace anew. */
const TRACE_LIMIT = 10_000;

export type OtlpRequest = {
  readonly body: Buffer;
  readonly type: string;
  readonly encoding: string;
  readonly experimentId: string;
  readonly runId: string;
};

/**
 * Takes spans that OpenTelemetry sends (`POST /v1/traces`): each joins its trace's file, in place of an earlier one of its id, and the trace is what its spans
 * say: it begins with the first, ends with the last, and has the state of the one without a parent.
 * @throws invalid for a body that can't be read or holds no spans; not-found for an experiment that isn't there; limit for too many spans
 */
export async function takeOtlpSpans(call: Call, request: OtlpRequest): Promise<void> {
  if (request.experimentId === '')
    throw invalid('The header x-mlflow-experiment-id names the experiment of the traces.', {
      target: 'x-mlflow-experiment-id',
    });
  const body = await unpacked(request);
  const spans = request.type === 'application/json' ? readOtlpJson(body.toString('utf8')) : readOtlpProtobuf(body);
  if (spans.length === 0) throw invalid('The body holds no spans.');
  if (spans.length > REQUEST_LIMIT)
    throw limitExceeded(`At most ${REQUEST_LIMIT} spans at once, found ${spans.length}: export smaller batches.`);
  const byTrace = new Map<string, OtlpSpan[]>();
  for (const span of spans) {
    if (!/^[0-9a-f]{32}$/.test(span.traceId) || !/^[0-9a-f]{16}$/.test(span.spanId) || /^0+$/.test(span.traceId))
      throw invalid(`A span has the id of its trace and one of its own; '${span.name.slice(0, 100)}' has not.`);
    const known = byTrace.get(span.traceId);
    if (known) known.push(span);
    else byTrace.set(span.traceId, [span]);
  }
  const { experiment_id: experiment } = await activeExperiment(call, request.experimentId);
  for (const [id, some] of byTrace) await inTurn(`${call.workspace.id}/${id}`, () => join(call, experiment, id, some));
  if (request.runId !== '') await link(call, request.runId, [...byTrace.keys()]);
}

async function unpacked({ body, encoding, type }: OtlpRequest): Promise<Buffer> {
  if (type !== 'application/json' && type !== 'application/x-protobuf')
    throw invalid(`Spans come as application/x-protobuf or application/json, found '${type.slice(0, 100)}'.`);
  if (encoding === '' || encoding === 'identity') return body;
  const unpack = encoding === 'gzip' ? gunzip : encoding === 'deflate' ? inflate : undefined;
  if (!unpack) throw invalid(`A body is packed by gzip or deflate, found '${encoding.slice(0, 100)}'.`);
  try {
    return await promisify<Buffer, object, Buffer>(unpack)(body, { maxOutputLength: UNPACKED_LIMIT });
  } catch (error) {
    throw invalid(
      `The body cannot be unpacked to at most ${UNPACKED_LIMIT} bytes: ${(error as Error).message.slice(0, 200)}`,
    );
  }
}

/** Exports of one trace come one after the other: each reads what the one before wrote. */
const turns = new Map<string, Promise<void>>();
async function inTurn(key: string, work: () => Promise<void>): Promise<void> {
  const before = turns.get(key) ?? Promise.resolve();
  const mine = before.then(work);
  const settled = mine.catch(() => {});
  turns.set(key, settled);
  try {
    await mine;
  } finally {
    if (turns.get(key) === settled) turns.delete(key);
  }
}

async function join(call: Call, experiment: string, hex: string, spans: readonly OtlpSpan[]): Promise<void> {
  const id = `tr-${hex}`;
  const byId = new Map(((await storedSpans(call, { trace_id: id })) ?? []).map((span) => [span.span_id, span]));
  for (const span of spans) {
    const kept = keptSpan(id, span);
    byId.set(kept.span_id, kept);
  }
  if (byId.size > TRACE_LIMIT) throw limitExceeded(`A trace has at most ${TRACE_LIMIT} spans, ${id} has ${byId.size}.`);
  const all = [...byId.values()].sort((a, b) =>
    Number(nanoseconds(a.start_time_unix_nano) - nanoseconds(b.start_time_unix_nano)),
  );
  const file = artifactFile(call.deps, call.workspace, id, SPANS_FILE);
  const part = `${file}.${newGuid()}.part`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(part, JSON.stringify({ spans: all }));
  await rename(part, file);
  const begun = milliseconds(nanoseconds(all[0]?.start_time_unix_nano));
  const ends = all.filter((span) => span.end_time_unix_nano !== null);
  const ended = Math.max(...ends.map((span) => milliseconds(nanoseconds(span.end_time_unix_nano))));
  const details = traceDetails(all);
  await call.deps.store.write(async (writer) => {
    const [before] = await traceRows(call, writer, [id]);
    const held = (text: string | undefined) => JSON.parse(text ?? '{}') as Record<string, string>;
    const row: TraceRow = {
      workspace_id: call.workspace.id,
      trace_id: id,
      experiment_id: before?.experiment_id ?? experiment,
      requested: begun,
      duration: details.state === 'IN_PROGRESS' || ends.length === 0 ? null : ended - begun,
      state: details.state,
      document: JSON.stringify({ ...held(before?.document), ...details.previews }),
      metadata: JSON.stringify(textMap({ ...held(before?.metadata), ...details.metadata }, 'trace_metadata')),
      // What was said of the trace since stays.
      tags: JSON.stringify(textMap({ ...details.tags, ...held(before?.tags) }, 'tags')),
    };
    await writer
      .insertInto('mltrack_traces')
      .values(row)
      .onConflict((conflict) => conflict.columns(['workspace_id', 'trace_id']).doUpdateSet(row))
      .execute();
  });
}

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
const nanoseconds = (value: unknown) => BigInt(exactNumber(value) ?? String(value ?? 0));
const milliseconds = (time: bigint) => Number(time / 1_000_000n);

/** The span as a client's own file has it: ids in base64, attributes as JSON in JSON (client source). */
function keptSpan(trace: string, span: OtlpSpan): Fields & { readonly span_id: string } {
  const attributes: Record<string, string> = {};
  for (const [key, value] of Object.entries(span.attributes)) attributes[key] = JSON.stringify(value) ?? 'null';
  attributes['mlflow.traceRequestId'] = JSON.stringify(trace);
  return {
    trace_id: base64(span.traceId),
    span_id: base64(span.spanId),
    parent_span_id: span.parentId === '' || /^0+$/.test(span.parentId) ? null : base64(span.parentId),
    name: span.name,
    start_time_unix_nano: rawNumber(span.begun),
    end_time_unix_nano: span.ended === 0n ? null : rawNumber(span.ended),
    events: span.events.map((event) => ({
      name: event.name,
      time_unix_nano: rawNumber(event.time),
      attributes: event.attributes,
    })),
    status: {
      code: ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'][span.status] ?? 'STATUS_CODE_UNSET',
      message: span.message,
    },
    attributes,
  };
}

/** Links the traces to the run that the header x-mlflow-run-id names; the spans are kept whether it is there or not (reference server's source). */
async function link(call: Call, run: string, traces: readonly string[]): Promise<void> {
  for (let at = 0; at < traces.length; at += 100)
    try {
      const ids = traces.slice(at, at + 100).map((one) => `tr-${one}`);
      await linkTracesToRun({ ...call, fields: { trace_ids: ids, run_id: run } });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
}
