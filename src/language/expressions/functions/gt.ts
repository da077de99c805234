import { order } from '../compare.ts';
import type { ExpressionFunction } from './function.ts';

export const gt: ExpressionFunction = {
  name: 'gt',
  least: 2,
  most: 2,
  evaluate: (call) => order(call.argument(0), call.argument(1)) > 0,
};
