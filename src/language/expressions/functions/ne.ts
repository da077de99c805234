import { equal } from '../compare.ts';
import type { ExpressionFunction } from './function.ts';

export const ne: ExpressionFunction = {
  name: 'ne',
  least: 2,
  most: 2,
  evaluate: (call) => !equal(call.argument(0), call.argument(1)),
};
