// The public face of the expressions: what the run engine and the agent evaluate while a run goes on.
export { type ConditionContext, evaluateCondition } from './condition.ts';
export { evaluateCriterion } from './criterion.ts';
export { ExpressionError } from './error.ts';
export { expandMacros, expandVariables, type MacroVariable } from './macros.ts';
export { type Dependency, evaluateRuntimeExpression, isRuntimeExpression, type RuntimeContext } from './runtime.ts';
