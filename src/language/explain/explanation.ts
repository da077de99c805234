import type { Position } from '../position.ts';

/** Why a stage, job or step came out as it did. Plain data; `explain` makes it. */
export type Explanation = {
  readonly kind: 'stage' | 'job' | 'step';
  /** As `--at` takes it. */
  readonly path: string;
  readonly displayName: string;
  /** Where it was written; absent for a step that no one wrote. */
  readonly place?: Position;
  /** Something to know about the whole, such as why no one wrote it. */
  readonly note?: string;
  /** What became of it, in a run. */
  readonly outcome?: string;
  /** What brought it in, from the pipeline's file inward. Empty for a step that no one wrote. */
  readonly origin: readonly Link[];
  /** The properties that are more than a text: an expression, a macro, a condition, or brought in on their own. */
  readonly properties: readonly Property[];
  /** How many further properties stand as they were written. */
  readonly plain: number;
};

/** One step of the way on which something came in. */
export type Link =
  | {
      readonly kind: 'pipeline' | 'template' | 'extends';
      /** The file that was opened. */
      readonly file: string;
      /** Where its reference stands, and as written; absent for the pipeline itself. */
      readonly place?: Position;
      readonly reference?: string;
      readonly parameters: readonly Parameter[];
    }
  | {
      readonly kind: 'if' | 'elseif' | 'else' | 'each' | 'insert';
      readonly place: Position;
      /** As written, without `${{ }}`. */
      readonly text: string;
      /** Of the condition, or of what is gone over. */
      readonly evaluated?: ExpressionPart;
      /** The conditions of the chain that were asked before and did not hold. */
      readonly refused: readonly {
        readonly place: Position;
        readonly text: string;
        readonly evaluated?: ExpressionPart;
      }[];
      /** The turn of an `each`: counted from 1. */
      readonly turn?: {
        readonly variable: string;
        readonly value: string;
        readonly data: unknown;
        readonly number: number;
      };
    }
  /** A text whose expression yielded what stands here. */
  | {
      readonly kind: 'expression';
      readonly place: Position;
      readonly text: string;
      readonly evaluated: readonly ExpressionPart[];
    };

export type Parameter = {
  readonly name: string;
  readonly value: string;
  readonly data: unknown;
  readonly by: 'argument' | 'default' | 'queue';
  readonly place?: Position;
};

export type Property = {
  /** The key, with dots between those of nested mappings: `condition`, `inputs.script`, `variables.size`. */
  readonly name: string;
  /** What the grammar says of the key. */
  readonly about?: string;
  readonly value: string;
  /** Nobody wrote it: this is what holds then. */
  readonly isDefault: boolean;
  readonly place?: Position;
  /** What brought this property in, beyond what brought its owner in. */
  readonly origin: readonly Link[];
  /** The text as written, where `${{ }}` stood in it, and its expressions. */
  readonly template?: { readonly text: string; readonly evaluated: readonly ExpressionPart[] };
  /** A condition or a `$[ ]`. */
  readonly runtime?: ExpressionPart;
  /** The `$( )` of the text. */
  readonly macros: readonly Macro[];
};

export type Macro = {
  readonly name: string;
  /** Undefined where it is not known (yet). */
  readonly value?: string;
  readonly note?: string;
  readonly place?: Position;
  /** The expression of the variable, when it has one. */
  readonly evaluated?: ExpressionPart;
};

/** An expression or a part of one with its value; constants are no parts. */
export type ExpressionPart = {
  readonly text: string;
  /** `skipped`: what came before decided; `later`: only a run knows; `fault`: it could not be evaluated. */
  readonly state: 'value' | 'skipped' | 'later' | 'fault';
  /** As messages show it: strings in quotes. */
  readonly value?: string;
  readonly data?: unknown;
  /** Where the value comes from, when it will be known, or what is wrong. */
  readonly note?: string;
  readonly place?: Position;
  readonly parts: readonly ExpressionPart[];
};
