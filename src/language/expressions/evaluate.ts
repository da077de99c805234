import { filter, lookUp } from './access.ts';
import { shown } from './convert.ts';
import { faultAt, memoryFault } from './error.ts';
import type { FunctionHost } from './functions/function.ts';
import type { Expression, ParsedExpression } from './tree.ts';
import { isCollection, type Value } from './value.ts';

/** What an expression can see: context values by lower-case name, and what functions ask. */
export type Scope = {
  context(name: string): Value | undefined;
  readonly host: FunctionHost;
  /** Told of the characters that are looked at or made; it may raise to end the evaluation. */
  readonly work?: (characters: number) => void;
};

/** The work of looking at one thing in a collection, in characters. */
const charactersOfThing = 32;

/** Characters that an expression may make: the service's 20 MB. */
export const mostCharacters = 10_485_760;

/** Values of names, look-ups and argument-less calls, by node: what a trace puts in their place. */
export type Trace = Map<Expression, Value>;

/**
 * Evaluates a parsed expression.
 * @throws ExpressionError when a name doesn't exist, a conversion fails or a function refuses its arguments
 */
export function evaluate(expression: ParsedExpression, scope: Scope, trace?: Trace): Value {
  let left = mostCharacters;
  const look = (things: number) => scope.work?.(things * charactersOfThing);
  const run = (node: Expression): Value => {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'name': {
        const value = scope.context(node.name.toLowerCase());
        if (value === undefined) throw faultAt('Unrecognized value', node.name, node.position, expression.text);
        trace?.set(node, value);
        return value;
      }
      case 'access': {
        let value = run(node.target);
        for (const step of node.steps) {
          if (step.kind === 'wildcard') value = filter(value);
          // Nothing is found in a scalar, so the key isn't even evaluated.
          else value = isCollection(value) ? lookUp(value, run(step.key)) : null;
          if (isCollection(value) && value.kind === 'array' && value.filtered) look(value.items.length);
        }
        trace?.set(node, value);
        if (typeof value === 'string') scope.work?.(value.length);
        return value;
      }
      case 'call': {
        if (!node.definition) throw faultAt('Unrecognized value', node.name, node.position, expression.text);
        const args = node.args;
        const value = node.definition.evaluate({
          count: args.length,
          argument: (index) => run(args[index]!),
          claim(characters) {
            left -= characters;
            scope.work?.(characters);
            if (left < 0) throw memoryFault(written(node));
          },
          look,
          host: scope.host,
        });
        trace?.set(node, value);
        return value;
      }
    }
  };
  return run(expression.root);
}

/** The expression with what was looked up replaced by its value; parts never evaluated stay as written. */
export function expandedText(expression: ParsedExpression, trace: Trace): string {
  const write = (node: Expression): string => {
    if (node.kind === 'literal') return node.raw;
    const value = trace.get(node);
    if (node.kind === 'call') {
      return node.args.length === 0 && value !== undefined
        ? shown(value)
        : `${node.name}(${node.args.map(write).join(', ')})`;
    }
    return value !== undefined ? shown(value) : written(node);
  };
  return write(expression.root);
}

/** An expression or a part of one as its author could have written it. */
export function written(node: Expression): string {
  switch (node.kind) {
    case 'literal':
      return node.raw;
    case 'name':
      return node.name;
    case 'call':
      return `${node.name}(${node.args.map(written).join(', ')})`;
    case 'access':
      return node.steps.reduce((text, step) => {
        const key = step.kind === 'wildcard' ? '*' : written(step.key);
        return step.dotted ? `${text}.${key}` : `${text}[${key}]`;
      }, written(node.target));
  }
}
