import { childOf, type Entry, type Mapping, type Node, type Template, textNode, textOf } from '../1-read/node.ts';
import { checkScalar, matchMapping, type Shape, shapeOf } from '../1-read/schema.ts';
import { type DirectiveHost, openEntries, openItems } from './directives.ts';
import { type Scope, traced, within } from './scope.ts';
import { expandText } from './template-expression.ts';

/** What the walk asks of the expansion around it. */
export type ExpansionHost = DirectiveHost & {
  /** Enters a collection; raises when the nesting passes the limit. */
  enter(file: string): void;
  leave(): void;
  /** Mappings in which the service loses count of the levels. */
  readonly misled: Set<Node>;
  /** Brings in a template's list: `reference` is the expanded item with `template` and `parameters`, `shapeName` the list's shape. */
  include(reference: Mapping, shapeName: string, scope: Scope): readonly Node[];
};

const lists = new Set(['stages', 'jobs', 'steps', 'variables', 'phases']);
const roots = new Set(['pipeline', 'extendsTemplateFile']);
const owners = new Set(['stageItem', 'jobItem', 'phaseItem']);

/** Expands a node against a shape: no `${{ }}`, directive or template reference is left. Reports what doesn't fit. */
export function expandNode(node: Node, shapeName: string, scope: Scope, host: ExpansionHost, inSequence = false): Node {
  const shape = shapeOf(shapeName);
  switch (node.kind) {
    case 'scalar':
      host.spend(50 + 2 * node.text.length, node.file);
      checkScalar(node, shape, host.problems);
      return traced(node, scope);
    case 'template':
      return expandTemplate(node, shape, scope, host);
    case 'sequence': {
      if (!shape.any && !shape.sequence) {
        host.problems.at(node, 'sequence-not-expected');
        return { ...node, items: [] };
      }
      host.enter(node.file);
      host.spend(24, node.file);
      const items: Node[] = [];
      for (const open of shape.directives
        ? openItems(node, scope, host)
        : node.items.map((item) => ({ node: item, scope }))) {
        expandItem(open.node, shape, open.scope, host, items);
      }
      host.leave();
      return traced({ ...node, items }, scope);
    }
    case 'mapping':
      return expandMapping(node, shape, scope, host, inSequence);
  }
}

function expandTemplate(node: Template, shape: Shape, scope: Scope, host: ExpansionHost): Node {
  if (!shape.expressions) {
    host.problems.at(node, 'expression-not-allowed');
    return textNode('', node);
  }
  const value = expandText(node, scope, host.problems);
  return expandNode(value, shape.name, within(scope, value.origin), host);
}

function expandItem(node: Node, list: Shape, scope: Scope, host: ExpansionHost, items: Node[]): void {
  const itemShape = list.sequence ?? list.name;
  const item = expandNode(node, itemShape, scope, host, true);
  if (item.kind === 'mapping' && lists.has(list.name) && childOf(item, 'template')) {
    items.push(...host.include(item, list.name, scope));
    return;
  }
  if (list.name === 'variables') {
    const name = textOf(item, 'name');
    const value = childOf(item, 'value');
    if (name !== undefined) defineVariable(name, value, scope, host);
  }
  items.push(item);
}

function expandMapping(node: Mapping, shape: Shape, outer: Scope, host: ExpansionHost, inSequence: boolean): Node {
  if (!shape.any && shape.mappings.length === 0) {
    host.problems.at(node, 'mapping-not-expected');
    return { ...node, entries: [] };
  }
  host.enter(node.file);
  host.spend(24, node.file);
  const scope = owners.has(shape.name) ? { ...outer, variables: outer.variables.child() } : outer;
  const early = new Map<Node, Node>();
  // The variables of a pipeline, stage or job are known to all of its keys, wherever they stand.
  if (scope !== outer || roots.has(shape.name)) {
    const variables = childOf(node, 'variables');
    if (variables) early.set(variables, expandNode(variables, 'variables', scope, host));
  }
  const entries: Entry[] = [];
  const seen = new Set<string>();
  const match = matchMapping(shape, false);
  let first = true;
  for (const open of openEntries(node, scope, host)) {
    const { key, value } = open;
    const name = key.text.toLowerCase();
    if (seen.has(name)) {
      host.problems.at(key, 'already-defined', key.text);
      continue;
    }
    seen.add(name);
    host.spend(50 + 2 * key.text.length, key.file);
    const valueShape = shape.any ? shape.name : match.take(key.text, first);
    if (valueShape === undefined) {
      host.problems.at(key, 'unexpected-value', key.text, ...match.instead(key.text, first));
      const tellsNothing = first && shape.mappings.length > 1 && shape.mappings.every((one) => one.first);
      first = false;
      if (tellsNothing) break;
      continue;
    }
    first = false;
    if (valueShape === 'parameters') {
      // Declarations stand as they were written; they were judged when the file was read.
      entries.push({ key, value });
      continue;
    }
    const expanded = early.get(value) ?? expandNode(value, valueShape, open.scope, host);
    entries.push({ key: traced(key, open.scope), value: expanded });
    if (open.isOrphan && value.kind === 'mapping' && shape.name === 'variables') {
      reportOrphanBody(value, seen, host);
      host.misled.add(node);
    } else if (shape.name === 'variables') defineVariable(key.text, expanded, scope, host);
    if (host.misled.has(value) && isFile(shape)) breakOffBehind(node, value, host);
  }
  host.leave();
  if (!shape.any) {
    // An empty item is told of as such below; a pipeline of which nothing is left is none of any kind.
    const missing = entries.length === 0 && shape.name !== 'pipeline' ? [] : match.missing();
    if (missing.length > 0) host.problems.at(node, 'not-enough-keys', missing.join(', '));
    else if (first && inSequence) host.problems.at(node, 'pair-expected');
  }
  return traced({ ...node, entries }, outer);
}

function isFile({ name }: Shape): boolean {
  return name === 'pipeline' || name.endsWith('TemplateFile');
}

/** The service takes the keys of the body of a branch without an `if` for keys of the variables around it. */
function reportOrphanBody(body: Mapping, seen: ReadonlySet<string>, host: ExpansionHost): void {
  for (const { key } of body.entries) {
    if (key.kind === 'scalar' && seen.has(key.text.toLowerCase())) host.problems.at(key, 'already-defined', key.text);
  }
}

/**
 * Recorded: with the body's end the variables end for the service, with the variables' end the file, and whatever comes behind is too
 * much. It prints where it stands then.
 */
function breakOffBehind(file: Mapping, value: Node, host: ExpansionHost): never {
  const next = file.entries.findIndex((entry) => entry.value === value) + 1;
  const isEnd = next === file.entries.length;
  const state = ['IsStart: False', `Index: ${next}`, 'IsKey: True', `IsEnd: ${isEnd ? 'True' : 'False'}`];
  const mapping = ['MappingState:', ...state.map((line) => `  ${line}`), '', ''].join('\r\n');
  return host.breakOff(file, 'evaluation-misled', isEnd ? mapping : `LiteralState\r\n\r\n${mapping}`);
}

function defineVariable(name: string, value: Node | undefined, scope: Scope, host: ExpansionHost): void {
  if (value && scope.variables.isSystem(name)) host.problems.at(value, 'system-variable', name);
  else scope.variables.set(name, value?.kind === 'scalar' && value.type !== 'null' ? value.text : '');
}
