import { fold } from '../compare.ts';
import { toText } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

export const endsWith: ExpressionFunction = {
  name: 'endsWith',
  least: 2,
  most: 2,
  evaluate: (call) => fold(toText(call.argument(0))).endsWith(fold(toText(call.argument(1)))),
};
