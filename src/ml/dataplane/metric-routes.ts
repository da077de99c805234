import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../kernel/errors.ts';
import { guidOf } from '../../kernel/ids.ts';
import { type LoggedPoint, type MetricPoint, WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import { textField } from '../wire-fields.ts';
import { type DataPlaneDeps, findRun, parameter } from './deps.ts';

const BATCH_LIMIT = 1000;
const PAGE = 10_000;
/** The one kind of chart that plain values make. */
const UX_TYPE = 'azureml.v1.scalar';

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

  const runOf = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    return { workspace, run: await findRun(deps, workspace, parameter(request, 'runId')) };
  };
  // Asked at the end of a run by the first generation's SDK: what was posted is written when that is answered, so there is nothing to wait for.
  service.get(
    `/history/v1.0${WORKSPACE_PATH}/experiments/:experiment/runs/:runId/metricsingest/wait`,
    async (request) => {
      await runOf(request);
      return {};
    },
  );
  service.post(`/metric/v2.0${WORKSPACE_PATH}/runs/:runId/list`, async (request) => {
    const { workspace, run } = await runOf(request);
    const names = await deps.tracking.logged.names(workspace.id, run.runId);
    return {
      value: names.map((name) => ({
        metricKey: { namespace: null, name, labels: [], columnNames: [name] },
        columns: { [name]: 'Double' },
        properties: { uxMetricType: UX_TYPE },
      })),
      continuationToken: null,
      nextLink: null,
    };
  });
  // A sample is the whole here as long as it fits on a page.
  for (const what of ['full', 'sample'])
    service.post(`/metric/v2.0${WORKSPACE_PATH}/runs/:runId/${what}`, async (request) => {
      const { workspace, run } = await runOf(request);
      const name = textField(request.body, 'metricName');
      if (name === undefined) throw invalid("The body's 'metricName' is missing.", { target: 'metricName' });
      const offset = Number(textField(request.body, 'continuationToken') ?? 0) || 0;
      const found = await deps.tracking.logged.points(workspace.id, run.runId, name, { offset, size: PAGE + 1 });
      if (found.length === 0 && offset === 0)
        throw notFound(`Run ${run.runId} has no metric '${name.slice(0, 250)}'.`, {
          wire: 'MetricNotFound',
          target: 'metricName',
        });
      const isPart = found.length > PAGE;
      return {
        ...(what === 'sample' ? { isPartialResult: isPart, derivedLabelValues: {} } : {}),
        dataContainerId: `dcid.${run.runId}`,
        name,
        columns: { [name]: 'Double' },
        properties: { uxMetricType: UX_TYPE },
        namespace: null,
        standardSchemaId: null,
        value: found.slice(0, PAGE).map((point) => wirePoint(run.runId, name, point)),
        continuationToken: isPart && what === 'full' ? String(offset + PAGE) : null,
        nextLink: null,
      };
    });
}

function wirePoint(runId: string, name: string, { step, timestamp, value }: LoggedPoint) {
  const number = Number(value);
  return {
    metricId: guidOf(`${runId}/${name}/${step}/${timestamp}/${value}`),
    createdUtc: new Date(timestamp).toISOString(),
    step,
    // JSON has no other numbers.
    data: { [name]: Number.isFinite(number) ? number : value },
  };
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
