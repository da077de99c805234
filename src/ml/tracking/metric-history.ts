import { sql } from 'kysely';
import { invalid } from '../../kernel/errors.ts';
import type { Call } from './call.ts';
import { runRow } from './runs.ts';
import { integer, key, pageOffset, pageToken, text, texts, wireNumber } from './wire.ts';

const PAGE = 25_000;
const BULK_RUNS = 100;
const BULK_POINTS = 2500;

type Point = { readonly step: number; readonly timestamp: number; readonly value: string };
type Series = { readonly series_id: number; readonly context: string; readonly orderly: number };

async function seriesOf(call: Call, runId: string, name: string): Promise<readonly Series[]> {
  return call.deps.store.read
    .selectFrom('mltrack_series')
    .select(['series_id', 'context', 'orderly'])
    .where('workspace_id', '=', call.workspace.id)
    .where('run_id', '=', runId)
    .where('key', '=', name)
    .orderBy('series_id')
    .execute();
}

const wirePoint = ({ step, timestamp, value }: Point, name: string) => ({
  key: name,
  value: wireNumber(value),
  timestamp,
  step,
});

/** Every point, by time, then step, then value, in pages. */
export async function getMetricHistory(call: Call) {
  const run = await runRow(call);
  const name = key(call.fields, 'metric_key');
  const size = Math.min(PAGE, Math.max(1, integer(call.fields, 'max_results', PAGE)));
  const token = text(call.fields, 'page_token', { fallback: '' });
  const found = await seriesOf(call, run.run_id, name);
  const only = found.length === 1 ? found[0] : undefined;
  if (only?.orderly === 1) return pageInOrder(call, only, name, size, token);
  const offset = pageOffset(token);
  const contexts = new Map(found.map((one) => [one.series_id, one.context]));
  const rows =
    found.length === 0
      ? []
      : await call.deps.store.read
          .selectFrom('mltrack_points')
          .selectAll()
          .where('series_id', 'in', [...contexts.keys()])
          .orderBy('timestamp')
          .orderBy('step')
          .orderBy('value')
          .limit(size + 1)
          .offset(offset)
          .execute();
  return {
    metrics: rows
      .slice(0, size)
      .map((row) => ({ ...wirePoint(row, name), ...tiesOf(contexts.get(row.series_id) ?? '') })),
    ...(rows.length > size ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

const tiesOf = (context: string): object => (context === '' ? {} : JSON.parse(context));

/** Where steps and times rise together, a page begins where the last one ended: the millionth point costs what the first does. */
async function pageInOrder(call: Call, series: Series, name: string, size: number, token: string) {
  const last = readPlace(token);
  let query = call.deps.store.read
    .selectFrom('mltrack_points')
    .select(['step', 'timestamp', 'value'])
    .where('series_id', '=', series.series_id)
    .orderBy('step')
    .orderBy('timestamp')
    .orderBy('value')
    .limit(size + 1);
  if (last)
    query = query.where(sql<boolean>`(step, timestamp, value) > (${last.step}, ${last.timestamp}, ${last.value})`);
  const rows = await query.execute();
  const page = rows.slice(0, size);
  const end = page.at(-1);
  return {
    metrics: page.map((row) => ({ ...wirePoint(row, name), ...tiesOf(series.context) })),
    ...(rows.length > size && end
      ? { next_page_token: Buffer.from(JSON.stringify([end.step, end.timestamp, end.value])).toString('base64url') }
      : {}),
  };
}

function readPlace(token: string): Point | undefined {
  if (token === '') return undefined;
  try {
    const [step, timestamp, value] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown[];
    if (Number.isSafeInteger(step) && Number.isSafeInteger(timestamp) && typeof value === 'string')
      return { step: step as number, timestamp: timestamp as number, value };
  } catch {
    // Told below.
  }
  throw invalid('The page_token is not one that this service gave out.', { target: 'page_token' });
}

/**
 * Points of one metric of several runs, thinned to about `max_results` a run where there are more; the first and the last are always there. A
 * series of a million points is not read for it: each point is looked up by its place.
 */
export async function getMetricHistoryBulkInterval(call: Call) {
  const name = key(call.fields, 'metric_key');
  const most = Math.min(BULK_POINTS, Math.max(1, integer(call.fields, 'max_results', 320)));
  const from = integer(call.fields, 'start_step', Number.MIN_SAFE_INTEGER);
  const to = integer(call.fields, 'end_step', Number.MAX_SAFE_INTEGER);
  if (from > to) throw invalid(`start_step ${from} is above end_step ${to}.`, { target: 'start_step' });
  const metrics: object[] = [];
  for (const runId of texts(call.fields, 'run_ids').slice(0, BULK_RUNS)) {
    const found = await seriesOf(call, runId, name);
    const points: Point[] = [];
    for (const series of found) points.push(...(await thinned(call, series.series_id, most, from, to)));
    if (found.length > 1) points.sort((a, b) => a.step - b.step || a.timestamp - b.timestamp);
    metrics.push(...points.map((point) => ({ ...wirePoint(point, name), run_id: runId })));
  }
  return { metrics };
}

async function thinned(call: Call, id: number, most: number, from: number, to: number): Promise<readonly Point[]> {
  const { read } = call.deps.store;
  const within = read
    .selectFrom('mltrack_points')
    .select(['step', 'timestamp', 'value'])
    .where('series_id', '=', id)
    .where('step', '>=', from)
    .where('step', '<=', to);
  const all = await within
    .orderBy('step')
    .orderBy('timestamp')
    .orderBy('value')
    .limit(most + 1)
    .execute();
  const first = all[0];
  if (all.length <= most || !first) return all;
  const last = await within.orderBy('step', 'desc').orderBy('timestamp', 'desc').limit(1).executeTakeFirstOrThrow();
  if (most === 1) return [last];
  // Points without steps lie along their times.
  const column = first.step === last.step ? 'timestamp' : 'step';
  const [low, high] = [Number(first[column]), Number(last[column])];
  const place = column === 'step' ? sql`series_id = ${id}` : sql`series_id = ${id} AND step = ${first.step}`;
  const mark = sql.ref(column);
  // Each mark takes the first point at or after it, by one look into the key. CROSS: otherwise SQLite reads every point to find the few places.
  const picked = sql<Point>`(
    WITH RECURSIVE marks(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM marks WHERE n < ${most - 1}),
    places(place) AS (SELECT DISTINCT
      (SELECT ${mark} FROM mltrack_points WHERE ${place} AND ${mark} >= ${low} + n * (${high - low}) / ${most - 1} ORDER BY ${mark} LIMIT 1)
      FROM marks)
    SELECT step, timestamp, value FROM places CROSS JOIN mltrack_points WHERE ${place} AND ${mark} = places.place)`;
  const rows = await read
    .selectFrom(picked.as('picked'))
    .selectAll()
    .orderBy('step')
    .orderBy('timestamp')
    .limit(most * 2)
    .execute();
  const points = rows.map((row) => ({
    step: Number(row.step),
    timestamp: Number(row.timestamp),
    value: row.value,
  }));
  const end = points.at(-1);
  if (end?.step !== last.step || end.timestamp !== last.timestamp) points.push(last);
  return points;
}
