import { childOf, type Mapping, type Node, textOf } from '../1-read/node.ts';
import { type BoundParameter, type Origin, placeOf } from '../1-read/origin.ts';
import type { ObjectValue } from '../expressions/value.ts';

/**
 * The parameters of a file with their values and where each value was written, for a traced compilation.
 * @param block the file's `parameters` block
 * @param args what the reference gives, expanded; for the pipeline itself what was given when the run was queued
 * @param bound the values
 */
export function boundParameters(
  block: Node | undefined,
  args: Mapping | undefined,
  bound: ObjectValue,
  isRoot: boolean,
): BoundParameter[] {
  return Array.from(bound.entries(), ([name, value]): BoundParameter => {
    const given = valueUnder(args, name);
    if (given && isRoot) return { name, value, by: 'queue' };
    if (given) return { name, value, by: 'argument', given: writtenAt(given), ...originOf(given) };
    const fallback = block?.kind === 'mapping' ? valueUnder(block, name) : childOf(declaration(block, name), 'default');
    return { name, value, by: 'default', ...(fallback ? { given: placeOf(fallback) } : {}) };
  });
}

function originOf(node: Node): { origin?: Origin } {
  return node.origin?.cause.kind === 'expression' ? { origin: node.origin } : {};
}

function writtenAt(node: Node): ReturnType<typeof placeOf> {
  return placeOf(node.origin?.cause.kind === 'expression' ? node.origin.cause.place : node);
}

function declaration(block: Node | undefined, name: string): Node | undefined {
  if (block?.kind !== 'sequence') return undefined;
  return block.items.find((item) => textOf(item, 'name')?.toLowerCase() === name.toLowerCase());
}

function valueUnder(mapping: Mapping | undefined, name: string): Node | undefined {
  return mapping?.entries.find(({ key }) => key.kind === 'scalar' && key.text.toLowerCase() === name.toLowerCase())
    ?.value;
}
