import type { Node, Scalar, Template } from '../1-read/node.ts';
import { textNode } from '../1-read/node.ts';
import { type Evaluation, type Origin, placeOf } from '../1-read/origin.ts';
import type { Problems } from '../diagnostics.ts';
import { toText } from '../expressions/convert.ts';
import { ExpressionError, faultAt } from '../expressions/error.ts';
import { type Scope as EvaluationScope, evaluate, type Trace } from '../expressions/evaluate.ts';
import type { ParsedExpression } from '../expressions/tree.ts';
import type { Value } from '../expressions/value.ts';
import { type Scope, variablesValue } from './scope.ts';
import { valueToNode } from './value-node.ts';

/**
 * Evaluates a `${{ }}` expression.
 * @param evaluations gets the value and its parts, where someone wants to know them
 * @throws ExpressionError for names that don't exist here, and for faults of values
 */
export function evaluateTemplate(expression: ParsedExpression, scope: Scope, evaluations?: Evaluation[]): Value {
  checkNames(expression, scope, expression.text, 0);
  const trace: Trace | undefined = evaluations && new Map();
  const inside: EvaluationScope = {
    host: {},
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

function checkNames(expression: ParsedExpression, scope: Scope, echo: string, shift: number): void {
  for (const { raw, position, isCall } of expression.names) {
    const name = raw.toLowerCase();
    const known = !isCall && (name === 'parameters' || name === 'variables' || scope.locals.has(name));
    if (!known) throw faultAt('Unrecognized value', raw, position + shift, echo);
  }
}

/** Text with expressions in it, as one text. */
function evaluateMixed(
  parts: readonly (string | ParsedExpression)[],
  scope: Scope,
  evaluations?: Evaluation[],
): string {
  let echo: { text: string; starts: Map<ParsedExpression, number> } | undefined;
  for (const part of parts) {
    if (typeof part === 'string' || part.names.length === 0) continue;
    echo ??= syntheticFormat(parts);
    checkNames(part, scope, echo.text, echo.starts.get(part)!);
  }
  return parts
    .map((part) => (typeof part === 'string' ? part : toText(evaluateTemplate(part, scope, evaluations))))
    .join('');
}

/** The call of `format` that mixed text stands for: what messages echo. */
function syntheticFormat(parts: readonly (string | ParsedExpression)[]): {
  text: string;
  starts: Map<ParsedExpression, number>;
} {
  const starts = new Map<ParsedExpression, number>();
  let index = 0;
  const pattern = parts
    .map((part) =>
      typeof part === 'string'
        ? part.replaceAll("'", "''").replaceAll('{', '{{').replaceAll('}', '}}')
        : `{${index++}}`,
    )
    .join('');
  let text = `format('${pattern}'`;
  for (const part of parts) {
    if (typeof part === 'string') continue;
    text += ', ';
    starts.set(part, text.length);
    text += part.text;
  }
  return { text: `${text})`, starts };
}

/** Expands a text in value position; what fails is reported and becomes empty text. */
export function expandText(node: Template, scope: Scope, problems: Problems): Node {
  const { content } = node;
  const evaluations: Evaluation[] | undefined = scope.origin && [];
  const made = (result: Node): Node =>
    evaluations ? { ...result, origin: expressionOrigin(node, scope, evaluations) } : result;
  try {
    if (content.kind === 'lone')
      return made(valueToNode(evaluateTemplate(content.expression, scope, evaluations), node));
    if (content.kind === 'mixed') return made(textNode(evaluateMixed(content.parts, scope, evaluations), node));
  } catch (error) {
    reportExpression(error, node, problems);
    return textNode('', node);
  }
  problems.at(node, 'unexpected-value', node.raw);
  return textNode('', node);
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
