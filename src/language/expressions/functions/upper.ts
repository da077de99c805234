import { toText } from '../convert.ts';
import { upperCase } from '../letter-case.ts';
import type { ExpressionFunction } from './function.ts';

export const upper: ExpressionFunction = {
  name: 'upper',
  least: 1,
  most: 1,
  evaluate: (call) => upperCase(toText(call.argument(0))),
};
