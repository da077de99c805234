import { invalid } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import { integer, list, text, texts } from '../wire.ts';
import { parseMetricFilter, type TraceMetricFilter } from './metric-filter.ts';

export type View = 'TRACES' | 'SPANS' | 'ASSESSMENTS';
export type AggregationKind = 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX' | 'PERCENTILE';
export type Aggregation = {
  readonly kind: AggregationKind /** 0 to 100, of PERCENTILE alone. */;
  readonly percent?: number;
};

/** What figures are asked for: one metric of one view, grouped by dimensions and, where a bucket is given, by time. */
export type TraceMetricQuery = {
  readonly experiments: readonly string[];
  readonly view: View;
  readonly metric: string;
  readonly aggregations: readonly Aggregation[];
  readonly dimensions: readonly string[];
  readonly filters: readonly TraceMetricFilter[];
  /** Milliseconds; undefined for no buckets. */
  readonly bucket: number | undefined;
  /** Milliseconds since 1970, both inclusive. */
  readonly from: number | undefined;
  readonly until: number | undefined;
  readonly limit: number;
};

type Metric = { readonly aggregations: readonly AggregationKind[]; readonly dimensions: readonly string[] };

const COUNT: readonly AggregationKind[] = ['COUNT'];
const MEASURED: readonly AggregationKind[] = ['AVG', 'MAX', 'MIN', 'PERCENTILE'];
const SUMMED: readonly AggregationKind[] = [...MEASURED, 'SUM'];
const TOKENS: Metric = { aggregations: SUMMED, dimensions: ['trace_name'] };
const COST: Metric = { aggregations: SUMMED, dimensions: ['span_model_name', 'span_model_provider'] };

/** Which metrics a view has, and what may be asked of each (reference server's source). */
const METRICS: Readonly<Record<View, Readonly<Record<string, Metric>>>> = {
  TRACES: {
    trace_count: { aggregations: COUNT, dimensions: ['trace_name', 'trace_status'] },
    session_count: { aggregations: COUNT, dimensions: [] },
    latency: { aggregations: MEASURED, dimensions: ['trace_name'] },
    input_tokens: TOKENS,
    output_tokens: TOKENS,
    total_tokens: TOKENS,
    cache_read_input_tokens: TOKENS,
    cache_creation_input_tokens: TOKENS,
  },
  SPANS: {
    span_count: {
      aggregations: COUNT,
      dimensions: ['span_name', 'span_type', 'span_status', 'span_model_name', 'span_model_provider'],
    },
    latency: { aggregations: MEASURED, dimensions: ['span_name', 'span_status'] },
    input_cost: COST,
    output_cost: COST,
    total_cost: COST,
  },
  ASSESSMENTS: {
    assessment_count: { aggregations: COUNT, dimensions: ['assessment_name', 'assessment_value'] },
    assessment_value: { aggregations: MEASURED, dimensions: ['assessment_name'] },
  },
};
const VIEWS: readonly View[] = ['TRACES', 'SPANS', 'ASSESSMENTS'];
const KINDS: readonly AggregationKind[] = ['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'];

const EXPERIMENT_LIMIT = 900;
const ENTRY_LIMIT = 100;
const POINT_LIMIT = 50_000;

/**
 * What a request asks for.
 * @throws invalid for a metric that the view has not, and for an aggregation, dimension or filter that the metric has not
 */
export function traceMetricQuery(call: Call): TraceMetricQuery {
  const { fields } = call;
  const experiments = texts(fields, 'experiment_ids');
  if (experiments.length === 0 || experiments.length > EXPERIMENT_LIMIT)
    throw invalid(
      `Parameter 'experiment_ids' names 1 to ${EXPERIMENT_LIMIT} experiments, found ${experiments.length}.`,
      {
        target: 'experiment_ids',
      },
    );
  const view = oneOf(VIEWS, text(fields, 'view_type'), 'view_type');
  const metrics = METRICS[view];
  const metric = oneOf(Object.keys(metrics), text(fields, 'metric_name'), 'metric_name');
  const known = metrics[metric] as Metric;
  const aggregations = aggregationsOf(call, metric, known);
  const dimensions = [...new Set(texts(fields, 'dimensions'))];
  for (const one of dimensions) oneOf(known.dimensions, one, 'dimensions');
  const filters = texts(fields, 'filters');
  if (filters.length > ENTRY_LIMIT)
    throw invalid(`At most ${ENTRY_LIMIT} filters at once, found ${filters.length}.`, { target: 'filters' });
  const optional = (name: string) => (given(fields[name]) ? integer(fields, name) : undefined);
  const [from, until] = [optional('start_time_ms'), optional('end_time_ms')];
  const seconds = optional('time_interval_seconds') ?? 0;
  if (seconds < 0)
    throw invalid(`time_interval_seconds is above zero, found ${seconds}.`, { target: 'time_interval_seconds' });
  if (seconds > 0 && (from === undefined || until === undefined))
    throw invalid('start_time_ms and end_time_ms are required if time_interval_seconds is set.', {
      target: 'time_interval_seconds',
    });
  const limit = integer(fields, 'max_results', 1000);
  if (limit < 1 || limit > POINT_LIMIT)
    throw invalid(`max_results is 1 to ${POINT_LIMIT}, found ${limit}.`, { target: 'max_results' });
  return {
    experiments,
    view,
    metric,
    aggregations,
    dimensions,
    filters: filters.map((one) => parseMetricFilter(one, view)),
    bucket: seconds > 0 ? seconds * 1000 : undefined,
    from,
    until,
    limit,
  };
}

const given = (value: unknown) => value !== undefined && value !== null;

function aggregationsOf(call: Call, metric: string, known: Metric): readonly Aggregation[] {
  const asked = list(call.fields, 'aggregations', ENTRY_LIMIT);
  if (asked.length === 0)
    throw invalid(`Parameter 'aggregations' asks for at least one of ${known.aggregations.join(', ')}.`, {
      target: 'aggregations',
    });
  return asked.map((one) => {
    const kind = oneOf(KINDS, text(one, 'aggregation_type'), 'aggregation_type');
    if (!known.aggregations.includes(kind))
      throw invalid(`${kind} does not apply to ${metric}: use one of ${known.aggregations.join(', ')}.`, {
        target: 'aggregations',
      });
    const percent = given(one.percentile_value) ? Number(one.percentile_value) : undefined;
    if (kind !== 'PERCENTILE') {
      if (percent !== undefined)
        throw invalid(`percentile_value goes with PERCENTILE alone, found it with ${kind}.`, {
          target: 'aggregations',
        });
      return { kind };
    }
    if (percent === undefined || !(percent >= 0 && percent <= 100))
      throw invalid(`PERCENTILE has a percentile_value of 0 to 100, found ${String(one.percentile_value)}.`, {
        target: 'aggregations',
      });
    return { kind, percent };
  });
}

function oneOf<T extends string>(words: readonly T[], found: string, target: string): T {
  if (!words.includes(found as T))
    throw invalid(
      words.length === 0
        ? `'${found.slice(0, 100)}' is not for this metric: it has no ${target}.`
        : `${target} is one of ${words.join(', ')}, found '${found.slice(0, 100)}'.`,
      { target },
    );
  return found as T;
}
