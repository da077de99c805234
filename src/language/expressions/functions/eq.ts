import { equal } from '../compare.ts';
import type { ExpressionFunction } from './function.ts';

export const eq: ExpressionFunction = {
  name: 'eq',
  least: 2,
  most: 2,
  evaluate: (call) => equal(call.argument(0), call.argument(1)),
};
