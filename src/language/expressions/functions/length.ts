import { decimalFrom } from '../decimal.ts';
import { evaluationFault } from '../error.ts';
import { isCollection, kindOf, type Value } from '../value.ts';
import type { ExpressionFunction } from './function.ts';

/** Characters of a text, items of an array, properties of an object. */
export const length: ExpressionFunction = {
  name: 'length',
  least: 1,
  most: 1,
  evaluate(call) {
    const value = call.argument(0);
    const things = count(value);
    if (isCollection(value)) call.look(things);
    return decimalFrom(things);
  },
};

function count(value: Value): number {
  if (typeof value === 'string') return value.length;
  if (value !== null && typeof value === 'object') {
    if (value.kind === 'array') return value.items.length;
    if (value.kind === 'object') return [...value.entries()].length;
  }
  throw evaluationFault(
    `Kind '${kindOf(value)}' not supported. Only arrays, strings, dictionaries, or collections are supported for the length function.`,
  );
}
