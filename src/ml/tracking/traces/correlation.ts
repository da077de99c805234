import type { Call } from '../call.ts';
import { countTraces } from '../search/traces.ts';
import { text, texts } from '../wire.ts';

/**
 * How much more often two filters find the same traces than chance would: pointwise mutual information over the information of both,
 * from -1 (never together) to 1 (always). Left out, which clients read as NaN, where a filter finds nothing. The smoothed figure counts half a trace more in each of
 * the four cells (reference server's source).
 */
export async function correlateTraceFilters(call: Call) {
  const experiments = texts(call.fields, 'experiment_ids');
  const counts = await countTraces(call, experiments, text(call.fields, 'base_filter', { fallback: '' }), [
    text(call.fields, 'filter_string1'),
    text(call.fields, 'filter_string2'),
  ]);
  const plain = mutualInformation(counts, 0);
  const smoothed = mutualInformation(counts, 0.5);
  return {
    ...(Number.isNaN(plain) ? {} : { npmi: plain, npmi_smoothed: smoothed }),
    filter1_count: counts.first,
    filter2_count: counts.second,
    joint_count: counts.both,
    total_count: counts.total,
  };
}

export type TraceCounts = {
  readonly total: number;
  readonly first: number;
  readonly second: number;
  readonly both: number;
};

/** @param added to each of the four cells of the table */
export function mutualInformation({ total, first, second, both }: TraceCounts, added: number): number {
  if (first === 0 || second === 0) return Number.NaN;
  if (both === total) return 1;
  if (both === 0 && added === 0) return -1;
  const all = total + 4 * added;
  const joint = both + added;
  const shared = Math.log(joint) + Math.log(all) - Math.log(first + 2 * added) - Math.log(second + 2 * added);
  return Math.max(-1, Math.min(1, shared / (Math.log(all) - Math.log(joint))));
}
