import { toNumber, toText } from '../convert.ts';
import { decimalFrom, floorDecimal } from '../decimal.ts';
import { evaluationFault } from '../error.ts';
import type { ExpressionFunction } from './function.ts';

/** A number that grows by one a run, for a pipeline and a prefix; begins at the seed. Legal in runtime variables only. */
export const counter: ExpressionFunction = {
  name: 'counter',
  least: 0,
  most: 2,
  evaluate(call) {
    const prefix = call.count > 0 ? toText(call.argument(0)) : '';
    const seed = call.count > 1 ? floorDecimal(toNumber(call.argument(1))) : 0;
    if (!call.host.counter) throw evaluationFault('The function counter is only available in root variables');
    return decimalFrom(call.host.counter(prefix, seed));
  },
};
