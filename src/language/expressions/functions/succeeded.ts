import type { ExpressionFunction } from './function.ts';
import { isSuccess, resultsOf, statusOf } from './status.ts';

/** Every dependency (or named one) succeeded, with or without issues, and the run isn't canceled. */
export const succeeded: ExpressionFunction = {
  name: 'succeeded',
  least: 0,
  most: Number.POSITIVE_INFINITY,
  evaluate(call) {
    const status = statusOf(call, 'succeeded');
    if (status.level === 'step') return isSuccess(status.jobStatus);
    return !status.canceled && (resultsOf(call, status)?.every(isSuccess) ?? false);
  },
};
