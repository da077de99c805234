import { toText } from '../convert.ts';
import { upperCase } from '../letter-case.ts';
import type { ExpressionFunction } from './function.ts';

export const endsWith: ExpressionFunction = {
  name: 'endsWith',
  least: 2,
  most: 2,
  evaluate: (call) => upperCase(toText(call.argument(0))).endsWith(upperCase(toText(call.argument(1)))),
};
