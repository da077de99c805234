import { toText } from './convert.ts';
import { dateTimeFrom } from './date-time.ts';
import { readLiteral } from './decimal.ts';
import { evaluate, type Scope } from './evaluate.ts';
import { parseExpression } from './parser.ts';
import { runtimeVariablePlace } from './places.ts';
import { contextOf, type ObjectValue, objectOf, type Value } from './value.ts';

/** What another job or stage left behind. `result` is `Succeeded`, `SucceededWithIssues`, `Failed`, `Canceled`, `Skipped` or `Abandoned`; outputs are flat, keyed as the producer's level says (`step.variable`, `leg.step.variable`, `job.step.variable`). */
export type Dependency = { readonly result: string; readonly outputs: Readonly<Record<string, string>> };

/** What a runtime expression can see. */
export type RuntimeContext = {
  /** A variable's value by its name in any case. */
  variables(name: string): string | undefined;
  readonly dependencies?: Readonly<Record<string, Dependency>>;
  /** By stage, then by job. */
  readonly stageDependencies?: Readonly<Record<string, Readonly<Record<string, Dependency>>>>;
  /** `resources.repositories` and `resources.containers` as plain data. */
  readonly resources?: unknown;
  readonly pipeline?: unknown;
  /** Next value of a counter of this pipeline, for a prefix; the seed the first time. */
  counter?(prefix: string, seed: number): number;
};

const wrapped = /^\s*\$\[([\s\S]*)\]\s*$/;

/** Whether a variable's text is a runtime expression: `$[ … ]` must be the whole of it. */
export function isRuntimeExpression(text: string): boolean {
  return wrapped.test(text);
}

/**
 * Evaluates a runtime expression, `$[ … ]` whole or bare, to text. A miss is empty text.
 * @throws ExpressionError when the expression can't be parsed or evaluated, or yields a collection
 */
export function evaluateRuntimeExpression(text: string, context: RuntimeContext): string {
  const bare = wrapped.exec(text)?.[1] ?? text;
  const host = context.counter ? { counter: context.counter } : {};
  return toText(evaluate(parseExpression(bare, runtimeVariablePlace, 'strict'), runtimeScope(context, host)));
}

/** The scope of a runtime context; contexts that aren't there are empty. */
export function runtimeScope(context: RuntimeContext, host: Scope['host']): Scope {
  const variables: ObjectValue = { kind: 'object', get: (name) => context.variables(name), entries: () => [] };
  const made = new Map<string, Value>([['variables', variables]]);
  const make = (name: string): Value | undefined => {
    switch (name) {
      case 'dependencies':
        return contextOf(Object.entries(context.dependencies ?? {}).map(([key, one]) => [key, dependencyValue(one)]));
      case 'stagedependencies':
        return contextOf(
          Object.entries(context.stageDependencies ?? {}).map(([stage, jobs]) => [
            stage,
            contextOf(Object.entries(jobs).map(([job, one]) => [job, dependencyValue(one)])),
          ]),
        );
      case 'resources':
        return dataValue(context.resources ?? {}, contextOf);
      case 'pipeline':
        return dataValue(context.pipeline ?? {}, contextOf);
      default:
        return undefined;
    }
  };
  return {
    host,
    context(name) {
      const value = made.get(name) ?? make(name);
      if (value !== undefined) made.set(name, value);
      return value;
    },
  };
}

function dependencyValue(dependency: Dependency): Value {
  return contextOf([
    ['result', dependency.result],
    ['outputs', contextOf(Object.entries(dependency.outputs))],
  ]);
}

/** Plain JSON-like data as a value, with dates; numbers go through their text. */
export function dataValue(data: unknown, make: (entries: [string, Value][]) => Value = objectOf): Value {
  if (data === null || data === undefined) return null;
  if (typeof data === 'string' || typeof data === 'boolean') return data;
  if (data instanceof Date) return dateTimeFrom(data);
  if (Array.isArray(data)) return { kind: 'array', items: data.map((item) => dataValue(item, make)) };
  if (typeof data === 'object') return make(Object.entries(data).map(([key, value]) => [key, dataValue(value, make)]));
  return typeof data === 'number' ? (readLiteral(String(data)) ?? String(data)) : String(data);
}
