import type { Entry, Node } from '../1-read/node.ts';
import type { Value } from '../expressions/value.ts';

/**
 * Nodes that were made of a value, each with the node that its part of the value was written as; for a traced compilation. What was
 * computed, or given with the run, has none.
 * @param around what the value is a part of, where that was written
 */
export function withSources(node: Node, value: Value, around?: Node): Node {
  const isCollection =
    value !== null && typeof value === 'object' && (value.kind === 'array' || value.kind === 'object');
  const own = isCollection ? ((value.source as Node | undefined) ?? around) : around;
  if (own === undefined && !isCollection) return node;
  // What is given with the run stands in no file: its place is the file's beginning, where no value can be.
  const source = own && (own.line > 1 || own.column > 1) ? { source: own } : {};
  if (isCollection && value.kind === 'array' && node.kind === 'sequence') {
    const written = own?.kind === 'sequence' ? own.items : [];
    return {
      ...node,
      items: node.items.map((item, index) => withSources(item, value.items[index]!, written[index])),
      ...source,
    };
  }
  if (isCollection && value.kind === 'object' && node.kind === 'mapping') {
    const written = own?.kind === 'mapping' ? own.entries : [];
    const entries = node.entries.map(({ key, value: child }): Entry => {
      const name = key.kind === 'scalar' ? key.text : key.raw;
      const entry = written.find((one) => one.key.kind === 'scalar' && one.key.text === name);
      const made = withSources(child, value.get(name) ?? null, entry?.value);
      return { key: 'source' in source && entry ? { ...key, source: entry.key } : key, value: made };
    });
    return { ...node, entries, ...source };
  }
  return { ...node, ...source };
}
