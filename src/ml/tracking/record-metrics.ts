import { notFound } from '../../kernel/errors.ts';
import type { TrackingDeps } from './call.ts';
import { writeMetrics } from './write-metrics.ts';

/** `timestamp` in milliseconds since 1970. */
export type MetricPoint = {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly timestamp: number;
};

/** Adds points to a run's metrics, all or none. @throws not-found when there is no such run */
export async function recordMetrics(
  deps: Pick<TrackingDeps, 'store' | 'logged'>,
  workspaceId: string,
  runId: string,
  points: readonly MetricPoint[],
): Promise<void> {
  await deps.store.write(async (writer) => {
    const run = await writer
      .selectFrom('mltrack_runs')
      .select('run_id')
      .where('workspace_id', '=', workspaceId)
      .where('run_id', '=', runId)
      .executeTakeFirst();
    if (!run) throw notFound(`Run ${runId} was not found.`, { wire: 'RunNotFound' });
    const metrics = points.map((point) => ({ ...point, value: String(point.value), context: '', modelId: '' }));
    await writeMetrics(writer, { workspace_id: workspaceId, run_id: runId }, metrics);
  });
  deps.logged?.(workspaceId, runId);
}
