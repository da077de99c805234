import type { TimelineResult } from '../contracts/agent.ts';

/** The words that conditions and `agent.jobstatus` know. */
export type JobStatus = 'Succeeded' | 'SucceededWithIssues' | 'Failed' | 'Canceled';

const order: readonly TimelineResult[] = [
  'succeeded',
  'succeededWithIssues',
  'failed',
  'canceled',
  'skipped',
  'abandoned',
];

/** Joins two results: the worse one, except that nothing replaces a result that is already beyond `failed` (agent source). */
export function mergeResults(current: TimelineResult | undefined, next: TimelineResult): TimelineResult {
  if (current === undefined) return next;
  const at = order.indexOf(current);
  if (at > order.indexOf('failed')) return current;
  return order.indexOf(next) > at ? next : current;
}

/** What a step's result makes of the job's: only failures and issues count. */
export function mergeStepIntoJob(job: TimelineResult, step: TimelineResult): TimelineResult {
  return step === 'failed' || step === 'succeededWithIssues' ? mergeResults(job, step) : job;
}

/** Spells a result as `agent.jobstatus` does. */
export function jobStatusOf(result: TimelineResult): JobStatus {
  switch (result) {
    case 'succeeded':
      return 'Succeeded';
    case 'succeededWithIssues':
      return 'SucceededWithIssues';
    case 'canceled':
      return 'Canceled';
    default:
      return 'Failed';
  }
}

/** A `result=` property of `task.complete`: the exact word, or its number. */
export function parseTaskResult(text: string): TimelineResult | undefined {
  const number = /^\d$/.test(text) ? order[Number(text)] : undefined;
  return number ?? order.find((result) => `${result[0]?.toUpperCase()}${result.slice(1)}` === text);
}
