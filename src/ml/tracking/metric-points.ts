import type { TrackingDeps } from './call.ts';

/** A value as JavaScript writes a number, NaN and the infinities too. Times in milliseconds since 1970. */
export type LoggedPoint = { readonly step: number; readonly timestamp: number; readonly value: string };

export type LoggedMetrics = {
  /** The names of a run's metrics, in order. */
  names(workspaceId: string, runId: string): Promise<readonly string[]>;
  /** Points of one metric in the order of steps and times, from a place in that order on. */
  points(
    workspaceId: string,
    runId: string,
    name: string,
    page: { readonly offset: number; readonly size: number },
  ): Promise<readonly LoggedPoint[]>;
};

/** What was logged of runs, for those who read it by other APIs than MLflow's. */
export function createLoggedMetrics(deps: Pick<TrackingDeps, 'store'>): LoggedMetrics {
  return {
    async names(workspaceId, runId) {
      const rows = await deps.store.read
        .selectFrom('mltrack_series')
        .select('key')
        .distinct()
        .where('workspace_id', '=', workspaceId)
        .where('run_id', '=', runId)
        .orderBy('key')
        .execute();
      return rows.map((row) => row.key);
    },
    points: (workspaceId, runId, name, { offset, size }) =>
      deps.store.read
        .selectFrom('mltrack_series')
        .innerJoin('mltrack_points', 'mltrack_points.series_id', 'mltrack_series.series_id')
        .select(['mltrack_points.step', 'mltrack_points.timestamp', 'mltrack_points.value'])
        .where('workspace_id', '=', workspaceId)
        .where('run_id', '=', runId)
        .where('key', '=', name)
        .orderBy('mltrack_points.step')
        .orderBy('mltrack_points.timestamp')
        .orderBy('mltrack_points.value')
        .limit(size)
        .offset(offset)
        .execute(),
  };
}
