import { toText, tryText } from '../convert.ts';
import type { ExpressionFunction } from './function.ts';

/** Joins an array's items by the separator that comes first; collections among them become empty text. */
export const join: ExpressionFunction = {
  name: 'join',
  least: 2,
  most: 2,
  evaluate(call) {
    const separator = toText(call.argument(0));
    const list = call.argument(1);
    if (list !== null && typeof list === 'object' && list.kind === 'array') {
      const texts = list.items.map((item) => tryText(item) ?? '');
      call.claim(texts.reduce((sum, text) => sum + text.length + separator.length, 0));
      return texts.join(separator);
    }
    return toText(list);
  },
};
