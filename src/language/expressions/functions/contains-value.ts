import { equal } from '../compare.ts';
import { isCollection, type Value } from '../value.ts';
import type { ExpressionFunction } from './function.ts';

/** Whether an array's items or an object's values hold the second argument; each is converted to the second's kind, which isn't evaluated for anything else. */
export const containsValue: ExpressionFunction = {
  name: 'containsValue',
  least: 2,
  most: 2,
  evaluate(call) {
    const collection = call.argument(0);
    if (!isCollection(collection)) return false;
    const sought = call.argument(1);
    for (const item of itemsOf(collection)) {
      call.look(1);
      if (equal(sought, item)) return true;
    }
    return false;
  },
};

function* itemsOf(value: Value): Iterable<Value> {
  if (value === null || typeof value !== 'object') return;
  if (value.kind === 'array') yield* value.items;
  if (value.kind === 'object') for (const [, item] of value.entries()) yield item;
}
