import type { Call } from '../call.ts';
import { createFigures } from './figures.ts';
import { traceMetricQuery } from './metric-query.ts';
import { addSamples } from './samples.ts';

/**
 * `POST traces/metrics`: figures over traces, their spans or their assessments, a point for each bucket of time and value of the dimensions
 * (reference server's source). The points of one answer are all that there are up to `max_results`; there are no further pages.
 * @throws invalid for what the view's metric has not; limit when spans of too many traces would have to be read
 */
export async function queryTraceMetrics(call: Call) {
  const query = traceMetricQuery(call);
  const figures = createFigures(query);
  await addSamples(call, query, figures.add);
  return { data_points: figures.points() };
}
