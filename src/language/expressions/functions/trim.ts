import { toText } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

/** Removes white space at both ends, U+00A0 included. */
export const trim: ExpressionFunction = {
  name: 'trim',
  least: 1,
  most: 1,
  evaluate: (call) => toText(call.argument(0)).trim(),
};
