import { toBoolean } from './convert.ts';
import { evaluate } from './evaluate.ts';
import { count } from './functions/count.ts';
import { jsonpathOn } from './functions/jsonpath.ts';
import { generalFunctions } from './functions/registry.ts';
import { parseExpression } from './parser.ts';
import { dataValue } from './runtime.ts';

/**
 * Evaluates the success criterion of a server task on the body of an answer: the condition language with the context `root`
 * and the functions `count` and `jsonpath` (documented).
 * @param body the answer's body as parsed JSON
 * @throws ExpressionError when the criterion can't be parsed or evaluated
 */
export function evaluateCriterion(text: string, body: unknown): boolean {
  const root = dataValue(body);
  const functions = [...generalFunctions, count, jsonpathOn(root)];
  const place = {
    functions: new Map(functions.map((one) => [one.name.toLowerCase(), one])),
    contexts: new Set(['root']),
  };
  const expression = parseExpression(text, place, 'strict');
  return toBoolean(evaluate(expression, { context: (name) => (name === 'root' ? root : undefined), host: {} }));
}
