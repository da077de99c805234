import type { ExpressionFunction } from './functions/function.ts';
import { generalFunctions, statusFunctions, variableFunctions } from './functions/registry.ts';

/** A kind of place where an expression may stand: the functions and contexts that exist there. */
export type Place = {
  /** By lower-case name. */
  readonly functions: ReadonlyMap<string, ExpressionFunction>;
  /** Lower-case names. */
  readonly contexts: ReadonlySet<string>;
};

function place(contexts: readonly string[], ...functions: (readonly ExpressionFunction[])[]): Place {
  return {
    functions: new Map(functions.flat().map((one) => [one.name.toLowerCase(), one])),
    contexts: new Set(contexts.map((name) => name.toLowerCase())),
  };
}

// An agent refuses arguments of status functions: at steps they take none.
const stepStatusFunctions = statusFunctions.map((one) => ({ ...one, most: 0 }));

/** `${{ }}`: values, keys, directives. Loop variables come on top. */
export const templatePlace = place(['parameters', 'variables'], generalFunctions);
/** `$[ ]` in root variables. */
export const rootVariablePlace = place(['variables', 'resources', 'pipeline'], generalFunctions, variableFunctions);
/** `$[ ]` in variables of jobs and stages, at run time. */
export const runtimeVariablePlace = place(
  ['variables', 'resources', 'pipeline', 'dependencies', 'stageDependencies'],
  generalFunctions,
  variableFunctions,
);
/** Conditions of jobs and stages. */
export const conditionPlace = place(
  ['variables', 'dependencies', 'stageDependencies', 'pipeline'],
  generalFunctions,
  statusFunctions,
);
/** Conditions of steps before the run: the published engine checks their syntax without knowing the status functions. */
export const stepConditionSyntaxPlace = place([], generalFunctions);
/** Conditions of steps, as the agent knows them. */
export const stepConditionPlace = place(['variables'], generalFunctions, stepStatusFunctions);
