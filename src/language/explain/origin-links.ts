import type { Node } from '../1-read/node.ts';
import type { Cause, DirectiveCause, Evaluation, FileCause, Origin } from '../1-read/origin.ts';
import type { Expression } from '../expressions/tree.ts';
import type { Position } from '../position.ts';
import type { ExpressionPart, Link, Parameter } from './explanation.ts';
import { type Remark, tracedTree } from './expression-tree.ts';
import { showValue, valueData } from './show-value.ts';

/** Where a variable is set, of those that a text of a file could see. */
export type VariablePlace = (name: string) => { readonly place?: Position; readonly note?: string } | undefined;

/**
 * What brought a node in, the outermost first.
 * @param until where to stop: the origin of what the node belongs to, which is told of there
 */
export function linksOf(origin: Origin | undefined, until: Origin | undefined, variables: VariablePlace): Link[] {
  return chainOf(origin, until).map((one) => linkOf(one, variables));
}

/**
 * What brought a node in, the outermost first; of one that an expression took out of a parameter then also what brought it into the
 * parameter's value.
 */
export function linksOfNode(node: Node | undefined, variables: VariablePlace): Link[] {
  const told = new Set<Origin>();
  const links: Link[] = [];
  for (let at = node; at; at = at.source) {
    for (const one of chainOf(at.origin, undefined)) {
      if (told.has(one)) continue;
      told.add(one);
      links.push(linkOf(one, variables));
    }
  }
  return links;
}

function chainOf(origin: Origin | undefined, until: Origin | undefined): Origin[] {
  const chain: Origin[] = [];
  for (let at = origin; at && at !== until; at = at.outer) chain.unshift(at);
  return chain;
}

/** The expressions of a text, each as a tree. */
export function evaluatedText(
  origin: Origin,
  evaluations: readonly Evaluation[],
  variables: VariablePlace,
): ExpressionPart[] {
  return evaluations.map((one) => treeOf(one, origin.outer, variables));
}

function linkOf(origin: Origin, variables: VariablePlace): Link {
  const { cause } = origin;
  switch (cause.kind) {
    case 'directive':
      return directiveLink(cause, origin, variables);
    case 'expression': {
      const { kind, place, text, evaluations } = cause;
      return { kind, place, text, evaluated: evaluatedText(origin, evaluations, variables) };
    }
    default:
      return {
        kind: cause.kind,
        file: cause.file,
        ...(cause.place ? { place: cause.place } : {}),
        ...(cause.reference === undefined ? {} : { reference: cause.reference }),
        parameters: cause.parameters.map(parameterOf),
      };
  }
}

function directiveLink(cause: DirectiveCause, origin: Origin, variables: VariablePlace): Link {
  const condition = (one: DirectiveCause) => ({
    place: one.place,
    text: one.text.replace(/^\$\{\{\s*|\s*\}\}$/g, ''),
    ...(one.evaluation ? { evaluated: treeOf(one.evaluation, origin.outer, variables) } : {}),
  });
  const { directive, refused = [], turn } = cause;
  return {
    kind: directive,
    ...condition(cause),
    refused: refused.map(condition),
    ...(turn
      ? {
          turn: {
            variable: turn.variable,
            value: showValue(turn.value),
            data: valueData(turn.value),
            number: turn.index + 1,
          },
        }
      : {}),
  };
}

function parameterOf({ name, value, by, given }: FileCause['parameters'][number]): Parameter {
  return { name, value: showValue(value), data: valueData(value), by, ...(given ? { place: given } : {}) };
}

function treeOf({ expression, value, trace }: Evaluation, around: Origin | undefined, variables: VariablePlace) {
  return tracedTree(expression, value, trace, (node) => remarkOf(node, around, variables));
}

const saidOfParameter: Readonly<Record<Parameter['by'], string>> = {
  argument: 'given',
  default: 'default',
  queue: 'given with the run',
};

function remarkOf(node: Expression, around: Origin | undefined, variables: VariablePlace): Remark {
  const context = node.kind === 'access' ? node.target : node;
  if (context.kind !== 'name') return {};
  const turn = turnOf(context.name, around);
  if (turn) return turn;
  const first = node.kind === 'access' ? node.steps[0] : undefined;
  if (first?.kind !== 'key' || first.key.kind !== 'literal') return {};
  const name = String(first.key.value);
  switch (context.name.toLowerCase()) {
    case 'parameters': {
      const bound = fileOf(around)?.parameters.find((one) => one.name.toLowerCase() === name.toLowerCase());
      return bound ? { note: saidOfParameter[bound.by], ...(bound.given ? { place: bound.given } : {}) } : {};
    }
    case 'variables':
      return variables(name) ?? {};
    default:
      return {};
  }
}

/** The turn of the `each` whose variable a name is. */
function turnOf(name: string, around: Origin | undefined): Remark | undefined {
  for (let at = around; at && !isFile(at.cause); at = at.outer) {
    if (at.cause.kind !== 'directive' || at.cause.turn?.variable.toLowerCase() !== name.toLowerCase()) continue;
    return { note: `turn ${at.cause.turn.index + 1} of each`, place: at.cause.place };
  }
  return undefined;
}

/** The file that a text stands in. */
function fileOf(origin: Origin | undefined): FileCause | undefined {
  for (let at = origin; at; at = at.outer) if (isFile(at.cause)) return at.cause;
  return undefined;
}

function isFile(cause: Cause): cause is FileCause {
  return cause.kind !== 'directive' && cause.kind !== 'expression';
}
