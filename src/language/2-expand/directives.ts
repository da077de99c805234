import { isDirectiveItem } from '../1-read/check.ts';
import {
  type Directive,
  type Entry,
  isDirective,
  type Mapping,
  type Node,
  type Place,
  type Scalar,
  type Sequence,
  type Template,
  textNode,
} from '../1-read/node.ts';
import { type DirectiveCause, type Evaluation, placeOf } from '../1-read/origin.ts';
import type { Problems } from '../diagnostics.ts';
import { toBoolean, toText } from '../expressions/convert.ts';
import { contextOf, type Value } from '../expressions/value.ts';
import { type Scope, within } from './scope.ts';
import { evaluateTemplate, expandKey, reportExpression, tryExpandText } from './template-expression.ts';

/** What directives need of the expansion. `spend` counts work against the limits and raises when they are passed. */
export type DirectiveHost = {
  readonly problems: Problems;
  spend(bytes: number, file: string, events?: number): void;
  /** Ends the expansion with a last problem of a file. */
  breakOff(at: Place, code: 'evaluation-broken' | 'evaluation-misled', ...holes: string[]): never;
};

/** Events of a directive, of a turn of a loop and of an expression among items, whatever comes of them. The published engine counts about as many, and no bytes. */
const eventsOfDirective = 5;

/** A sequence's item or a mapping's value, not yet expanded, with the scope that it is to be expanded in. */
export type OpenItem = { readonly node: Node; readonly scope: Scope };
/** `isOrphan`: the key was to be a branch, but there is no `if` before it. */
export type OpenEntry = {
  readonly key: Scalar;
  readonly value: Node;
  readonly scope: Scope;
  readonly isOrphan?: true;
};

/** Whether a chain of `if`, `elseif`, `else` is going on: `open` until a branch was taken. */
type Chain = {
  state: 'none' | 'open' | 'taken';
  /** The conditions of the chain that did not hold, where the compilation is traced. */
  refused?: readonly DirectiveCause[];
};

type Branch = { readonly scope: Scope; readonly body: Node };

/** The items of a sequence in order, directives followed, lists that an expression yields spliced. */
export function* openItems(sequence: Sequence, scope: Scope, host: DirectiveHost): Generator<OpenItem> {
  const chain: Chain = { state: 'none' };
  for (const item of sequence.items) {
    if (isDirectiveItem(item)) {
      const { key, value } = item.entries[0] as Entry & { key: Template };
      const directive = key.content as Directive;
      if (isOrphan(directive, chain)) {
        host.problems.at(key, 'directive-not-supported', directive.kind);
        host.problems.at(key, 'unexpected-value', key.raw);
        continue;
      }
      if (directive.kind === 'each' && value.kind === 'mapping') {
        // Documented: the turns fill one item between them. `- ${{ each pair in step }}:` over a mapping writes a step key by key.
        chain.state = 'none';
        yield { node: item, scope };
        continue;
      }
      for (const branch of branches(key, directive, value, scope, chain, host)) yield* bodyItems(branch, host);
    } else if (item.kind === 'template' && !isDirective(item.content)) {
      host.spend(0, item.file, eventsOfDirective);
      // What fails is no item, as in the published engine.
      const value = tryExpandText(item, scope, host.problems);
      if (!value) continue;
      if (value.kind === 'sequence') {
        const inside = within(scope, value.origin);
        for (const node of value.items) yield { node, scope: inside };
      } else yield { node: value, scope };
    } else yield { node: item, scope };
  }
}

function* bodyItems(branch: Branch, host: DirectiveHost): Generator<OpenItem> {
  const resolved = resolve(branch.body, branch.scope, host);
  if (!resolved) return;
  const scope = within(branch.scope, resolved.origin);
  if (resolved.kind === 'sequence') yield* openItems(resolved, scope, host);
  else if (isDirectiveItem(resolved)) {
    yield* openItems({ ...resolved, kind: 'sequence', items: [resolved] } as Sequence, scope, host);
  } else yield { node: resolved, scope };
}

/** The entries of a mapping in order, directives followed, keys expanded. */
export function* openEntries(mapping: Mapping, scope: Scope, host: DirectiveHost): Generator<OpenEntry> {
  const chain: Chain = { state: 'none' };
  for (const { key, value } of mapping.entries) {
    if (key.kind === 'scalar') {
      yield { key, value, scope };
      continue;
    }
    if (!isDirective(key.content)) {
      const expanded = expandKey(key, scope, host.problems);
      if (expanded) yield { key: expanded, value, scope };
      continue;
    }
    const directive = key.content;
    if (isOrphan(directive, chain)) {
      host.problems.at(key, 'directive-not-supported', directive.kind);
      // It counts as an ordinary key from here on.
      yield { key: textNode(key.raw, key), value, scope, isOrphan: true };
      continue;
    }
    for (const branch of branches(key, directive, value, scope, chain, host)) {
      const body = resolve(branch.body, branch.scope, host);
      if (!body) continue;
      if (body.kind === 'mapping') yield* openEntries(body, within(branch.scope, body.origin), host);
      else {
        host.problems.at(body, 'mapping-expected');
        // Recorded: the service breaks off there, but for an `insert`.
        if (directive.kind !== 'insert') host.breakOff(body, 'evaluation-broken');
      }
    }
  }
}

function isOrphan(directive: Directive, chain: Chain): boolean {
  return (directive.kind === 'else' || directive.kind === 'elseif') && chain.state === 'none';
}

/** The bodies that a directive brings in, each with its scope. */
function* branches(
  key: Template,
  directive: Directive,
  body: Node,
  scope: Scope,
  chain: Chain,
  host: DirectiveHost,
): Generator<Branch> {
  host.spend(0, key.file, eventsOfDirective);
  switch (directive.kind) {
    case 'insert':
      chain.state = 'none';
      yield { scope: opened(scope, key, directive), body };
      return;
    case 'if':
    case 'elseif': {
      if (directive.kind === 'elseif' && chain.state === 'taken') return;
      const evaluations: Evaluation[] | undefined = scope.origin && [];
      const holds = evaluateOr(directive, key, scope, host, evaluations);
      const refused = directive.kind === 'if' ? [] : (chain.refused ?? []);
      chain.state = holds !== undefined && toBoolean(holds) ? 'taken' : 'open';
      if (chain.state === 'taken') yield { scope: opened(scope, key, directive, evaluations, refused), body };
      else if (evaluations) chain.refused = [...refused, causeOf(key, directive, evaluations)];
      return;
    }
    case 'else': {
      const taken = chain.state === 'taken';
      chain.state = 'none';
      if (!taken) yield { scope: opened(scope, key, directive, undefined, chain.refused), body };
      return;
    }
    case 'each': {
      chain.state = 'none';
      const name = directive.variable.toLowerCase();
      if (name === 'parameters' || name === 'variables' || scope.locals.has(name)) {
        host.problems.at(key, 'each-name-taken', directive.variable);
        return;
      }
      const evaluations: Evaluation[] | undefined = scope.origin && [];
      const collection = evaluateOr(directive, key, scope, host, evaluations);
      if (collection === undefined) return;
      let index = 0;
      for (const item of itemsOf(collection, key, host)) {
        host.spend(0, key.file, eventsOfDirective);
        const turn = { variable: directive.variable, value: item, index: index++ };
        const origin = scope.origin && {
          cause: { ...causeOf(key, directive, evaluations), turn },
          outer: scope.origin,
        };
        yield { scope: { ...scope, locals: new Map(scope.locals).set(name, item), keyPlace: key, origin }, body };
      }
    }
  }
}

/** The scope of a directive's body, with the directive as its origin where the compilation is traced. */
function opened(
  scope: Scope,
  key: Template,
  directive: Directive,
  evaluations?: readonly Evaluation[],
  refused: readonly DirectiveCause[] = [],
): Scope {
  if (!scope.origin) return scope;
  const cause = causeOf(key, directive, evaluations);
  return within(scope, { cause: refused.length > 0 ? { ...cause, refused } : cause, outer: scope.origin });
}

function causeOf(key: Template, directive: Directive, evaluations: readonly Evaluation[] = []): DirectiveCause {
  const [evaluation] = evaluations;
  return {
    kind: 'directive',
    directive: directive.kind,
    place: placeOf(key),
    text: key.raw,
    ...(evaluation ? { evaluation } : {}),
  };
}

function* itemsOf(collection: Value, key: Template, host: DirectiveHost): Generator<Value> {
  if (collection === null || collection === '') return;
  if (typeof collection === 'object' && collection.kind === 'array') yield* collection.items;
  else if (typeof collection === 'object' && collection.kind === 'object') {
    for (const [name, value] of collection.entries()) {
      yield contextOf([
        ['key', name],
        ['value', value],
      ]);
    }
  } else host.problems.at(key, 'each-collection', toText(collection));
}

function evaluateOr(
  directive: Extract<Directive, { expression: unknown }>,
  key: Template,
  scope: Scope,
  host: DirectiveHost,
  evaluations: Evaluation[] | undefined,
): Value | undefined {
  try {
    return evaluateTemplate(directive.expression, scope, evaluations);
  } catch (error) {
    reportExpression(error, key, host.problems);
    return undefined;
  }
}

/** A body that may be an expression; undefined when that fails. */
function resolve(body: Node, scope: Scope, host: DirectiveHost): Node | undefined {
  return body.kind === 'template' && body.content.kind === 'lone' ? tryExpandText(body, scope, host.problems) : body;
}
