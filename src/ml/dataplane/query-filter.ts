import { invalid } from '../../kernel/errors.ts';

/** A field's value: text, milliseconds since 1970 for a time, undefined for what isn't there. */
export type FieldValue = string | number | undefined;

/** Whether an entry, seen by its fields, is wanted. */
export type Filter = (field: (name: string) => FieldValue) => boolean;

const TOKEN = /\s*(?:(\(|\))|'((?:[^']|'')*)'|([^\s()']+(?:'[^']*')?[^\s()]*))/y;
const DEPTH_LIMIT = 50;
const LENGTH_LIMIT = 10_000;
const OPERATORS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const;

type Token = { readonly kind: 'word' | 'text' | 'mark'; readonly value: string };

/**
 * Reads the filter of a query for runs or experiments: comparisons by `eq ne gt ge lt le`, joined by `and`, `or`, `not` and parentheses, as the public
 * clients write them (client source): `Status eq 'Running' and Tags/team eq 'blue'`.
 * @param isTime the fields whose text is a time
 * @throws invalid with what was expected where
 */
export function parseQueryFilter(text: string, isTime: (field: string) => boolean): Filter {
  const tokens = tokensOf(text);
  let at = 0;
  const fail = (expected: string): never => {
    throw invalid(
      `The filter expects ${expected}, found ${tokens[at] === undefined ? 'its end' : `'${tokens[at]?.value}'`}: ${text.slice(0, 300)}`,
      { target: 'filter' },
    );
  };
  const isWord = (word: string) => tokens[at]?.kind === 'word' && tokens[at]?.value.toLowerCase() === word;
  const isMark = (mark: string) => tokens[at]?.kind === 'mark' && tokens[at]?.value === mark;

  const either = (depth: number): Filter => {
    const parts = [both(depth)];
    for (; isWord('or'); ) {
      at += 1;
      parts.push(both(depth));
    }
    return (field) => parts.some((part) => part(field));
  };
  const both = (depth: number): Filter => {
    const parts = [one(depth)];
    for (; isWord('and'); ) {
      at += 1;
      parts.push(one(depth));
    }
    return (field) => parts.every((part) => part(field));
  };
  const one = (depth: number): Filter => {
    if (depth > DEPTH_LIMIT) return fail(`at most ${DEPTH_LIMIT} parentheses in each other`);
    if (isWord('not')) {
      at += 1;
      const inner = one(depth + 1);
      return (field) => !inner(field);
    }
    if (!isMark('(')) return comparison();
    at += 1;
    const inner = either(depth + 1);
    if (!isMark(')')) fail("')'");
    at += 1;
    return inner;
  };
  const comparison = (): Filter => {
    const name = tokens[at]?.kind === 'word' ? (tokens[at] as Token).value : fail('a field');
    at += 1;
    const operator = OPERATORS.find(isWord) ?? fail(`one of ${OPERATORS.join(', ')}`);
    at += 1;
    const token = tokens[at];
    if (token === undefined || token.kind === 'mark') return fail('a value');
    at += 1;
    const isNull = token.kind === 'word' && /^null$/i.test(token.value);
    const wanted = isNull ? undefined : literalOf(token, isTime(name));
    if (wanted !== undefined && Number.isNaN(wanted)) fail(`a time to compare ${name} with`);
    return (field) => compare(field(name), operator, wanted);
  };
  const filter = either(0);
  if (at < tokens.length) fail("'and', 'or' or the end");
  return filter;
}

function tokensOf(text: string): Token[] {
  if (text.length > LENGTH_LIMIT)
    throw invalid(`A filter has at most ${LENGTH_LIMIT} characters.`, { target: 'filter' });
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match)
      throw invalid(`The filter cannot be read from '${text.slice(from, from + 60)}' on.`, { target: 'filter' });
    if (match[1] !== undefined) tokens.push({ kind: 'mark', value: match[1] });
    else if (match[2] !== undefined) tokens.push({ kind: 'text', value: match[2].replaceAll("''", "'") });
    else tokens.push({ kind: 'word', value: match[3] as string });
  }
  return tokens;
}

function literalOf(token: Token, isTime: boolean): string | number {
  if (isTime) return Date.parse(token.value.replace(/^datetime'(.*)'$/i, '$1'));
  return token.value;
}

function compare(value: FieldValue, operator: (typeof OPERATORS)[number], wanted: FieldValue): boolean {
  if (operator === 'eq') return value === wanted;
  if (operator === 'ne') return value !== wanted;
  if (value === undefined || wanted === undefined) return false;
  const numbers = [Number(value), Number(wanted)] as const;
  const [a, b] = numbers.some(Number.isNaN) ? [String(value), String(wanted)] : numbers;
  if (operator === 'gt') return a > b;
  if (operator === 'ge') return a >= b;
  return operator === 'lt' ? a < b : a <= b;
}
