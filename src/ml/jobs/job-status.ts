import type { JobStatus } from '../types.ts';

const TERMINAL: ReadonlySet<JobStatus> = new Set(['Completed', 'Failed', 'Canceled', 'NotResponding']);

export function isTerminal(status: JobStatus): boolean {
  return TERMINAL.has(status);
}

export function isWaiting(status: JobStatus): boolean {
  return status === 'NotStarted';
}

/** How a run that has ended counts for the pipeline around it; undefined for one that has not. */
export function outcomeOf(state: {
  readonly status: JobStatus;
  readonly skipped?: true;
}): 'completed' | 'skipped' | 'failed' | 'canceled' | undefined {
  if (state.status === 'Completed') return 'completed';
  if (state.status === 'Canceled') return state.skipped ? 'skipped' : 'canceled';
  return isTerminal(state.status) ? 'failed' : undefined;
}
