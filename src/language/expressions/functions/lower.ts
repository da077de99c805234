import { toText } from '../convert.ts';
import { lowerCase } from '../letter-case.ts';
import type { ExpressionFunction } from './function.ts';

export const lower: ExpressionFunction = {
  name: 'lower',
  least: 1,
  most: 1,
  evaluate: (call) => lowerCase(toText(call.argument(0))),
};
