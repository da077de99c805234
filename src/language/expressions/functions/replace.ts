import { toText } from '../convert.ts';
import { countOf } from '../occurrences.ts';
import type { ExpressionFunction } from './function.ts';

/** Replaces every occurrence, with regard to case; an empty search text leaves the text as it is. */
export const replace: ExpressionFunction = {
  name: 'replace',
  least: 3,
  most: 3,
  evaluate(call) {
    const text = toText(call.argument(0));
    const search = toText(call.argument(1));
    const replacement = toText(call.argument(2));
    if (search === '') return text;
    call.claim(text.length + countOf(search, text) * Math.max(0, replacement.length - search.length));
    return text.split(search).join(replacement);
  },
};
