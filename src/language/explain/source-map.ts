import type { Mapping, Node } from '../1-read/node.ts';
import { type Origin, placeOf } from '../1-read/origin.ts';
import { emitYaml } from '../2-expand/emit.ts';
import { nodeToData } from '../2-expand/value-node.ts';
import type { Expanded } from '../compile.ts';
import type { Position } from '../position.ts';
import type { Part } from './find-part.ts';

/** A line of the final YAML and where it was written. */
export type SourceLine = {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  readonly source: Position;
  /** The references and directives that brought it in, the nearest first. */
  readonly through: readonly Position[];
};

/**
 * Prints an expanded pipeline, or one stage, job or step of it, with the source of each line.
 * @param part undefined for the whole pipeline
 * @returns no lines for a step that no one wrote
 */
export function sourceMap(expanded: Expanded, part?: Part): SourceLine[] {
  const root = part ? nodeOf(part) : expanded.root;
  if (!root) return [];
  const lines: SourceLine[] = [];
  emitYaml(root, (shown, owner, text) => {
    const origin = shown.origin ?? owner?.origin;
    const through = throughOf(origin);
    const written = writtenAs(shown);
    const sources = linesOf(written, text);
    text.split('\n').forEach((one, index) => {
      const line = sources[index] ?? written.line;
      const source = line === written.line ? placeOf(written) : { file: written.file, line, column: 1 };
      lines.push({ line: lines.length + 1, text: one, source, through });
    });
  });
  return lines;
}

/** The part of the final YAML that a stage, job or step is, as text and as plain data; undefined for a step that no one wrote. */
export function partYaml(part: Part): { readonly yaml: string; readonly data: unknown } | undefined {
  const node = nodeOf(part);
  return node && { yaml: emitYaml(node), data: nodeToData(node) };
}

/** The expanded node of a part. */
export function nodeOf(part: Part): Mapping | undefined {
  if (part.step) return part.stepNode;
  return part.job ? part.jobNode : part.stageNode;
}

/** The node that a person wrote for a node: the same, unless an expression took it out of a parameter, perhaps one given on and on. */
export function writtenAs<N extends Node>(node: N): N {
  let at: Node = node;
  // What a parameter's value stands for is of the same kind.
  while (at.source?.kind === node.kind) at = at.source;
  return at as N;
}

function throughOf(origin: Origin | undefined): Position[] {
  const found: Position[] = [];
  for (let at = origin; at; at = at.outer) {
    if (at.cause.kind !== 'expression' && at.cause.place) found.push(at.cause.place);
  }
  return found;
}

/**
 * The source line of each printed line of a scalar. What was written as a literal block is followed line by line; of other texts
 * of several lines only the first place is known.
 */
function linesOf(node: Node, printed: string): readonly number[] {
  if (node.kind !== 'scalar' || !printed.includes('\n')) return [];
  const cause = node.origin?.cause;
  const isExpanded = cause?.kind === 'expression';
  const count = node.text.split('\n').length;
  // An expression that yields further lines, or is written over several, shifts what comes after it: then nothing is claimed.
  const isLineByLine = isExpanded ? cause.isBlock && cause.text.split('\n').length === count : node.style === 'literal';
  if (!isLineByLine) return [];
  const [, ...body] = printed.split('\n');
  const filled = node.text.split('\n').flatMap((text, index) => (text.trim() === '' ? [] : [node.line + 1 + index]));
  const sources = [node.line];
  // Printed as a folded block, breaks are doubled: an empty line belongs to the text before it.
  let next = 0;
  for (const line of body) {
    if (line.trim() !== '') next++;
    sources.push(filled[Math.max(0, next - 1)] ?? node.line);
  }
  return sources;
}
