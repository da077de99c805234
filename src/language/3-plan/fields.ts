import { childOf, type Node, textOf } from '../1-read/node.ts';
import type { Problems } from '../diagnostics.ts';
import { isRuntimeExpression } from '../expressions/runtime.ts';
import type { PlanVariable } from './plan.ts';

// Readers of single keys of the normal form.

/** A list of texts; a lone text counts as a list of one, empty text as none. Undefined when the key isn't there. */
export function textList(node: Node | undefined, key: string): string[] | undefined {
  const value = childOf(node, key);
  if (value?.kind === 'scalar') return value.text === '' ? [] : [value.text];
  if (value?.kind !== 'sequence') return undefined;
  return value.items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : []));
}

/** What a stage or job waits for, each name once, in any case. Undefined when nothing is written. */
export function dependencies(node: Node): string[] | undefined {
  const seen = new Set<string>();
  return textList(node, 'dependsOn')?.filter((name) => {
    const isNew = name !== '' && !seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    return isNew;
  });
}

/** A mapping of texts. */
export function textMap(node: Node | undefined): Record<string, string> {
  const texts: [string, string][] = [];
  if (node?.kind === 'mapping') {
    for (const { key, value } of node.entries) {
      if (key.kind === 'scalar' && value.kind === 'scalar') texts.push([key.text, plainText(value)]);
    }
  }
  return Object.fromEntries(texts);
}

function plainText(node: Extract<Node, { kind: 'scalar' }>): string {
  return node.type === 'null' ? '' : node.text;
}

/**
 * A whole number from 0; anything else is reported and gives the default. With `ofJob` it is one of the settings that a job may
 * leave to a runtime expression (2019 source).
 */
export function wholeNumber(
  node: Node | undefined,
  key: string,
  absent: number,
  problems: Problems,
  ofJob = false,
): number {
  const value = childOf(node, key);
  if (value?.kind !== 'scalar' || value.text.trim() === '') return absent;
  if (/^\d{1,9}$/.test(value.text.trim())) return Number(value.text);
  if (!ofJob) problems.at(value, 'not-a-number', key, value.text);
  else if (isRuntimeExpression(value.text)) problems.at(value, 'not-implemented', `a runtime expression as '${key}'`);
  else problems.plain('no-runtime-expression', [value.text], value);
  return absent;
}

/** Whether a key says yes in one of the spellings that YAML authors use. */
export function isYes(node: Node | undefined, key: string, absent = false): boolean {
  const text = textOf(node, key);
  return text === undefined || text === '' ? absent : /^(?:true|y|yes|on)$/i.test(text);
}

/** The `variables` of a pipeline, stage or job. */
export function planVariables(owner: Node): PlanVariable[] {
  const list = childOf(owner, 'variables');
  if (list?.kind !== 'sequence') return [];
  return list.items.flatMap((item): PlanVariable[] => {
    const { file, line, column } = item;
    const position = { file, line, column };
    const group = textOf(item, 'group');
    if (group !== undefined) return [{ kind: 'group', name: group, position }];
    const name = textOf(item, 'name');
    if (name === undefined) return [];
    const value = childOf(item, 'value');
    const text = value?.kind === 'scalar' ? plainText(value) : '';
    return [{ kind: 'value', name, value: text, readonly: isYes(item, 'readonly'), position }];
  });
}
