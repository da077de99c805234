import { toNumber, toText } from '../convert.ts';
import { floorDecimal } from '../decimal.ts';
import type { ExpressionFunction } from './function.ts';

/** Part of a text from a zero-based start, to the end or of a length. Not documented; other implementations have it. */
export const substring: ExpressionFunction = {
  name: 'substring',
  least: 2,
  most: 3,
  evaluate(call) {
    const text = toText(call.argument(0));
    const start = Math.max(0, floorDecimal(toNumber(call.argument(1))));
    if (call.count === 2) return text.slice(start);
    return text.slice(start, start + Math.max(0, floorDecimal(toNumber(call.argument(2)))));
  },
};
