import { toBoolean } from '../expressions/convert.ts';
import { ExpressionError } from '../expressions/error.ts';
import { evaluate, type Scope, type Trace, written } from '../expressions/evaluate.ts';
import type { Expression, ParsedExpression } from '../expressions/tree.ts';
import type { ObjectValue, Value } from '../expressions/value.ts';
import type { Position } from '../position.ts';
import type { ExpressionPart } from './explanation.ts';
import { showValue, valueData } from './show-value.ts';

/** What is known of where a part's value comes from. */
export type Remark = { readonly note?: string; readonly place?: Position; readonly parts?: readonly ExpressionPart[] };

/** Raised by a scope that is asked for what only a run knows. The message says when that will be. */
class NotKnownYet extends Error {}

/** Ends an evaluation at what only a run knows. @param when in words: `known when A has ended` */
export function notKnown(when: string): never {
  throw new NotKnownYet(when);
}

/** An object that is asked as the evaluation gets there; a key may not be known yet. */
export type LazyObject = ObjectValue & { readonly names: readonly string[] };

/** Makes one. @param names the keys that it is known to have */
export function lazy(get: (key: string) => Value | undefined, names: readonly string[] = []): LazyObject {
  return { kind: 'object', get, names, entries: () => names.map((name) => [name, get(name) ?? null] as const) };
}

/** The keys of an object, whether or not their values are known. */
export function namesOf(value: ObjectValue): readonly string[] {
  return 'names' in value ? (value as LazyObject).names : Array.from(value.entries(), ([name]) => name);
}

/** The tree of an expression that was evaluated, from its trace. */
export function tracedTree(
  expression: ParsedExpression,
  value: Value,
  trace: Trace,
  remark: (node: Expression, value: Value | undefined) => Remark,
): ExpressionPart {
  return build(expression.root, {
    root: { node: expression.root, value },
    trace,
    remark,
    retry: undefined,
  });
}

/** Evaluates an expression and answers its tree, whole or as far as it can be known. */
export function evaluatedTree(
  expression: ParsedExpression,
  scope: Scope,
  remark: (node: Expression, value: Value | undefined) => Remark,
): ExpressionPart {
  const trace: Trace = new Map();
  try {
    const value = evaluate(expression, scope, trace);
    return tracedTree(expression, value, trace, remark);
  } catch (error) {
    fault(error);
  }
  // Something is not known or at fault: each part is then tried alone, so that it shows which one.
  const retry = (node: Expression): Value => evaluate({ ...expression, root: node }, scope, trace);
  return build(expression.root, { trace, remark, retry });
}

type Building = {
  readonly trace: Trace;
  readonly root?: { readonly node: Expression; readonly value: Value };
  readonly remark: (node: Expression, value: Value | undefined) => Remark;
  readonly retry: ((node: Expression) => Value) | undefined;
};

function build(node: Expression, building: Building): ExpressionPart {
  const { trace, root, remark, retry } = building;
  const own = partsOf(node).map((part) => build(part, building));
  const text = written(node);
  let value = node === root?.node ? root.value : node.kind === 'literal' ? node.value : trace.get(node);
  if (value === undefined && retry) {
    try {
      value = retry(node);
    } catch (error) {
      const { place } = remark(node, undefined);
      return { text, ...decided(node, own, trace, fault(error)), ...(place ? { place } : {}), parts: own };
    }
  }
  if (value === undefined) return { text, state: 'skipped', parts: [] };
  const { parts = [], ...said } = remark(node, value);
  return { text, state: 'value', ...shownValue(value), ...said, parts: [...own, ...parts] };
}

function shownValue(value: Value): Pick<ExpressionPart, 'value' | 'data'> {
  try {
    return { value: showValue(value), data: valueData(value) };
  } catch (error) {
    // A context as a whole, some of which is not known yet.
    if (error instanceof NotKnownYet) return { value: '{…}' };
    throw error;
  }
}

/** The parts of a node that are worth a line: what is looked up or called; constants speak for themselves. */
function partsOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'literal':
    case 'name':
      return [];
    case 'call':
      return node.args.filter((arg) => arg.kind !== 'literal');
    case 'access': {
      const keys = node.steps.flatMap((step) => (step.kind === 'key' && step.key.kind !== 'literal' ? [step.key] : []));
      return node.target.kind === 'name' ? keys : [node.target, ...keys];
    }
  }
}

function fault(error: unknown): Pick<ExpressionPart, 'state' | 'note'> {
  if (error instanceof NotKnownYet) return { state: 'later', note: error.message };
  if (error instanceof ExpressionError) return { state: 'fault', note: error.message };
  throw error;
}

/** `and` with a part that is false is false whatever the rest will be, `or` with a true one true. */
function decided(
  node: Expression,
  parts: readonly ExpressionPart[],
  trace: Trace,
  otherwise: Pick<ExpressionPart, 'state' | 'note'>,
): Pick<ExpressionPart, 'state' | 'note' | 'value' | 'data'> {
  if (otherwise.state !== 'later' || parts.some((part) => part.state === 'fault')) return otherwise;
  const settles = node.kind === 'call' ? settling[node.name.toLowerCase()] : undefined;
  const settled =
    node.kind === 'call' &&
    node.args.some((arg) => {
      const value = arg.kind === 'literal' ? arg.value : trace.get(arg);
      return value !== undefined && toBoolean(value) === settles;
    });
  if (settled)
    return { state: 'value', value: settles ? 'True' : 'False', data: settles, note: 'whatever the rest will be' };
  // The part that isn't known says when it will be.
  return parts.some((part) => part.state === 'later') ? { state: 'later' } : otherwise;
}

const settling: Readonly<Record<string, boolean>> = { and: false, or: true };
