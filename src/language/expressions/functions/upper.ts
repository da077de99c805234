import { fold } from '../compare.ts';
import { toText } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

export const upper: ExpressionFunction = {
  name: 'upper',
  least: 1,
  most: 1,
  evaluate: (call) => fold(toText(call.argument(0))),
};
