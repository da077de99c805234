import { toBoolean } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

export const xor: ExpressionFunction = {
  name: 'xor',
  least: 2,
  most: 2,
  evaluate: (call) => toBoolean(call.argument(0)) !== toBoolean(call.argument(1)),
};
