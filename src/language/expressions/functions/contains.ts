import { toText } from '../convert.ts';
import { upperCase } from '../letter-case.ts';
import type { ExpressionFunction } from './function.ts';

/** Substring test that ignores case; a collection can't be searched (that is `containsValue`). */
export const contains: ExpressionFunction = {
  name: 'contains',
  least: 2,
  most: 2,
  evaluate: (call) => upperCase(toText(call.argument(0))).includes(upperCase(toText(call.argument(1)))),
};
