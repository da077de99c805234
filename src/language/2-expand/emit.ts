import type { Mapping, Node, Scalar } from '../1-read/node.ts';
import { emitScalar } from './emit-scalar.ts';

/** Told of each piece that is printed, in order: the node that it shows, the mapping that holds it, and the piece, which may have several lines. */
export type EmitListener = (shown: Node, owner: Mapping | undefined, text: string) => void;

type Output = { readonly lines: string[]; readonly listener: EmitListener | undefined };

/**
 * Prints an expanded pipeline as the service's preview does: two blanks a level, sequences at the indentation of their
 * parent key, LF line ends, one empty last line.
 */
export function emitYaml(root: Mapping, listener?: EmitListener): string {
  const output: Output = { lines: [], listener };
  if (root.entries.length === 0) print('{}', root, undefined, output);
  else emitMapping(root, 0, '', output);
  const text = output.lines.join('\n');
  // Only a block that keeps its final breaks ends in an empty line: another one would become its content.
  return text.endsWith('\n') ? `${text}\n` : `${text}\n\n`;
}

function print(text: string, shown: Node, owner: Mapping | undefined, { lines, listener }: Output): void {
  lines.push(text);
  listener?.(shown, owner, text);
}

/** `lead` is what stands before the first key: the dashes of the sequences that the mapping is an item of. */
function emitMapping(node: Mapping, indent: number, lead: string, output: Output): void {
  let start = ' '.repeat(indent - lead.length) + lead;
  for (const { key, value } of node.entries) {
    const head = `${start}${emitScalar(key as Scalar, indent, true)}:`;
    emitValue(key as Scalar, value, node, indent, head, output);
    start = ' '.repeat(indent);
  }
}

function emitValue(key: Scalar, value: Node, owner: Mapping, indent: number, head: string, output: Output): void {
  switch (value.kind) {
    case 'scalar': {
      print(`${head} ${emitScalar(value, indent + 2, false)}`, value, owner, output);
      return;
    }
    case 'sequence':
      if (value.items.length === 0) print(`${head} []`, value, owner, output);
      else {
        print(head, key, owner, output);
        emitItems(value.items, owner, indent, '', output);
      }
      return;
    case 'mapping':
      if (value.entries.length === 0) print(`${head} {}`, value, owner, output);
      else {
        print(head, key, owner, output);
        emitMapping(value, indent + 2, '', output);
      }
      return;
    case 'template':
      throw new Error('an expanded pipeline holds no template');
  }
}

function emitItems(items: readonly Node[], owner: Mapping, indent: number, lead: string, output: Output): void {
  let start = ' '.repeat(indent - lead.length) + lead;
  for (const item of items) {
    switch (item.kind) {
      case 'scalar':
        print(`${start}- ${emitScalar(item, indent + 2, false)}`, item, owner, output);
        break;
      case 'sequence':
        if (item.items.length === 0) print(`${start}- []`, item, owner, output);
        else emitItems(item.items, owner, indent + 2, `${start.slice(indent - lead.length)}- `, output);
        break;
      case 'mapping':
        if (item.entries.length === 0) print(`${start}- {}`, item, owner, output);
        else emitMapping(item, indent + 2, `${start.slice(indent - lead.length)}- `, output);
        break;
      case 'template':
        throw new Error('an expanded pipeline holds no template');
    }
    start = ' '.repeat(indent);
    lead = '';
  }
}
