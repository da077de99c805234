import { limitExceeded } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import { exactNumber } from '../exact-json.ts';
import { attributeText } from '../search/spans.ts';
import { type Fields, fieldsOf } from '../wire.ts';
import type { Sample } from './figures.ts';
import type { TraceMetricFilter } from './metric-filter.ts';
import type { TraceMetricQuery } from './metric-query.ts';
import { type Assessment, assessmentsOf, NAME_TAG, SOURCE_RUN, type Texts, type TraceRow } from './records.ts';
import { storedSpans } from './spans.ts';

type Trace = Pick<TraceRow, 'trace_id' | 'requested' | 'duration' | 'state'> & {
  readonly tags: Texts;
  readonly metadata: Texts;
};
type Add = (sample: Sample) => void;

const SESSION = 'mlflow.trace.session';
const TOKEN_USAGE = 'mlflow.trace.tokenUsage';
const COST = 'mlflow.llm.cost';
const MODEL = 'mlflow.llm.model';
const PROVIDER = 'mlflow.llm.provider';
/** What the reference server keeps of a model's name. */
const MODEL_LIMIT = 500;

const PAGE = 2000;
/** Spans lie in a file a trace, which are read one by one. */
const SPAN_TRACE_LIMIT = 2000;

/**
 * Hands over each thing that the query counts or measures, reading traces page by page.
 * @throws limit when the spans of more traces would have to be read than one query may
 */
export async function addSamples(call: Call, query: TraceMetricQuery, add: Add): Promise<void> {
  let read = 0;
  for await (const traces of tracesOf(call, query)) {
    if (query.view === 'TRACES') for (const trace of traces) add(traceSample(query, trace));
    if (query.view === 'ASSESSMENTS') await addAssessments(call, query, traces, add);
    if (query.view === 'SPANS') {
      read += traces.length;
      if (read > SPAN_TRACE_LIMIT)
        throw limitExceeded(
          `Figures over spans read at most ${SPAN_TRACE_LIMIT} traces: narrow them, by start_time_ms and end_time_ms or a filter such as trace.status = 'OK'.`,
        );
      for (const trace of traces) await addSpans(call, query, trace, add);
    }
  }
}

/** Costs go by the time of their span, everything else by the trace's own (reference server's source). */
const bySpanTime = ({ view, metric }: TraceMetricQuery) => view === 'SPANS' && metric.endsWith('_cost');

async function* tracesOf(call: Call, query: TraceMetricQuery): AsyncGenerator<Trace[]> {
  const runs = query.filters.flatMap((one) =>
    one.of === 'trace' && one.field === 'metadata' && one.key === SOURCE_RUN ? one.value : [],
  );
  let after = '';
  for (;;) {
    let rows = call.deps.store.read
      .selectFrom('mltrack_traces')
      .select(['trace_id', 'requested', 'duration', 'state', 'tags', 'metadata'])
      .where('workspace_id', '=', call.workspace.id)
      .where('experiment_id', 'in', query.experiments)
      .where('trace_id', '>', after)
      .orderBy('trace_id')
      .limit(PAGE);
    if (query.until !== undefined) rows = rows.where('requested', '<=', query.until);
    if (query.from !== undefined && !bySpanTime(query)) rows = rows.where('requested', '>=', query.from);
    const page = await rows.execute();
    const linked = runs.length === 0 ? new Map<string, Set<string>>() : await linkedRuns(call, page, runs);
    yield page
      .map((row) => ({ ...row, tags: JSON.parse(row.tags) as Texts, metadata: JSON.parse(row.metadata) as Texts }))
      .filter((trace) => query.filters.every((one) => fitsTrace(trace, one, linked.get(trace.trace_id))));
    if (page.length < PAGE) return;
    after = page.at(-1)?.trace_id ?? '';
  }
}

/** Those of the runs that each trace is linked to, besides the one that it was made in. */
async function linkedRuns(call: Call, page: readonly { trace_id: string }[], runs: readonly string[]) {
  const found = new Map<string, Set<string>>();
  const [first, last] = [page[0]?.trace_id, page.at(-1)?.trace_id];
  if (first === undefined || last === undefined) return found;
  for (const { trace_id: id, target } of await call.deps.store.read
    .selectFrom('mltrack_trace_links')
    .select(['trace_id', 'target'])
    .where('workspace_id', '=', call.workspace.id)
    .where('kind', '=', 'run')
    .where('target', 'in', runs)
    .where('trace_id', '>=', first)
    .where('trace_id', '<=', last)
    .execute())
    found.set(id, (found.get(id) ?? new Set()).add(target));
  return found;
}

function fitsTrace(trace: Trace, filter: TraceMetricFilter, linked: ReadonlySet<string> | undefined): boolean {
  if (filter.of !== 'trace') return true;
  switch (filter.field) {
    case 'status':
      return trace.state === filter.value;
    case 'tag':
      return own(trace.tags, filter.key) === filter.value;
    case 'metadata':
      return (
        own(trace.metadata, filter.key) === filter.value ||
        (filter.key === SOURCE_RUN && linked?.has(filter.value) === true)
      );
  }
}

const own = (texts: Texts, key: string) => (Object.hasOwn(texts, key) ? texts[key] : undefined);

function traceSample({ metric }: TraceMetricQuery, trace: Trace): Sample {
  const value = () => {
    if (metric === 'trace_count') return 1;
    if (metric === 'session_count') return own(trace.metadata, SESSION);
    if (metric === 'latency') return trace.duration ?? undefined;
    const tokens = numberOf(jsonObject(own(trace.metadata, TOKEN_USAGE))[metric]);
    return Number.isInteger(tokens) ? tokens : undefined;
  };
  return {
    time: trace.requested,
    dimensions: { trace_name: own(trace.tags, NAME_TAG), trace_status: trace.state },
    value: value(),
  };
}

async function addAssessments(call: Call, query: TraceMetricQuery, traces: readonly Trace[], add: Add): Promise<void> {
  const ids = traces.map((trace) => trace.trace_id);
  const held = await assessmentsOf(call, call.deps.store.read, ids);
  for (const trace of traces)
    for (const one of held.get(trace.trace_id) ?? []) {
      // What was overridden counts no more.
      if (one.valid === false) continue;
      const [type, value] = contentOf(one);
      const name = String(one.assessment_name);
      if (query.filters.some((f) => f.of === 'assessment' && f.value !== (f.field === 'name' ? name : type))) continue;
      add({
        time: trace.requested,
        dimensions: { assessment_name: name, assessment_value: pythonJson(value) },
        value: query.metric === 'assessment_count' ? 1 : measured(value),
      });
    }
}

function contentOf(assessment: Assessment): readonly [type: string, value: unknown] {
  if (assessment.issue !== undefined) return ['issue', { issue_name: fieldsOf(assessment.issue).issue_name ?? null }];
  const type = assessment.feedback === undefined ? 'expectation' : 'feedback';
  const { value, serialized_value: serialized } = fieldsOf(assessment[type]);
  const text = fieldsOf(serialized).value;
  return [type, value ?? (typeof text === 'string' ? (parsed(text) ?? text) : null)];
}

/** A number as it is, yes and true as 1, no and false as 0 (reference server's source). */
function measured(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'yes' ? 1 : word === 'no' ? 0 : undefined;
}

/** The value's JSON with the blanks that Python's has, which is what the reference server groups by. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${pythonJson(one)}`);
  return `{${entries.join(', ')}}`;
}

async function addSpans(call: Call, query: TraceMetricQuery, trace: Trace, add: Add): Promise<void> {
  for (const span of (await storedSpans(call, trace)) ?? []) {
    const attributes = fieldsOf(span.attributes);
    const begun = nanoseconds(span.start_time_unix_nano);
    if (begun === undefined) continue;
    const time = Number(begun / 1_000_000n);
    if (bySpanTime(query) && (time < (query.from ?? -Infinity) || time > (query.until ?? Infinity))) continue;
    const seen = {
      name: String(span.name ?? ''),
      type: attributeText(attributes['mlflow.spanType'] ?? 'UNKNOWN'),
      status: String(fieldsOf(span.status).code ?? 'UNSET').replace('STATUS_CODE_', ''),
    };
    if (query.filters.some((one) => one.of === 'span' && seen[one.field] !== one.value)) continue;
    const ended = nanoseconds(span.end_time_unix_nano);
    const value = () => {
      if (query.metric === 'span_count') return 1;
      if (query.metric === 'latency') return ended === undefined ? undefined : Number((ended - begun) / 1_000_000n);
      return numberOf(jsonObject(attributes[COST])[query.metric]);
    };
    add({
      time,
      dimensions: {
        span_name: seen.name,
        span_type: seen.type,
        span_status: seen.status,
        span_model_name: model(attributes[MODEL]),
        span_model_provider: model(attributes[PROVIDER]),
      },
      value: value(),
    });
  }
}

const model = (value: unknown) => (typeof value === 'string' ? attributeText(value).slice(0, MODEL_LIMIT) : undefined);

function nanoseconds(value: unknown): bigint | undefined {
  const text = exactNumber(value) ?? String(value ?? '');
  return /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object, or the JSON text of one; nothing of anything else. */
function jsonObject(value: unknown): Fields {
  const read = typeof value === 'string' ? parsed(value) : value;
  return typeof read === 'object' && read !== null && !Array.isArray(read) ? (read as Fields) : {};
}

function numberOf(value: unknown): number | undefined {
  const exact = exactNumber(value);
  const number = exact !== undefined || typeof value === 'string' ? Number(exact ?? value) : value;
  return typeof number === 'number' && value !== '' && Number.isFinite(number) ? number : undefined;
}
