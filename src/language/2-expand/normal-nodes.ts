import type { Entry, Mapping, Node, Place, Scalar } from '../1-read/node.ts';
import { textNode } from '../1-read/node.ts';

/** A key as a scalar; an expression that is left in it stands as its text. */
export function asScalar(key: Entry['key']): Scalar {
  return key.kind === 'scalar' ? key : textNode(key.raw, key);
}

/** A text as a list of it; empty text and everything else stay as they are. */
export function asList(value: Node): Node {
  return value.kind === 'scalar' && value.text !== '' ? listOf(value) : value;
}

/** A scalar as a mapping with this one key; everything else stays as it is. */
export function wrapped(key: string, value: Node): Node {
  return value.kind === 'scalar' ? mapping(value, [[key, value]]) : value;
}

/** The text of an entry’s key. */
export function keyText(entry: Entry): string {
  return entry.key.kind === 'scalar' ? entry.key.text : entry.key.raw;
}

/** A key of another text at the same place. */
export function rename(key: Entry['key'], text: string): Scalar {
  return textNode(text, key, 'plain');
}

/** An entry with a plain key, at the place of its value. */
export function entryOf(key: string, value: Node): Entry {
  return { key: textNode(key, value, 'plain'), value };
}

/** A key and a plain text, for `mapping`. */
export function pair(key: string, text: string, place: Place): [string, Node] {
  return [key, textNode(text, place, 'plain')];
}

/** A mapping of plain keys at a place. */
export function mapping(place: Place, pairs: readonly (readonly [string, Node])[]): Mapping {
  const { file, line, column } = place;
  return {
    kind: 'mapping',
    entries: pairs.map(([key, value]) => ({ key: textNode(key, place, 'plain'), value })),
    file,
    line,
    column,
  };
}

/** A sequence of one item. */
export function listOf(item: Node): Node {
  const { file, line, column } = item;
  return { kind: 'sequence', items: [item], file, line, column };
}

/** A mapping with each entry changed; other nodes stay as they are. */
export function mapEntries(node: Node, change: (entry: Entry) => Entry): Node {
  return node.kind === 'mapping' ? { ...node, entries: node.entries.map(change) } : node;
}
