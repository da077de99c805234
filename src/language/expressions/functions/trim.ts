import { toText } from '../convert.ts';
import { trimWhite } from '../white-space.ts';
import type { ExpressionFunction } from './function.ts';

/** Removes white space at both ends, U+00A0 included. */
export const trim: ExpressionFunction = {
  name: 'trim',
  least: 1,
  most: 1,
  evaluate: (call) => trimWhite(toText(call.argument(0))),
};
