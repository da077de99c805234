import type { ExpressionFunction } from './function.ts';
import { statusOf } from './status.ts';

export const always: ExpressionFunction = {
  name: 'always',
  least: 0,
  most: 0,
  evaluate(call) {
    statusOf(call, 'always');
    return true;
  },
};
