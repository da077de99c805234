import type { Aggregation, TraceMetricQuery } from './metric-query.ts';

/** One thing that is counted or measured. */
export type Sample = {
  /** Milliseconds since 1970, by which it falls into a bucket. */
  readonly time: number;
  /** By the query's dimensions; what lacks one of them belongs to no group. */
  readonly dimensions: Readonly<Record<string, string | undefined>>;
  /** A number that is measured, or a text of which different ones are counted; undefined is not counted. */
  readonly value: number | string | undefined;
};

type Group = {
  readonly bucket: number | undefined;
  readonly dimensions: readonly string[];
  readonly numbers: number[];
  readonly different: Set<string>;
};

/**
 * Groups samples, and makes the points of an answer: in the order of time, then of the dimensions. Without groups there is one point, of COUNT 0 where
 * nothing was counted, and none where there is nothing to measure (as SQL has it in the reference server).
 */
export function createFigures(
  query: Pick<TraceMetricQuery, 'metric' | 'aggregations' | 'dimensions' | 'bucket' | 'limit'>,
) {
  const groups = new Map<string, Group>();
  const groupOf = (bucket: number | undefined, dimensions: readonly string[]): Group => {
    const key = JSON.stringify([bucket ?? null, ...dimensions]);
    const found = groups.get(key) ?? { bucket, dimensions, numbers: [], different: new Set() };
    groups.set(key, found);
    return found;
  };
  if (query.bucket === undefined && query.dimensions.length === 0) groupOf(undefined, []);

  return {
    add({ time, dimensions, value }: Sample): void {
      if (value === undefined) return;
      const named = query.dimensions.map((name) => dimensions[name]);
      if (named.includes(undefined)) return;
      const bucket = query.bucket === undefined ? undefined : Math.floor(time / query.bucket) * query.bucket;
      const group = groupOf(bucket, named as string[]);
      if (typeof value === 'number') group.numbers.push(value);
      else group.different.add(value);
    },
    points(): object[] {
      const points: object[] = [];
      for (const group of [...groups.values()].sort(byTimeAndDimensions)) {
        if (points.length === query.limit) break;
        const sorted = group.numbers.sort((a, b) => a - b);
        const values: Record<string, number> = {};
        for (const one of query.aggregations) {
          const value = figure(one, sorted, group.different.size);
          if (value !== undefined) values[nameOf(one)] = value;
        }
        if (Object.keys(values).length === 0) continue;
        points.push({
          metric_name: query.metric,
          dimensions: {
            ...(group.bucket === undefined ? {} : { time_bucket: wireTime(group.bucket) }),
            ...Object.fromEntries(query.dimensions.map((name, at) => [name, group.dimensions[at] as string])),
          },
          values,
        });
      }
      return points;
    },
  };
}

function byTimeAndDimensions(a: Group, b: Group): number {
  if (a.bucket !== b.bucket) return (a.bucket ?? 0) - (b.bucket ?? 0);
  for (const [at, left] of a.dimensions.entries()) {
    const right = b.dimensions[at] as string;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** As Python writes a time: buckets are whole seconds. */
const wireTime = (time: number) => new Date(time).toISOString().replace('.000Z', '+00:00');

/** `P50.0`: as the reference server's Python writes the number. */
function nameOf({ kind, percent }: Aggregation): string {
  if (percent === undefined) return kind;
  return `P${Number.isInteger(percent) ? percent.toFixed(1) : percent}`;
}

function figure({ kind, percent = 0 }: Aggregation, sorted: readonly number[], different: number): number | undefined {
  if (kind === 'COUNT') return sorted.length + different;
  if (sorted.length === 0) return undefined;
  const sum = () => sorted.reduce((total, one) => total + one, 0);
  switch (kind) {
    case 'SUM':
      return sum();
    case 'AVG':
      return sum() / sorted.length;
    case 'MIN':
      return sorted[0];
    case 'MAX':
      return sorted.at(-1);
    case 'PERCENTILE':
      return percentile(sorted, percent);
  }
}

/** Linear between the two nearest, as PERCENTILE_CONT. */
export function percentile(sorted: readonly number[], percent: number): number {
  const place = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (place - below) * (high - low);
}
