import { toText } from '../convert.ts';
import { decimalText } from '../decimal.ts';
import type { Value } from '../value.ts';
import type { ExpressionFunction, FunctionCall } from './function.ts';

/** JSON text, indented by two blanks, keys in authored order. */
export const convertToJson: ExpressionFunction = {
  name: 'convertToJson',
  least: 1,
  most: 1,
  evaluate(call) {
    const text = json(call.argument(0), '\n', call);
    call.claim(text.length);
    return text;
  },
};

function json(value: Value, lineBreak: string, call: FunctionCall): string {
  // Writing a thing takes longer than looking at it.
  call.look(3);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return quoted(value);
  const inner = `${lineBreak}  `;
  switch (value.kind) {
    case 'number':
      return decimalText(value);
    case 'version':
    case 'date':
      return quoted(toText(value));
    case 'array':
      return wrapped(
        '[',
        ']',
        value.items.map((item) => json(item, inner, call)),
        inner,
        lineBreak,
      );
    case 'object': {
      const lines = Array.from(value.entries(), ([key, item]) => `${quoted(key)}: ${json(item, inner, call)}`);
      return wrapped('{', '}', lines, inner, lineBreak);
    }
  }
}

function wrapped(open: string, close: string, lines: readonly string[], inner: string, outer: string): string {
  return lines.length === 0 ? open + close : `${open}${inner}${lines.join(`,${inner}`)}${outer}${close}`;
}

// The service's serializer also escapes the three line breaks that JSON lets stand.
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0085\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
