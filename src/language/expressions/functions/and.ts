import { toBoolean } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

/** True when every argument is; stops at the first that isn't. */
export const and: ExpressionFunction = {
  name: 'and',
  least: 2,
  most: Number.POSITIVE_INFINITY,
  evaluate(call) {
    for (let index = 0; index < call.count; index++) if (!toBoolean(call.argument(index))) return false;
    return true;
  },
};
