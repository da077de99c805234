import { toBoolean } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

/** The second argument when the first is true, else the third. Eager: the branch not chosen is evaluated too and may raise. */
export const iif: ExpressionFunction = {
  name: 'iif',
  least: 3,
  most: 3,
  evaluate(call) {
    const condition = toBoolean(call.argument(0));
    const [whenTrue, whenFalse] = [call.argument(1), call.argument(2)];
    return condition ? whenTrue : whenFalse;
  },
};
