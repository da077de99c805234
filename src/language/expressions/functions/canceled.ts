import type { ExpressionFunction } from './function.ts';
import { statusOf } from './status.ts';

/** Step: the job is canceled; job and stage: the run is. */
export const canceled: ExpressionFunction = {
  name: 'canceled',
  least: 0,
  most: 0,
  evaluate(call) {
    const status = statusOf(call, 'canceled');
    return status.level === 'step' ? status.jobStatus === 'Canceled' : status.canceled;
  },
};
