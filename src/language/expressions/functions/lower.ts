import { toText } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

export const lower: ExpressionFunction = {
  name: 'lower',
  least: 1,
  most: 1,
  evaluate: (call) => toText(call.argument(0)).toLowerCase(),
};
