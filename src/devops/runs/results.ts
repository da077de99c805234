import type { TimelineResult } from '../../contracts/agent.ts';

/** Worst wins, as agents merge step results; what is beyond `failed` stays once reached. */
const RANK: Readonly<Record<TimelineResult, number>> = {
  succeeded: 0,
  succeededWithIssues: 1,
  failed: 2,
  canceled: 3,
  skipped: 4,
  abandoned: 5,
};

/** Merges two results: the worse of them, but nothing replaces one that is beyond `failed` (agent source). */
export function mergeResults(current: TimelineResult, next: TimelineResult): TimelineResult {
  return RANK[current] > RANK.failed || RANK[next] <= RANK[current] ? current : next;
}

/** A result as expressions see it (`dependencies.J.result`). */
export function resultName(result: TimelineResult): string {
  return result.charAt(0).toUpperCase() + result.slice(1);
}

/**
 * The result of a job of several legs. A leg that was lost makes the job abandoned, whatever the others did.
 * @param legs results of its legs, at least one
 */
export function jobResult(legs: readonly TimelineResult[]): TimelineResult {
  if (legs.includes('abandoned')) return 'abandoned';
  if (legs.includes('failed')) return 'failed';
  if (legs.includes('canceled')) return 'canceled';
  return legs.reduce(mergeResults, 'succeeded' as TimelineResult);
}

/** The result of a stage whose jobs have all ended (rules inferred from the documentation). */
export function stageResult(jobs: readonly TimelineResult[]): TimelineResult {
  if (jobs.some((result) => result === 'failed' || result === 'abandoned')) return 'failed';
  if (jobs.includes('canceled')) return 'canceled';
  if (jobs.length > 0 && jobs.every((result) => result === 'skipped')) return 'skipped';
  return jobs.includes('succeededWithIssues') ? 'succeededWithIssues' : 'succeeded';
}

export type RunResult = 'succeeded' | 'partiallySucceeded' | 'failed' | 'canceled';

/** The result of a run whose stages have all ended. A run that was asked to stop is canceled. */
export function runResult(stages: readonly TimelineResult[], canceled: boolean): RunResult {
  if (canceled) return 'canceled';
  if (stages.some((result) => result === 'failed' || result === 'abandoned')) return 'failed';
  if (stages.includes('canceled')) return 'canceled';
  return stages.includes('succeededWithIssues') ? 'partiallySucceeded' : 'succeeded';
}

/** Reads a result in any spelling that clients send: names in any case, or the number. */
export function parseResult(value: unknown): TimelineResult | undefined {
  const names = Object.keys(RANK) as TimelineResult[];
  if (typeof value === 'number') return names[value];
  const text = String(value).toLowerCase();
  return names.find((name) => name.toLowerCase() === text) ?? (text === 'cancelled' ? 'canceled' : undefined);
}
