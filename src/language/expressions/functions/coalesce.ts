import type { ExpressionFunction } from './function.ts';

/** The first argument that is neither Null nor empty text, with its kind; Null when there is none. */
export const coalesce: ExpressionFunction = {
  name: 'coalesce',
  least: 2,
  most: Number.POSITIVE_INFINITY,
  evaluate(call) {
    for (let index = 0; index < call.count; index++) {
      const value = call.argument(index);
      if (value !== null && value !== '') return value;
    }
    return null;
  },
};
