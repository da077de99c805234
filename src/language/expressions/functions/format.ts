import { toText } from '../convert.ts';
import { evaluationFault } from '../error.ts';
import { kindOf } from '../value.ts';
import type { ExpressionFunction } from './function.ts';

const largestIndex = 255;

/** Fills `{0}` … with the other arguments as text; `{{` and `}}` are braces. An argument is evaluated only where it's referred to. */
export const format: ExpressionFunction = {
  name: 'format',
  least: 1,
  most: Number.POSITIVE_INFINITY,
  evaluate(call) {
    const pattern = toText(call.argument(0));
    const invalid = () => evaluationFault(`The following format string is invalid: ${pattern}`);
    let result = '';
    let at = 0;
    while (at < pattern.length) {
      const character = pattern[at]!;
      if (character !== '{' && character !== '}') {
        const next = pattern.slice(at).search(/[{}]/);
        const end = next < 0 ? pattern.length : at + next;
        result += pattern.slice(at, end);
        at = end;
      } else if (pattern[at + 1] === character) {
        result += character;
        at += 2;
      } else {
        const slot =
          character === '{' ? /^\{(\d{1,3})(?::((?:[^}]|\}\})*))?\}/.exec(pattern.slice(at, at + 1000)) : null;
        const index = Number(slot?.[1] ?? Number.NaN);
        if (!slot || index > largestIndex) throw invalid();
        if (index + 1 >= call.count) {
          throw evaluationFault(`The following format string references more arguments than were supplied: ${pattern}`);
        }
        const value = call.argument(index + 1);
        if (slot[2]) {
          throw evaluationFault(
            `The format specifiers '${slot[2]}' are not valid for objects of type '${kindOf(value)}'`,
          );
        }
        result += toText(value);
        at += slot[0].length;
      }
    }
    return result;
  },
};
