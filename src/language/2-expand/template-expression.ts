import type { Node, Scalar, Template } from '../1-read/node.ts';
import { textNode } from '../1-read/node.ts';
import { type Evaluation, type Origin, placeOf } from '../1-read/origin.ts';
import type { Problems } from '../diagnostics.ts';
import { toText } from '../expressions/convert.ts';
import { ExpressionError, evaluationFault, memoryFault } from '../expressions/error.ts';
import { type Scope as EvaluationScope, evaluate, mostCharacters, type Trace } from '../expressions/evaluate.ts';
import { mostFormatArguments } from '../expressions/functions/format.ts';
import { deepestExpression, longestExpression, parseExpression } from '../expressions/parser.ts';
import { templatePlace } from '../expressions/places.ts';
import type { ParsedExpression } from '../expressions/tree.ts';
import type { Value } from '../expressions/value.ts';
import { type Scope, variablesValue } from './scope.ts';
import { valueToNode } from './value-node.ts';
import { withSources } from './value-sources.ts';

// An event of the limits is about as much work as these: so many loops over long expressions and texts end as soon as loops over steps.
const charactersOfExpression = 8;
const charactersOfText = 32;

/**
 * Evaluates a `${{ }}` expression.
 * @param evaluations gets the value and its parts, where someone wants to know them
 * @throws ExpressionError for names that don't exist here, and for faults of values
 */
export function evaluateTemplate(expression: ParsedExpression, scope: Scope, evaluations?: Evaluation[]): Value {
  if (!knowsNames(expression, scope)) parseStrictly(expression.text, scope);
  const trace: Trace | undefined = evaluations && new Map();
  scope.count?.(1 + expression.text.length / charactersOfExpression);
  const inside: EvaluationScope = {
    host: {},
    work: (characters) => scope.count?.(characters / charactersOfText),
    context(name) {
      if (name === 'parameters') return scope.parameters;
      if (name === 'variables') return variablesValue(scope.variables);
      return scope.locals.get(name);
    },
  };
  const value = evaluate(expression, inside, trace);
  if (evaluations && trace) evaluations.push({ expression, value, trace });
  return value;
}

/** Whether all names exist in a scope. Calls of functions that don't exist passed the syntax walk. */
function knowsNames({ names }: ParsedExpression, scope: Scope): boolean {
  return names.every(({ raw, isCall }) => {
    const name = raw.toLowerCase();
    return !isCall && (templatePlace.contexts.has(name) || scope.locals.has(name));
  });
}

/** Raises the fault that the service finds in a text when it parses it to be evaluated, if it finds one. */
function parseStrictly(text: string, scope: Scope): void {
  const contexts = new Set([...templatePlace.contexts, ...scope.locals.keys()]);
  parseExpression(text, { functions: templatePlace.functions, contexts }, 'strict');
}

/**
 * Text with expressions in it, as one text. For the service it is a call of `format`: what bounds a call and an expression bounds
 * such a text too, so a long script with an expression in it is refused.
 */
function evaluateMixed(
  parts: readonly (string | ParsedExpression)[],
  scope: Scope,
  evaluations?: Evaluation[],
): string {
  const expressions = parts.filter((part) => typeof part !== 'string');
  const mayPass =
    expressions.every((part) => part.depth + 1 < deepestExpression && knowsNames(part, scope)) &&
    longestSynthetic(parts) <= longestExpression;
  if (!mayPass) parseStrictly(syntheticFormat(parts).text, scope);
  if (expressions.length > mostFormatArguments) {
    throw evaluationFault(`The following format string is invalid: ${syntheticFormat(parts).pattern}`);
  }
  let left = mostCharacters;
  return parts
    .map((part) => {
      const text = typeof part === 'string' ? part : toText(evaluateTemplate(part, scope, evaluations));
      left -= text.length;
      if (left < 0) throw memoryFault(syntheticFormat(parts).text);
      return text;
    })
    .join('');
}

/** At least as many characters as the synthetic call has. */
function longestSynthetic(parts: readonly (string | ParsedExpression)[]): number {
  return parts.reduce((sum, part) => sum + (typeof part === 'string' ? 2 * part.length : part.text.length + 12), 12);
}

/** The call of `format` that mixed text stands for: what messages echo. */
function syntheticFormat(parts: readonly (string | ParsedExpression)[]): { pattern: string; text: string } {
  let index = 0;
  let pattern = '';
  let args = '';
  for (const part of parts) {
    if (typeof part === 'string') pattern += part.replaceAll('{', '{{').replaceAll('}', '}}');
    else {
      pattern += `{${index++}}`;
      args += `, ${part.text}`;
    }
  }
  return { pattern, text: `format('${pattern.replaceAll("'", "''")}'${args})` };
}

/** Expands a text in value position; what fails is reported and becomes empty text. */
export function expandText(node: Template, scope: Scope, problems: Problems): Node {
  return tryExpandText(node, scope, problems) ?? textNode('', node);
}

/** The same; undefined when it fails, which is reported. */
export function tryExpandText(node: Template, scope: Scope, problems: Problems): Node | undefined {
  const { content } = node;
  const evaluations: Evaluation[] | undefined = scope.origin && [];
  const made = (result: Node): Node =>
    evaluations ? { ...result, origin: expressionOrigin(node, scope, evaluations) } : result;
  try {
    if (content.kind === 'lone') {
      const value = evaluateTemplate(content.expression, scope, evaluations);
      const result = valueToNode(value, node);
      return made(evaluations ? withSources(result, value) : result);
    }
    if (content.kind === 'mixed') return made(textNode(evaluateMixed(content.parts, scope, evaluations), node));
  } catch (error) {
    reportExpression(error, node, problems);
    return undefined;
  }
  problems.at(node, 'unexpected-value', node.raw);
  return undefined;
}

function expressionOrigin(node: Template, scope: Scope, evaluations: readonly Evaluation[]): Origin {
  const { raw, style } = node;
  const isBlock = style === 'literal';
  return { cause: { kind: 'expression', place: placeOf(node), text: raw, isBlock, evaluations }, outer: scope.origin };
}

/** Expands a key; undefined when it fails, which is reported. */
export function expandKey(key: Template, scope: Scope, problems: Problems): Scalar | undefined {
  const { content } = key;
  const place = scope.keyPlace ?? key;
  const evaluations: Evaluation[] | undefined = scope.origin && [];
  const made = (text: string): Scalar => {
    const result = textNode(text, place);
    return evaluations ? { ...result, origin: expressionOrigin(key, scope, evaluations) } : result;
  };
  try {
    if (content.kind === 'mixed') return made(evaluateMixed(content.parts, scope, evaluations));
    if (content.kind !== 'lone') throw new Error('a directive is no key');
    const value = evaluateTemplate(content.expression, scope, evaluations);
    if (value !== null && typeof value === 'object' && (value.kind === 'array' || value.kind === 'object')) {
      problems.at(key, 'scalar-expected');
      return undefined;
    }
    return made(toText(value));
  } catch (error) {
    reportExpression(error, key, problems);
    return undefined;
  }
}

/** Reports an expression's fault at a node; anything else goes on. */
export function reportExpression(error: unknown, node: Node, problems: Problems): void {
  if (!(error instanceof ExpressionError)) throw error;
  problems.at(node, error.phase === 'parse' ? 'expression-invalid' : 'expression-failed', error.message);
}
