import { toText, tryText } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

/**
 * Joins an array's items by the separator that comes first; collections among them become empty text. The list is evaluated first, as
 * the published engine does it, the separator only where it's wanted; an object is empty text.
 */
export const join: ExpressionFunction = {
  name: 'join',
  least: 2,
  most: 2,
  evaluate(call) {
    const list = call.argument(1);
    if (list === null || typeof list !== 'object' || list.kind !== 'array') return tryText(list) ?? '';
    call.look(list.items.length);
    const texts = list.items.map((item) => tryText(item) ?? '');
    if (texts.length < 2) return texts.join('');
    const separator = toText(call.argument(0));
    call.claim(texts.reduce((sum, text) => sum + text.length + separator.length, 0));
    return texts.join(separator);
  },
};
