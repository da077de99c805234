import { CompiledQuery } from 'kysely';
import type { Writer } from '../../store/index.ts';
import type { TrackingTables } from './tables.ts';

export type Metric = {
  readonly key: string;
  /** As JavaScript writes a number. */
  readonly value: string;
  readonly timestamp: number;
  readonly step: number;
  /** JSON; empty when the value is tied to nothing. */
  readonly context: string;
  /** The model among what it is tied to, or empty. */
  readonly modelId: string;
};

type Series = Omit<TrackingTables['mltrack_series'], 'workspace_id' | 'run_id'>;
type Latest = Pick<Series, 'step' | 'timestamp' | 'value'>;

/** Rows of one INSERT. Each count is a statement of its own that stays prepared: few counts, so that all of them do. */
const COUNTS = [256, 64, 16, 4, 1] as const;

const statements = new Map<string, string>();
/** `head (?, ?), (?, ?) tail`, the same text each time. */
function statementOf(head: string, columns: number, count: number, tail: string): string {
  const key = `${head}${count}`;
  let text = statements.get(key);
  if (text === undefined) {
    const row = `(${Array(columns).fill('?').join(', ')})`;
    text = `${head} VALUES ${Array(count).fill(row).join(', ')} ${tail}`;
    statements.set(key, text);
  }
  return text;
}

/** Inserts rows, given flat, by the fewest statements. */
async function insertRows(
  writer: Writer<TrackingTables>,
  head: string,
  tail: string,
  columns: number,
  values: readonly (string | number)[],
): Promise<void> {
  let at = 0;
  for (const count of COUNTS) {
    while (values.length - at >= count * columns) {
      const part = values.slice(at, at + count * columns);
      await writer.executeQuery(CompiledQuery.raw(statementOf(head, columns, count, tail), part));
      at += count * columns;
    }
  }
}

const ONE = `SELECT series_id, key, context, model_id, orderly, value, timestamp, step FROM mltrack_series
  WHERE workspace_id = ? AND run_id = ? AND key = ? AND context = ?`;
const ALL = `SELECT series_id, key, context, model_id, orderly, value, timestamp, step FROM mltrack_series WHERE workspace_id = ? AND run_id = ?`;
/** Above as many series, those of the whole run are read at once. */
const SINGLE_LOOKUPS = 4;

/**
 * Adds points to a run's metrics. This is the hot path of the whole service: texts of statements are the same each time and stay prepared, and many rows share
 * one. A point that is there already is not doubled: a client repeats a request whose answer was lost.
 */
export async function writeMetrics(
  writer: Writer<TrackingTables>,
  run: { readonly workspace_id: string; readonly run_id: string },
  metrics: readonly Metric[],
): Promise<void> {
  if (metrics.length === 0) return;
  const groups = new Map<string, Metric[]>();
  for (const metric of metrics) {
    const name = nameOf(metric);
    const group = groups.get(name);
    if (group) group.push(metric);
    else groups.set(name, [metric]);
  }
  const known = await knownSeries(writer, run, groups);
  const changed: (string | number)[] = [];
  const points: (string | number)[] = [];
  let next: number | undefined;
  for (const [name, group] of groups) {
    const series = known.get(name);
    next ??= series ? undefined : await nextId(writer);
    const id = series?.series_id ?? (next as number);
    if (!series && next !== undefined) next++;
    const first = group[0] as Metric;
    const { latest, orderly } = advance(series, group);
    if (latest !== series || orderly !== (series.orderly === 1)) {
      const { value, timestamp, step } = latest;
      changed.push(id, run.workspace_id, run.run_id, first.key, first.context, first.modelId);
      changed.push(orderly ? 1 : 0, value, timestamp, step);
    }
    for (const { step, timestamp, value } of group) points.push(id, step, timestamp, value);
  }
  await insertRows(writer, 'INSERT INTO mltrack_points', 'ON CONFLICT DO NOTHING', 4, points);
  await insertRows(
    writer,
    'INSERT INTO mltrack_series (series_id, workspace_id, run_id, key, context, model_id, orderly, value, timestamp, step)',
    `ON CONFLICT (series_id) DO UPDATE SET orderly = excluded.orderly, value = excluded.value,
      timestamp = excluded.timestamp, step = excluded.step`,
    10,
    changed,
  );
}

const nameOf = (one: { key: string; context: string }) => (one.context === '' ? one.key : `${one.key}\0${one.context}`);

async function knownSeries(
  writer: Writer<TrackingTables>,
  run: { readonly workspace_id: string; readonly run_id: string },
  groups: ReadonlyMap<string, readonly Metric[]>,
): Promise<Map<string, Series>> {
  const place = [run.workspace_id, run.run_id];
  const found = new Map<string, Series>();
  const add = async (query: CompiledQuery<Series>) => {
    for (const row of (await writer.executeQuery(query)).rows) found.set(nameOf(row), row);
  };
  if (groups.size > SINGLE_LOOKUPS) await add(CompiledQuery.raw(ALL, place) as CompiledQuery<Series>);
  else
    for (const [first] of groups.values())
      if (first) await add(CompiledQuery.raw(ONE, [...place, first.key, first.context]) as CompiledQuery<Series>);
  return found;
}

async function nextId(writer: Writer<TrackingTables>): Promise<number> {
  const query = CompiledQuery.raw('SELECT MAX(series_id) AS last FROM mltrack_series') as CompiledQuery<{
    last: number | null;
  }>;
  return Number((await writer.executeQuery(query)).rows[0]?.last ?? 0) + 1;
}

/** What a series is after more points, which may come in any order. */
function advance(series: Series | undefined, group: readonly Metric[]): { latest: Latest; orderly: boolean } {
  let latest: Latest | undefined = series;
  let orderly = series ? series.orderly === 1 : true;
  let last: Latest | undefined = series;
  for (const point of group) {
    if (last && (point.step < last.step || point.timestamp < last.timestamp)) orderly = false;
    last = point;
    if (!latest || isLater(point, latest)) latest = point;
  }
  return { latest: latest as Latest, orderly };
}

/** Whether a point comes after another by step, then time, then value (documented); NaN counts as the smallest value. */
export function isLater(a: Latest, b: Latest): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return Number(a.value) > Number(b.value) || (Number.isNaN(Number(b.value)) && !Number.isNaN(Number(a.value)));
}
