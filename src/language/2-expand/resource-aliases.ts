import { childOf, type Node, textOf } from '../1-read/node.ts';

/** Aliases of the resources of one kind, in lower case: `kind` is the list's key, `key` the one that names an item. */
export function resourceAliases(root: Node, kind: string, key: string): ReadonlySet<string> {
  const list = childOf(childOf(root, 'resources'), kind);
  const items = list?.kind === 'sequence' ? list.items : [];
  return new Set(items.map((item) => textOf(item, key)?.toLowerCase() ?? ''));
}
