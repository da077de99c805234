import type { FastifyInstance } from 'fastify';
import { invalid } from '../../kernel/errors.ts';
import { type MetricPoint, WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import { type DataPlaneDeps, parameter } from './deps.ts';

const BATCH_LIMIT = 1000;

type Posted = { name?: unknown; value?: unknown };
type PostedValue = { createdUtc?: unknown; step?: unknown; data?: unknown };

/** Metrics as packages other than mlflow post them: each with rows, each row with a step, a time and columns. They join the run's MLflow metrics. */
export function registerMetrics(service: FastifyInstance, deps: DataPlaneDeps): void {
  service.post(`/metric/v2.0${WORKSPACE_PATH}/runs/:runId/batch`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const metrics = (request.body as { values?: unknown } | undefined)?.values;
    if (!Array.isArray(metrics) || metrics.length > BATCH_LIMIT)
      throw invalid(`The body's 'values' is a list of at most ${BATCH_LIMIT} metrics.`, { target: 'values' });
    const points = (metrics as Posted[]).flatMap((metric) => pointsOf(metric, deps.clock.now().getTime()));
    await deps.tracking.recordMetrics(workspace.id, parameter(request, 'runId'), points);
    return { errors: [] };
  });
}

function pointsOf(metric: Posted, now: number): MetricPoint[] {
  const { name } = metric;
  if (typeof name !== 'string' || name === '' || name.length > 250)
    throw invalid('A metric has a name of at most 250 characters.', { target: 'name' });
  if (!Array.isArray(metric.value)) throw invalid(`The metric '${name}' has no list 'value'.`, { target: 'value' });
  return (metric.value as PostedValue[]).flatMap((row) => {
    const columns = Object.entries((row.data ?? {}) as Record<string, unknown>).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    const time = typeof row.createdUtc === 'string' ? Date.parse(row.createdUtc) : Number.NaN;
    return columns.map(([column, value]) => ({
      // A metric of one column, named as itself, is a plain series.
      key: column === name || columns.length === 1 ? name : `${name}.${column}`,
      value,
      step: typeof row.step === 'number' ? Math.trunc(row.step) : 0,
      timestamp: Number.isNaN(time) ? now : time,
    }));
  });
}
