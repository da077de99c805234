import type { ExpressionFunction } from './functions/function.ts';
import type { Value } from './value.ts';

/** A parsed expression. Positions count characters of the source from 1. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Value; readonly raw: string }
  | { readonly kind: 'name'; readonly name: string; readonly position: number }
  | Call
  | Access;

export type Call = {
  readonly kind: 'call';
  readonly name: string;
  readonly position: number;
  /** Undefined for a name that only the syntax walk let pass. */
  readonly definition: ExpressionFunction | undefined;
  readonly args: Expression[];
};

/** A value and what is looked up in it, step by step. */
export type Access = { readonly kind: 'access'; readonly target: Expression; readonly steps: AccessStep[] };

export type AccessStep =
  | { readonly kind: 'key'; readonly key: Expression; readonly dotted: boolean }
  | { readonly kind: 'wildcard'; readonly dotted: boolean };

/**
 * A whole expression: its source text, its tree, and the names in it that only a strict check judges, in source order. `depth`: calls
 * and indexes that are open at once.
 */
export type ParsedExpression = {
  readonly text: string;
  readonly root: Expression;
  readonly names: readonly { readonly raw: string; readonly position: number; readonly isCall: boolean }[];
  readonly depth: number;
};
