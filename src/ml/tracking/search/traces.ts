import { setImmediate } from 'node:timers/promises';
import { invalid } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import {
  type Assessment,
  assessmentsOf,
  NAME_TAG,
  SOURCE_RUN,
  type Texts,
  type TraceRow,
  tagsOf,
  wireTraces,
  wireTraceV2,
} from '../traces/records.ts';
import { fieldsOf, integer, list, pageOffset, pageToken, text, texts } from '../wire.ts';
import { type Clause, parseFilter, parseOrders } from './filter.ts';
import { TRACE_SEARCH } from './grammar.ts';
import { matches, type Searchable, sortBy } from './match.ts';
import { asksForSpans, tracesWithSpan } from './spans.ts';

/** The reference server's own (documented). */
const PAGE_LIMIT = 500;
const EXPERIMENT_LIMIT = 900;

/** `POST traces/search`, of the third version. */
export async function searchTraces(call: Call) {
  const experiments = list(call.fields, 'locations', EXPERIMENT_LIMIT).map((location) =>
    text(fieldsOf(location.mlflow_experiment), 'experiment_id'),
  );
  const { rows, next } = await page(call, experiments);
  return { traces: await wireTraces(call, rows), ...next };
}

/** `GET traces`, of the second version. */
export async function searchTracesV2(call: Call) {
  const { rows, next } = await page(call, texts(call.fields, 'experiment_ids'));
  return { traces: rows.map((row) => wireTraceV2(call, row)), ...next };
}

async function page(call: Call, experiments: readonly string[]) {
  if (experiments.length === 0)
    throw invalid('Name the experiments whose traces are searched.', { target: 'locations' });
  const clauses = clausesOf(text(call.fields, 'filter', { fallback: '' }));
  const orders = parseOrders(texts(call.fields, 'order_by'), TRACE_SEARCH);
  const size = integer(call.fields, 'max_results', 100);
  if (size < 1 || size > PAGE_LIMIT)
    throw invalid(`max_results is 1 to ${PAGE_LIMIT}, found ${size}.`, { target: 'max_results' });
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  let query = rowsOf(call, experiments);
  // What neither filters nor orders reads its page alone.
  const plain = clauses.length === 0 && orders.length === 0;
  if (plain) query = query.limit(size + 1).offset(offset);
  const rows = await query.execute();
  const views = plain ? new Map<string, Searchable>() : await viewsOf(call, rows);
  const view = (row: TraceRow) => views.get(row.trace_id) as Searchable;
  const found = plain
    ? rows
    : sortBy(await fitting(call, rows, view, clauses), view, orders, newestFirst).slice(offset);
  const more = found.length > size;
  return { rows: found.slice(0, size), next: more ? { next_page_token: pageToken(offset + size) } : {} };
}

/** How many traces a base filter leaves, and how many of them each of two filters and both find. */
export async function countTraces(
  call: Call,
  experiments: readonly string[],
  base: string,
  filters: readonly [string, string],
) {
  const [left, first, second] = [clausesOf(base), clausesOf(filters[0]), clausesOf(filters[1])];
  const rows = experiments.length === 0 ? [] : await rowsOf(call, experiments).execute();
  const views = await viewsOf(call, rows);
  const find = (some: readonly TraceRow[], clauses: readonly Clause[]) =>
    fitting(call, some, (row) => views.get(row.trace_id) as Searchable, clauses);
  const all = await find(rows, left);
  const one = new Set(await find(all, first));
  const other = await find(all, second);
  return {
    total: all.length,
    first: one.size,
    second: other.length,
    both: other.filter((row) => one.has(row)).length,
  };
}

/** How long a search works before others have a turn, in milliseconds. */
const TURN = 20;

async function fitting(
  call: Call,
  rows: readonly TraceRow[],
  view: (row: TraceRow) => Searchable,
  clauses: readonly Clause[],
): Promise<TraceRow[]> {
  const ofSpans = clauses.filter(asksForSpans);
  const others = clauses.filter((clause) => !asksForSpans(clause));
  const left: TraceRow[] = [];
  let begun = performance.now();
  for (const row of rows) {
    if (matches(view(row), others)) left.push(row);
    if (performance.now() - begun < TURN) continue;
    await setImmediate();
    begun = performance.now();
  }
  return ofSpans.length === 0 ? left : tracesWithSpan(call, left, ofSpans);
}

const newestFirst = (a: TraceRow, b: TraceRow) => b.requested - a.requested || (a.trace_id < b.trace_id ? -1 : 1);

function rowsOf(call: Call, experiments: readonly string[]) {
  return call.deps.store.read
    .selectFrom('mltrack_traces')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', 'in', experiments.slice(0, EXPERIMENT_LIMIT))
    .orderBy('requested', 'desc')
    .orderBy('trace_id');
}

const clausesOf = (filter: string) => parseFilter(filter, TRACE_SEARCH);

async function viewsOf(call: Call, rows: readonly TraceRow[]): Promise<Map<string, Searchable>> {
  const ids = rows.map((row) => row.trace_id);
  const assessments = await assessmentsOf(call, call.deps.store.read, ids);
  const links = new Map<string, { kind: string; target: string }[]>();
  for (let at = 0; at < ids.length; at += 900)
    for (const row of await call.deps.store.read
      .selectFrom('mltrack_trace_links')
      .select(['trace_id', 'kind', 'target'])
      .where('workspace_id', '=', call.workspace.id)
      .where('trace_id', 'in', ids.slice(at, at + 900))
      .execute())
      links.set(row.trace_id, [...(links.get(row.trace_id) ?? []), row]);
  return new Map(
    rows.map((row) => [
      row.trace_id,
      viewOf(call, row, assessments.get(row.trace_id) ?? [], links.get(row.trace_id) ?? []),
    ]),
  );
}

function viewOf(
  call: Call,
  row: TraceRow,
  assessments: readonly Assessment[],
  links: readonly { kind: string; target: string }[],
): Searchable {
  const metadata = JSON.parse(row.metadata) as Texts;
  const document = JSON.parse(row.document) as Texts;
  const tags = tagsOf(call, row);
  const source = metadata[SOURCE_RUN];
  const targets = (kind: string) => links.filter((link) => link.kind === kind).map((link) => link.target);
  const runs = [...(source === undefined ? [] : [source]), ...targets('run')];
  return {
    metrics: {},
    params: {},
    tags,
    metadata,
    datasets: [],
    attributes: {
      request_id: row.trace_id,
      client_request_id: document.client_request_id,
      experiment_id: row.experiment_id,
      timestamp_ms: row.requested,
      execution_time_ms: row.duration ?? undefined,
      end_time_ms: row.duration === null ? undefined : row.requested + row.duration,
      status: row.state,
      name: tags[NAME_TAG],
      run_id: runs[0],
    },
    several: {
      attribute: { run_id: runs, prompt: targets('prompt') },
      feedback: valuesOf(assessments, 'feedback'),
      expectation: valuesOf(assessments, 'expectation'),
      // A reference to an issue has the issue's id as its name (client source).
      issue: { id: assessments.filter((one) => one.issue !== undefined).map((one) => String(one.assessment_name)) },
    },
  };
}

/** The values that count, by the assessments' names: truth values as their text, as filters write them. */
function valuesOf(
  assessments: readonly Assessment[],
  kind: 'feedback' | 'expectation',
): Record<string, (string | number)[]> {
  const found: Record<string, (string | number)[]> = Object.create(null);
  for (const one of assessments) {
    if (one[kind] === undefined || one.valid === false) continue;
    const held = fieldsOf(one[kind]);
    const value = held.value ?? fieldsOf(held.serialized_value).value ?? null;
    const shown =
      typeof value === 'number' || typeof value === 'string' ? value : value === null ? 'null' : JSON.stringify(value);
    const name = String(one.assessment_name);
    found[name] = [...(found[name] ?? []), shown];
  }
  return found;
}
