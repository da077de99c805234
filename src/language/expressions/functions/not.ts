import { toBoolean } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

export const not: ExpressionFunction = {
  name: 'not',
  least: 1,
  most: 1,
  evaluate: (call) => !toBoolean(call.argument(0)),
};
