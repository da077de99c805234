import { invalid } from '../../kernel/errors.ts';

/** An expression of a template: what stands between `[` and `]`. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'property'; readonly of: Expression; readonly name: Expression };

const TOKEN = /\s*(?:('(?:[^']|'')*')|(-?\d+)|([A-Za-z_][\w]*)|(.))/y;
/** Deeper than any template is; a text of brackets alone must not end the process. */
const DEEPEST = 100;

/** Whether a text of a template is an expression; `[[` begins a text that only looks like one. */
export function isExpression(text: string): boolean {
  return text.startsWith('[') && text.endsWith(']') && !text.startsWith('[[');
}

/**
 * Reads an expression with its brackets.
 * @throws invalid (InvalidTemplate) with the column where it can't be read
 */
export function readExpression(text: string): Expression {
  const source = text.slice(1, -1);
  let at = 0;
  let depth = 0;
  type Token = { kind: 'text' | 'number' | 'name' | 'sign' | 'end'; text: string; column: number };
  const next = (): Token => {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match || match[0].trim() === '') return { kind: 'end', text: '', column: source.length + 2 };
    at = TOKEN.lastIndex;
    const [, quoted, number, name, sign] = match;
    const found = quoted ?? number ?? name ?? sign ?? '';
    const column = at - found.length + 2;
    if (quoted !== undefined) return { kind: 'text', text: quoted.slice(1, -1).replaceAll("''", "'"), column };
    if (number !== undefined) return { kind: 'number', text: number, column };
    return name !== undefined ? { kind: 'name', text: name, column } : { kind: 'sign', text: found, column };
  };
  let token = next();
  const fail = (expected: string): never => {
    throw invalid(
      `The expression '${text.slice(0, 300)}' can't be read at column ${token.column}: expected ${expected}, found ${token.kind === 'end' ? 'its end' : `'${token.text}'`}.`,
      { wire: 'InvalidTemplate' },
    );
  };
  const take = (sign: string) => {
    if (token.kind !== 'sign' || token.text !== sign) fail(`'${sign}'`);
    token = next();
  };
  const isSign = (sign: string) => token.kind === 'sign' && token.text === sign;

  function primary(): Expression {
    depth += 1;
    if (depth > DEEPEST) fail(`no more than ${DEEPEST} calls inside each other`);
    let found: Expression;
    if (token.kind === 'text') {
      found = { kind: 'literal', value: token.text };
      token = next();
    } else if (token.kind === 'number') {
      found = { kind: 'literal', value: Number(token.text) };
      token = next();
    } else if (token.kind === 'name') {
      const name = token.text;
      token = next();
      take('(');
      const args: Expression[] = [];
      while (!isSign(')')) {
        if (args.length > 0) take(',');
        args.push(primary());
      }
      take(')');
      found = { kind: 'call', name, args };
    } else return fail('a function, a text or a number');
    for (;;) {
      if (isSign('.')) {
        token = next();
        if (token.kind !== 'name') fail("a property's name");
        found = { kind: 'property', of: found, name: { kind: 'literal', value: token.text } };
        token = next();
      } else if (isSign('[')) {
        token = next();
        const name = primary();
        take(']');
        found = { kind: 'property', of: found, name };
      } else break;
    }
    depth -= 1;
    return found;
  }
  const whole = primary();
  if (token.kind !== 'end') fail('the end');
  return whole;
}

/** The calls of some functions anywhere in an expression. @param names in lower case */
export function callsIn(expression: Expression, names: readonly string[]): Extract<Expression, { kind: 'call' }>[] {
  switch (expression.kind) {
    case 'literal':
      return [];
    case 'property':
      return [...callsIn(expression.of, names), ...callsIn(expression.name, names)];
    case 'call': {
      const own = names.includes(expression.name.toLowerCase()) ? [expression] : [];
      return [...own, ...expression.args.flatMap((arg) => callsIn(arg, names))];
    }
  }
}
