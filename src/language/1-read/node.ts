import type { ParsedExpression } from '../expressions/tree.ts';
import type { Origin } from './origin.ts';

/** A place in a file: the file's repository path (`/folder/file.yml`, with `@alias` in another repository), line and column from 1. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** A YAML value with its place. `Template` stands for text that holds `${{ }}`, until it has been expanded. */
export type Node = Scalar | Sequence | Mapping | Template;

/** What every node has: its place, and in a traced compilation how it came there. */
type Located = Place & {
  readonly origin?: Origin;
  /** Of what an expression took out of a parameter: the node that was written there. */
  readonly source?: Node;
};

/** How a scalar was written; `none` for what an expression made. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded' | 'none';

export type Scalar = Located & {
  readonly kind: 'scalar';
  /** The source text of a plain scalar, the content of a quoted or block one. */
  readonly text: string;
  readonly type: 'null' | 'boolean' | 'number' | 'string';
  readonly style: ScalarStyle;
  /** The `${{ }}` in the text can't be read. The text counts as written then, and its fault is told only where it is looked at. */
  readonly isFaulty?: true;
};

export type Sequence = Located & { readonly kind: 'sequence'; readonly items: readonly Node[] };

export type Mapping = Located & { readonly kind: 'mapping'; readonly entries: readonly Entry[] };

export type Entry = { readonly key: Scalar | Template; readonly value: Node };

export type Template = Located & {
  readonly kind: 'template';
  /** The whole text as written. */
  readonly raw: string;
  readonly style: ScalarStyle;
  readonly content: TemplateContent;
};

export type TemplateContent =
  /** The whole text is one `${{ … }}`. */
  | { readonly kind: 'lone'; readonly expression: ParsedExpression }
  /** Text and expressions in turn. */
  | { readonly kind: 'mixed'; readonly parts: readonly (string | ParsedExpression)[] }
  | Directive;

export type Directive =
  | { readonly kind: 'if' | 'elseif'; readonly expression: ParsedExpression }
  | { readonly kind: 'else' | 'insert' }
  | { readonly kind: 'each'; readonly variable: string; readonly expression: ParsedExpression };

/** Whether a key is a directive rather than text to be. */
export function isDirective(content: TemplateContent): content is Directive {
  return content.kind !== 'lone' && content.kind !== 'mixed';
}

/** Makes a scalar that no one wrote. */
export function textNode(text: string, place: Place, style: ScalarStyle = 'none'): Scalar {
  return { kind: 'scalar', text, type: 'string', style, file: place.file, line: place.line, column: place.column };
}

/** The value of a literal key in a mapping, in the exact spelling. */
export function childOf(node: Node | undefined, key: string): Node | undefined {
  if (node?.kind !== 'mapping') return undefined;
  return node.entries.find((entry) => entry.key.kind === 'scalar' && entry.key.text === key)?.value;
}

/** The text under a key, when there is a scalar. */
export function textOf(node: Node | undefined, key: string): string | undefined {
  const value = childOf(node, key);
  return value?.kind === 'scalar' ? value.text : undefined;
}
