import { fold } from '../compare.ts';
import { toText } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

export const startsWith: ExpressionFunction = {
  name: 'startsWith',
  least: 2,
  most: 2,
  evaluate: (call) => fold(toText(call.argument(0))).startsWith(fold(toText(call.argument(1)))),
};
