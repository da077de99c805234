import type { TrackingDeps } from './call.ts';

/** Every value of one metric of a run, as numbers in the order of their steps and times; what is not a number is left out. */
export async function metricValues(
  deps: Pick<TrackingDeps, 'store'>,
  workspaceId: string,
  runId: string,
  name: string,
): Promise<number[]> {
  const rows = await deps.store.read
    .selectFrom('mltrack_series')
    .innerJoin('mltrack_points', 'mltrack_points.series_id', 'mltrack_series.series_id')
    .select('mltrack_points.value')
    .where('workspace_id', '=', workspaceId)
    .where('run_id', '=', runId)
    .where('key', '=', name)
    .orderBy('mltrack_points.step')
    .orderBy('mltrack_points.timestamp')
    .execute();
  return rows.map((row) => Number(row.value)).filter((value) => !Number.isNaN(value));
}
