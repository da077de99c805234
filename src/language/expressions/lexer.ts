import { readVersion } from './convert.ts';
import { type Decimal, readLiteral } from './decimal.ts';
import type { Version } from './value.ts';
import { isWhite } from './white-space.ts';

/** `word` is any run that is neither number nor string; what it means depends on the place. `broken` can't be read at all. */
export type Token = { readonly raw: string /** Counted from 1. */; readonly position: number } & (
  | { readonly kind: '(' | ')' | '[' | ']' | ',' | '.' | 'word' | 'wildcard' | 'broken' }
  | { readonly kind: 'literal'; readonly value: boolean | string | Decimal | Version }
);

const punctuation = new Set(['(', ')', '[', ']', ',', '.']);

/** Reads the token that begins at or after `start`; `previous` decides whether a dot begins a number. */
export function nextToken(
  text: string,
  start: number,
  previous: Token | undefined,
): { token: Token; end: number } | undefined {
  let at = start;
  while (at < text.length && isWhite(text.charCodeAt(at))) at++;
  const first = text[at];
  if (first === undefined) return undefined;
  const position = at + 1;
  const opens = !previous || previous.kind === '(' || previous.kind === '[' || previous.kind === ',';
  if (punctuation.has(first) && !(first === '.' && opens)) {
    return { token: { kind: first as '(', raw: first, position }, end: position };
  }
  if (first === '*') return { token: { kind: 'wildcard', raw: first, position }, end: position };
  if (first === "'") return readString(text, at);
  const isNumber = first === '-' || first === '.' || (first >= '0' && first <= '9');
  const end = runEnd(text, at, isNumber);
  const raw = text.slice(at, end);
  if (isNumber) {
    const value = readLiteral(raw) ?? readVersion(raw, 3);
    return { token: value ? { kind: 'literal', value, raw, position } : { kind: 'broken', raw, position }, end };
  }
  const lower = raw.toLowerCase();
  if ((lower === 'true' || lower === 'false') && previous?.kind !== '.') {
    return { token: { kind: 'literal', value: lower === 'true', raw, position }, end };
  }
  return { token: { kind: 'word', raw, position }, end };
}

/** Where a run ends: at white space or punctuation, but a number has dots in it. */
function runEnd(text: string, start: number, withDots: boolean): number {
  let end = start + 1;
  for (; end < text.length; end++) {
    const sign = text[end]!;
    if (isWhite(text.charCodeAt(end)) || (punctuation.has(sign) && !(withDots && sign === '.'))) break;
  }
  return end;
}

function readString(text: string, start: number): { token: Token; end: number } {
  let value = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf("'", at);
    if (quote < 0) return { token: { kind: 'broken', raw: text.slice(start), position: start + 1 }, end: text.length };
    value += text.slice(at, quote);
    if (text[quote + 1] !== "'") {
      return {
        token: { kind: 'literal', value, raw: text.slice(start, quote + 1), position: start + 1 },
        end: quote + 1,
      };
    }
    value += "'";
    at = quote + 2;
  }
}
