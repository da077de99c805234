import { equal } from '../compare.ts';
import type { ExpressionFunction } from './function.ts';

/** Whether the first argument equals one of the others; those after the first match aren't evaluated. */
export const inFunction: ExpressionFunction = {
  name: 'in',
  least: 2,
  most: Number.POSITIVE_INFINITY,
  evaluate(call) {
    const sought = call.argument(0);
    for (let index = 1; index < call.count; index++) if (equal(sought, call.argument(index))) return true;
    return false;
  },
};
