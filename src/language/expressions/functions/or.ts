import { toBoolean } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

/** True when any argument is; stops at the first that is. */
export const or: ExpressionFunction = {
  name: 'or',
  least: 2,
  most: Number.POSITIVE_INFINITY,
  evaluate(call) {
    for (let index = 0; index < call.count; index++) if (toBoolean(call.argument(index))) return true;
    return false;
  },
};
