import type { Trace } from '../expressions/evaluate.ts';
import type { ParsedExpression } from '../expressions/tree.ts';
import type { Value } from '../expressions/value.ts';
import type { Position } from '../position.ts';

/**
 * How a node came to stand where it is. A linked record, made once a template reference, directive body or evaluated text and
 * shared by all nodes that came by it; made only where the compilation is traced.
 */
export type Origin = {
  readonly cause: Cause;
  /** What that itself stood in; undefined for the pipeline's own file. */
  readonly outer: Origin | undefined;
};

export type Cause = FileCause | DirectiveCause | ExpressionCause;

/** A file was opened: the pipeline itself, a template, or what it extends. */
export type FileCause = {
  readonly kind: 'pipeline' | 'template' | 'extends';
  /** The file as messages show it. */
  readonly file: string;
  /** Where the reference stands, and as it is written there; absent for the pipeline itself. */
  readonly place?: Position;
  readonly reference?: string;
  readonly parameters: readonly BoundParameter[];
};

/** A declared parameter with its value; `given` says where the value was written (absent: when the run was queued). */
export type BoundParameter = {
  readonly name: string;
  readonly value: Value;
  readonly by: 'argument' | 'default' | 'queue';
  readonly given?: Position;
  /** The expression that made the argument, when there was one. */
  readonly origin?: Origin;
};

export type DirectiveCause = {
  readonly kind: 'directive';
  readonly directive: 'if' | 'elseif' | 'else' | 'each' | 'insert';
  readonly place: Position;
  /** As written, with `${{ }}`. */
  readonly text: string;
  /** Of the condition, or of what `each` goes over. */
  readonly evaluation?: Evaluation;
  /** The conditions before it in its chain, none of which held. */
  readonly refused?: readonly DirectiveCause[];
  /** The turn of an `each`. */
  readonly turn?: { readonly variable: string; readonly value: Value; readonly index: number };
};

/** A text with `${{ }}` made the node. */
export type ExpressionCause = {
  readonly kind: 'expression';
  readonly place: Position;
  /** The whole text as written. */
  readonly text: string;
  /** Whether it was written as a literal block (`|`), whose lines are the text's own. */
  readonly isBlock: boolean;
  readonly evaluations: readonly Evaluation[];
};

/** One expression with its value, and the values of its parts as far as they were evaluated. */
export type Evaluation = { readonly expression: ParsedExpression; readonly value: Value; readonly trace: Trace };

/** The place of a node alone. */
export function placeOf({ file, line, column }: Position): Position {
  return { file, line, column };
}
