import type { DiagnosticCode } from '../diagnostics.ts';
import { ExpressionError } from '../expressions/error.ts';
import { parseExpression } from '../expressions/parser.ts';
import { templatePlace } from '../expressions/places.ts';
import type { ParsedExpression } from '../expressions/tree.ts';
import { isWhite, trimWhite } from '../expressions/white-space.ts';
import type { Directive, TemplateContent } from './node.ts';

/** What a text with `${{` turned out to be. `literal`: an expression that is nothing but a string constant. */
export type TemplateText =
  | { readonly kind: 'template'; readonly content: TemplateContent }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'fault'; readonly code: DiagnosticCode; readonly holes: readonly string[] };

const opening = '${{';

/**
 * Divides a text into literals and expressions, and checks each expression's syntax.
 * The scan for `}}` skips quoted strings. Directives are recognised only where they are the whole text.
 */
export function readTemplateText(text: string): TemplateText {
  const parts: (string | ParsedExpression)[] = [];
  let at = 0;
  for (let open = text.indexOf(opening); open >= 0; open = text.indexOf(opening, at)) {
    if (open > at) parts.push(text.slice(at, open));
    const close = closingOf(text, open + opening.length);
    if (close < 0) return fault('expression-not-closed');
    const inner = trimWhite(text.slice(open + opening.length, close));
    at = close + 2;
    const whole = open === 0 && at === text.length;
    const read = readExpression(inner, whole);
    if ('fault' in read) return read.fault;
    if (!('text' in read)) return { kind: 'template', content: read };
    parts.push(read);
  }
  if (at < text.length) parts.push(text.slice(at));
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== 'string') {
    const root = only.root;
    if (root.kind === 'literal' && typeof root.value === 'string') return { kind: 'literal', text: root.value };
    return { kind: 'template', content: { kind: 'lone', expression: only } };
  }
  return { kind: 'template', content: { kind: 'mixed', parts } };
}

function fault(code: DiagnosticCode, ...holes: string[]): Extract<TemplateText, { kind: 'fault' }> {
  return { kind: 'fault', code, holes };
}

/** Index of the `}}` that ends an expression, -1 when there is none. A string's `''` closes and opens again, which comes out right. */
function closingOf(text: string, start: number): number {
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === "'") inString = !inString;
    else if (!inString && character === '}' && text[at + 1] === '}') return at;
  }
  return -1;
}

type Fault = { readonly fault: Extract<TemplateText, { kind: 'fault' }> };

function readExpression(inner: string, whole: boolean): ParsedExpression | Directive | Fault {
  const directive = readDirective(inner);
  if (directive && ('fault' in directive || whole)) return directive;
  if (directive) return { fault: fault('directive-in-text', directive.kind) };
  return parse(inner);
}

function parse(text: string): ParsedExpression | Fault {
  try {
    return parseExpression(text, templatePlace, 'syntax');
  } catch (error) {
    if (error instanceof ExpressionError) return { fault: fault('expression-invalid', error.message) };
    throw error;
  }
}

const words = /^(if|elseif|else|each|insert)(?=[\s\u0085]|$)/;

function readDirective(inner: string): Directive | Fault | undefined {
  const word = words.exec(inner)?.[1] as Directive['kind'] | undefined;
  if (!word) return undefined;
  const units = unitsOf(inner.slice(word.length));
  switch (word) {
    case 'else':
    case 'insert':
      return units.length === 0 ? { kind: word } : countFault(word, 0, units.length);
    case 'if':
    case 'elseif': {
      // With none or several expressions the text is no directive: the whole of it is read as an expression.
      if (units.length !== 1) return undefined;
      const expression = parse(units[0]!);
      return 'fault' in expression ? expression : { kind: word, expression };
    }
    case 'each': {
      if (units.length !== 3) return countFault(word, 3, units.length);
      const [variable, separator, collection] = units as [string, string, string];
      if (separator !== 'in') return { fault: fault('each-format', separator) };
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) return { fault: fault('each-format', variable) };
      const expression = parse(collection);
      return 'fault' in expression ? expression : { kind: 'each', variable, expression };
    }
  }
}

function countFault(directive: string, expected: number, found: number): Fault {
  return { fault: fault('directive-parameters', String(expected), directive, String(found)) };
}

/** Divides a directive's text at white space outside of strings and parentheses, as the published engine does it. */
function unitsOf(text: string): string[] {
  const units: string[] = [];
  let depth = 0;
  let inString = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isWhite(text.charCodeAt(at)) && !inString && depth === 0) {
      if (start < at) units.push(text.slice(start, at));
      start = at + 1;
    } else if (character === "'") inString = !inString;
    else if (character === '(' && !inString) depth++;
    else if (character === ')' && !inString) depth--;
  }
  if (start < text.length) units.push(text.slice(start));
  return units;
}
