import { toText } from '../convert.ts';
import { formatDateTime } from '../date-time.ts';
import { evaluationFault } from '../error.ts';
import { kindOf, type Value } from '../value.ts';
import type { ExpressionFunction } from './function.ts';

/** Arguments that a pattern can refer to: the service reads their number as one byte. */
export const mostFormatArguments = 256;

/** Text, or a place for an argument. */
type Segment = string | { readonly index: number; readonly specifiers: string };

/**
 * Fills `{0}` … with the other arguments as text; `{{` and `}}` are braces. The whole pattern is judged before the first argument is
 * evaluated, and an argument only where it's referred to.
 */
export const format: ExpressionFunction = {
  name: 'format',
  least: 1,
  most: Number.POSITIVE_INFINITY,
  evaluate(call) {
    const segments = readPattern(toText(call.argument(0)), call.count - 1);
    const known = new Map<number, { readonly value: Value; readonly text: string }>();
    const fill = (segment: Segment): string => {
      if (typeof segment === 'string') return segment;
      const { index, specifiers } = segment;
      let argument = known.get(index);
      if (!argument) {
        const value = call.argument(index + 1);
        argument = { value, text: toText(value) };
        known.set(index, argument);
      }
      if (specifiers === '') return argument.text;
      // Dates alone have specifiers.
      const { value } = argument;
      const isDate = value !== null && typeof value === 'object' && value.kind === 'date';
      const written = isDate ? formatDateTime(value, specifiers) : undefined;
      if (written !== undefined) return written;
      const kind = kindOf(value);
      throw evaluationFault(`The format specifiers '${specifiers}' are not valid for objects of type '${kind}'`);
    };
    return segments
      .map((segment) => {
        const text = fill(segment);
        call.claim(text.length);
        return text;
      })
      .join('');
  },
};

function readPattern(pattern: string, count: number): Segment[] {
  const segments: Segment[] = [];
  const invalid = () => evaluationFault(`The following format string is invalid: ${pattern}`);
  const slot = /\{(\d+)(?::((?:[^}]|\}\})*)\}(?!\})|\})/y;
  const brace = /[{}]/g;
  let at = 0;
  while (at < pattern.length) {
    brace.lastIndex = at;
    const found = brace.exec(pattern);
    const end = found?.index ?? pattern.length;
    if (end > at) segments.push(pattern.slice(at, end));
    at = end;
    if (!found) break;
    if (pattern[at + 1] === found[0]) {
      segments.push(found[0]);
      at += 2;
      continue;
    }
    slot.lastIndex = at;
    const read = found[0] === '{' ? slot.exec(pattern) : null;
    const index = Number(read?.[1] ?? Number.NaN);
    if (!read || index >= mostFormatArguments) throw invalid();
    if (index >= count) {
      throw evaluationFault(`The following format string references more arguments than were supplied: ${pattern}`);
    }
    segments.push({ index, specifiers: (read[2] ?? '').replaceAll('}}', '}') });
    at = slot.lastIndex;
  }
  return segments;
}
