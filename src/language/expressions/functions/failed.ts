import type { ExpressionFunction } from './function.ts';
import { resultsOf, statusOf } from './status.ts';

/** A dependency (or named one) failed, and the run isn't canceled. */
export const failed: ExpressionFunction = {
  name: 'failed',
  least: 0,
  most: Number.POSITIVE_INFINITY,
  evaluate(call) {
    const status = statusOf(call, 'failed');
    if (status.level === 'step') return status.jobStatus === 'Failed';
    return !status.canceled && (resultsOf(call, status)?.includes('Failed') ?? false);
  },
};
