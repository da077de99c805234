import { toText } from '../convert.ts';
import { arrayOf } from '../value.ts';
import type { ExpressionFunction } from './function.ts';

/** Splits at a delimiter taken as one string (the documentation speaks of a set of characters; recordings don't). */
export const split: ExpressionFunction = {
  name: 'split',
  least: 2,
  most: 2,
  evaluate(call) {
    const text = toText(call.argument(0));
    const delimiter = toText(call.argument(1));
    return arrayOf(delimiter === '' ? [text] : text.split(delimiter));
  },
};
