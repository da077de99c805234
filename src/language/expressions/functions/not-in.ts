import type { ExpressionFunction } from './function.ts';
import { inFunction } from './in.ts';

export const notIn: ExpressionFunction = {
  name: 'notIn',
  least: 2,
  most: Number.POSITIVE_INFINITY,
  evaluate: (call) => inFunction.evaluate(call) !== true,
};
