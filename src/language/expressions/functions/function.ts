import type { Value } from '../value.ts';

/** One function of the expression language: its name, how many arguments the service accepts, and what it does. */
export type ExpressionFunction = {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  evaluate(call: FunctionCall): Value;
};

/** A call in progress. Arguments are evaluated when asked for, so that a function can be lazy. */
export type FunctionCall = {
  readonly count: number;
  /** Evaluates an argument; each call of it evaluates again. */
  argument(index: number): Value;
  /**
   * Says how many characters a result will have, before it is made: a short expression can double a text fifty times.
   * @throws ExpressionError when the whole expression makes too many
   */
  claim(characters: number): void;
  /** Says how many things in collections are looked at, so that loops over large collections come to the limits in time. */
  look(things: number): void;
  readonly host: FunctionHost;
};

/** What some functions need of the world around the expression. */
export type FunctionHost = {
  /** The state behind the status functions; absent where they don't exist. */
  readonly status?: StatusHost;
  /** Next value of the counter of a prefix; starts at the seed. */
  counter?(prefix: string, seed: number): number;
};

/** A step asks the job's status so far; a job or stage the results of what it depends on. */
export type StatusHost =
  | { readonly level: 'step'; readonly jobStatus: string }
  | {
      readonly level: 'job' | 'stage';
      readonly canceled: boolean;
      /** Results of the direct dependencies, or of the named ones; undefined when a name isn't a dependency. */
      results(names: readonly string[]): readonly string[] | undefined;
    };
