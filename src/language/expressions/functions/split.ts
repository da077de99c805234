import { toText } from '../convert.ts';
import { countOf } from '../occurrences.ts';
import { arrayOf } from '../value.ts';
import type { ExpressionFunction } from './function.ts';

const bytesOfPiece = 16;

/** Splits at a delimiter taken as one string (the documentation speaks of a set of characters; recordings don't). */
export const split: ExpressionFunction = {
  name: 'split',
  least: 2,
  most: 2,
  evaluate(call) {
    const text = toText(call.argument(0));
    const delimiter = toText(call.argument(1));
    if (delimiter === '') return arrayOf([text]);
    call.claim(text.length + bytesOfPiece * countOf(delimiter, text));
    return arrayOf(text.split(delimiter));
  },
};
