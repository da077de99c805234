import type { ExpressionFunction } from './function.ts';
import { isSuccess, resultsOf, statusOf } from './status.ts';

/**
 * At least one dependency ran to a success or a failure, or there are none, and the run isn't canceled. Recorded: skipped
 * dependencies alone give false, though the documentation says "regardless".
 */
export const succeededOrFailed: ExpressionFunction = {
  name: 'succeededOrFailed',
  least: 0,
  most: Number.POSITIVE_INFINITY,
  evaluate(call) {
    const status = statusOf(call, 'succeededOrFailed');
    if (status.level === 'step') return isSuccess(status.jobStatus) || status.jobStatus === 'Failed';
    const results = resultsOf(call, status);
    if (status.canceled || !results) return false;
    return results.length === 0 || results.some((result) => isSuccess(result) || result === 'Failed');
  },
};
