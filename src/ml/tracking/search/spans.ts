import { limitExceeded } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import type { TraceRow } from '../traces/records.ts';
import { storedSpans } from '../traces/spans.ts';
import { type Fields, fieldsOf } from '../wire.ts';
import type { Clause } from './filter.ts';
import { matches, type Searchable } from './match.ts';

/** Spans lie in a file a trace, which a search reads one by one. */
const TRACE_LIMIT = 2000;

/** Whether a clause asks for what a span holds: `span.…`, or `trace.text`, which is `span.content`. */
export const asksForSpans = (clause: Clause) =>
  clause.entity === 'span' || (clause.entity === 'attribute' && clause.key === 'text');

/**
 * Those of the traces of which one span fits every clause (reference server's source); a trace without spans fits none.
 * @throws limit when more traces would have to be read than a search may
 */
export async function tracesWithSpan(
  call: Call,
  rows: readonly TraceRow[],
  clauses: readonly Clause[],
): Promise<TraceRow[]> {
  if (rows.length > TRACE_LIMIT)
    throw limitExceeded(
      `A search by spans reads at most ${TRACE_LIMIT} traces, and the other clauses leave ${rows.length}: narrow it, by timestamp_ms for instance.`,
    );
  const asked = clauses.map((clause): Clause => {
    return clause.entity === 'span' ? clause : { ...clause, entity: 'span', key: 'content' };
  });
  const found: TraceRow[] = [];
  for (const row of rows) {
    const spans = (await storedSpans(call, row)) ?? [];
    if (spans.some((span) => matches(viewOf(span), asked))) found.push(row);
  }
  return found;
}

function viewOf(span: Fields): Searchable {
  const attributes = fieldsOf(span.attributes);
  const held: Record<string, string[]> = Object.create(null);
  for (const [key, value] of Object.entries(attributes)) held[`attributes.${key}`] = [attributeText(value)];
  held.name = [String(span.name ?? '')];
  held.type = [attributeText(attributes['mlflow.spanType'] ?? 'UNKNOWN')];
  held.status = [String(fieldsOf(span.status).code ?? 'UNSET').replace('STATUS_CODE_', '')];
  held.content = [JSON.stringify(span)];
  return { metrics: {}, params: {}, tags: {}, attributes: {}, datasets: [], several: { span: held } };
}

/** An attribute is JSON in JSON: a text's own characters, else the JSON. */
export function attributeText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  try {
    const read: unknown = JSON.parse(value);
    return typeof read === 'string' ? read : value;
  } catch {
    return value;
  }
}
