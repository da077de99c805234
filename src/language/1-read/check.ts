import type { Problems } from '../diagnostics.ts';
import { isDirective, type Mapping, type Node, type Scalar } from './node.ts';
import { checkScalar, matchMapping, type Shape, shapeOf } from './schema.ts';
import { readTemplateText } from './template-text.ts';

/**
 * Judges a file's nodes against a shape of the grammar, before anything is expanded: what stands below an expression key is
 * judged when it is expanded. Reports every problem.
 */
export function check(node: Node, shapeName: string, problems: Problems): void {
  const shape = shapeOf(shapeName);
  switch (node.kind) {
    case 'scalar':
      reportFault(node, problems);
      checkScalar(node, shape, problems);
      return;
    case 'template':
      if (!shape.expressions) problems.at(node, 'expression-not-allowed');
      else if (isDirective(node.content)) problems.at(node, 'unexpected-value', node.raw);
      return;
    case 'sequence':
      if (!shape.any && !shape.sequence) {
        problems.at(node, 'sequence-not-expected');
        return;
      }
      for (const item of node.items) {
        if (shape.directives && isDirectiveItem(item)) checkUnjudged(item, problems);
        else check(item, shape.sequence ?? shape.name, problems);
      }
      return;
    case 'mapping':
      checkMapping(node, shape, problems);
  }
}

/** Whether a sequence's item is a directive with its body rather than a value. */
export function isDirectiveItem(item: Node): item is Mapping {
  if (item.kind !== 'mapping' || item.entries.length !== 1) return false;
  const key = item.entries[0]!.key;
  return key.kind === 'template' && isDirective(key.content) && key.content.kind !== 'insert';
}

function checkMapping(node: Mapping, shape: Shape, problems: Problems): void {
  if (!shape.any && shape.mappings.length === 0) {
    problems.at(node, 'mapping-not-expected');
    return;
  }
  const seen = new Set<string>();
  const hasExpressionKey = node.entries.some((entry) => entry.key.kind === 'template');
  const match = matchMapping(shape, hasExpressionKey);
  let first = true;
  for (const { key, value } of node.entries) {
    if (key.kind === 'template') {
      if (!shape.expressions || !shape.directives) problems.at(key, 'expression-not-allowed');
      else checkUnjudged(value, problems);
      continue;
    }
    reportFault(key, problems);
    if (seen.has(key.text.toLowerCase())) {
      problems.at(key, 'already-defined', key.text);
      continue;
    }
    seen.add(key.text.toLowerCase());
    const valueShape = shape.any ? shape.name : match.take(key.text, first);
    if (valueShape !== undefined) check(value, valueShape, problems);
    else {
      problems.at(key, 'unexpected-value', key.text, ...match.instead(key.text, first));
      // Without its first key nothing tells what the rest was meant to be.
      if (first && shape.mappings.length > 1 && shape.mappings.every((one) => one.first)) return;
    }
    first = false;
  }
  const missing = hasExpressionKey || shape.any ? [] : match.missing();
  if (missing.length > 0) problems.at(node, 'not-enough-keys', missing.join(', '));
}

function reportFault(node: Scalar, problems: Problems): void {
  if (!node.isFaulty) return;
  const read = readTemplateText(node.text);
  if (read.kind === 'fault') problems.at(node, read.code, ...read.holes);
}

/** Looks through what can't be judged yet for faults that don't depend on the shape: duplicate keys and stray directives. */
function checkUnjudged(node: Node, problems: Problems): void {
  check(node, 'any', problems);
}
