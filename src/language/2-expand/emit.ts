import type { Mapping, Node, Scalar } from '../1-read/node.ts';
import { emitScalar } from './emit-scalar.ts';

/**
 * Prints an expanded pipeline as the service's preview does: two blanks a level, sequences at the indentation of their
 * parent key, LF line ends, one empty last line.
 */
export function emitYaml(root: Mapping): string {
  const lines: string[] = [];
  if (root.entries.length === 0) lines.push('{}');
  else emitMapping(root, 0, '', lines);
  const text = lines.join('\n');
  // Only a block that keeps its final breaks ends in an empty line: another one would become its content.
  return text.endsWith('\n') ? `${text}\n` : `${text}\n\n`;
}

/** `lead` is what stands before the first key: the dashes of the sequences that the mapping is an item of. */
function emitMapping(node: Mapping, indent: number, lead: string, lines: string[]): void {
  let start = ' '.repeat(indent - lead.length) + lead;
  for (const { key, value } of node.entries) {
    const name = emitScalar(key as Scalar, indent, true);
    emitValue(value, indent, `${start}${name}:`, lines);
    start = ' '.repeat(indent);
  }
}

function emitValue(value: Node, indent: number, head: string, lines: string[]): void {
  switch (value.kind) {
    case 'scalar': {
      const text = emitScalar(value, indent + 2, false);
      lines.push(text === '' ? head : `${head} ${text}`);
      return;
    }
    case 'sequence':
      if (value.items.length === 0) lines.push(`${head} []`);
      else {
        lines.push(head);
        emitItems(value.items, indent, '', lines);
      }
      return;
    case 'mapping':
      if (value.entries.length === 0) lines.push(`${head} {}`);
      else {
        lines.push(head);
        emitMapping(value, indent + 2, '', lines);
      }
      return;
    case 'template':
      throw new Error('an expanded pipeline holds no template');
  }
}

function emitItems(items: readonly Node[], indent: number, lead: string, lines: string[]): void {
  let start = ' '.repeat(indent - lead.length) + lead;
  for (const item of items) {
    switch (item.kind) {
      case 'scalar':
        lines.push(`${start}- ${emitScalar(item, indent + 2, false)}`.trimEnd());
        break;
      case 'sequence':
        if (item.items.length === 0) lines.push(`${start}- []`);
        else emitItems(item.items, indent + 2, `${start.slice(indent - lead.length)}- `, lines);
        break;
      case 'mapping':
        if (item.entries.length === 0) lines.push(`${start}- {}`);
        else emitMapping(item, indent + 2, `${start.slice(indent - lead.length)}- `, lines);
        break;
      case 'template':
        throw new Error('an expanded pipeline holds no template');
    }
    start = ' '.repeat(indent);
    lead = '';
  }
}
