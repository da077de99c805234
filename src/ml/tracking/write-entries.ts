import { invalid } from '../../kernel/errors.ts';
import type { Writer } from '../../store/index.ts';
import type { TrackingTables } from './tables.ts';

export type Pair = { readonly key: string; readonly value: string };
export type Metric = {
  readonly key: string;
  readonly value: string;
  readonly timestamp: number;
  readonly step: number;
  /** JSON; empty when the value is tied to nothing. */
  readonly context: string;
};

type Place = { readonly workspace_id: string; readonly run_id: string };

/** Rows in one INSERT at most: eight columns each stay below the 32766 values that SQLite takes. */
const ROWS_AT_ONCE = 500;

export async function writeMetrics(
  writer: Writer<TrackingTables>,
  run: Place,
  metrics: readonly Metric[],
): Promise<void> {
  if (metrics.length === 0) return;
  const place = { workspace_id: run.workspace_id, run_id: run.run_id };
  for (let at = 0; at < metrics.length; at += ROWS_AT_ONCE) {
    await writer
      .insertInto('mltrack_metrics')
      .values(metrics.slice(at, at + ROWS_AT_ONCE).map((metric) => ({ ...place, ...metric })))
      // A client that repeats a request after a lost answer must not double the point.
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  const keys = [...new Set(metrics.map((metric) => metric.key))];
  for (const name of keys) {
    const candidates = metrics.filter((metric) => metric.key === name);
    const known = await writer
      .selectFrom('mltrack_latest')
      .select(['key', 'value', 'timestamp', 'step'])
      .where('workspace_id', '=', run.workspace_id)
      .where('run_id', '=', run.run_id)
      .where('key', '=', name)
      .executeTakeFirst();
    const latest = candidates.reduce<Omit<Metric, 'context'> | undefined>(
      (best, one) => (best && isLater(best, one) ? best : one),
      known,
    );
    if (!latest || latest === known) continue;
    const { value, timestamp, step } = latest;
    await writer
      .insertInto('mltrack_latest')
      .values({ ...place, key: name, value, timestamp, step })
      .onConflict((conflict) =>
        conflict.columns(['workspace_id', 'run_id', 'key']).doUpdateSet({ value, timestamp, step }),
      )
      .execute();
  }
}

/** The latest value is the greatest by step, then time, then value (documented); NaN counts as the smallest value. */
function isLater(a: Omit<Metric, 'context'>, b: Omit<Metric, 'context'>): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return Number(a.value) > Number(b.value) || Number.isNaN(Number(b.value));
}

export async function writeParams(writer: Writer<TrackingTables>, run: Place, params: readonly Pair[]): Promise<void> {
  if (params.length === 0) return;
  const known = await writer
    .selectFrom('mltrack_params')
    .select(['key', 'value'])
    .where('workspace_id', '=', run.workspace_id)
    .where('run_id', '=', run.run_id)
    .where(
      'key',
      'in',
      params.map((param) => param.key),
    )
    .execute();
  for (const param of params) {
    const before = known.find((one) => one.key === param.key);
    if (before && before.value !== param.value) throw changedParam(param.key, before.value, param.value);
  }
  await writer
    .insertInto('mltrack_params')
    .values(params.map((param) => ({ workspace_id: run.workspace_id, run_id: run.run_id, ...param })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** A parameter is written once (documented). */
export function changedParam(name: string, before: string, after: string) {
  return invalid(
    `Changing param values is not allowed. Param '${name}' was already logged with value '${before.slice(0, 200)}'; attempted to log '${after.slice(0, 200)}'.`,
    { target: 'key' },
  );
}

export async function writeTags(writer: Writer<TrackingTables>, run: Place, tags: readonly Pair[]): Promise<void> {
  for (const tag of tags) {
    await writer
      .insertInto('mltrack_tags')
      .values({ workspace_id: run.workspace_id, run_id: run.run_id, ...tag })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'run_id', 'key']).doUpdateSet({ value: tag.value }))
      .execute();
    if (tag.key === 'mlflow.runName' && tag.value !== '')
      await writer
        .updateTable('mltrack_runs')
        .set({ name: tag.value })
        .where('workspace_id', '=', run.workspace_id)
        .where('run_id', '=', run.run_id)
        .execute();
  }
}
