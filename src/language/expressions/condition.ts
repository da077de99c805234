import { shown, toBoolean } from './convert.ts';
import { evaluate, expandedText, type Trace } from './evaluate.ts';
import type { StatusHost } from './functions/function.ts';
import { parseExpression } from './parser.ts';
import { conditionPlace, stepConditionPlace } from './places.ts';
import { type RuntimeContext, runtimeScope } from './runtime.ts';

/** What a condition can see. Steps know `variables` and the job's status, jobs and stages what they depend on. */
export type ConditionContext = RuntimeContext & {
  readonly level: 'step' | 'job' | 'stage';
  /** Step level: the job's status so far; `Succeeded` when absent. */
  readonly jobStatus?: 'Succeeded' | 'SucceededWithIssues' | 'Failed' | 'Canceled';
  /** Job and stage level: the run is being canceled. */
  readonly canceled?: boolean;
};

/**
 * Evaluates a condition; an empty one is `succeeded()`.
 * @returns its truth, and the three lines that the log of a skipped step shows
 * @throws ExpressionError when it can't be parsed or evaluated; a step then fails, a job or stage is abandoned
 */
export function evaluateCondition(text: string, context: ConditionContext): { value: boolean; trace: string } {
  const source = text.trim() || 'succeeded()';
  const place = context.level === 'step' ? stepConditionPlace : conditionPlace;
  const expression = parseExpression(source, place, 'strict');
  const trace: Trace = new Map();
  const result = evaluate(expression, runtimeScope(context, { status: statusHost(context) }), trace);
  const value = toBoolean(result);
  return {
    value,
    trace: `Evaluating: ${source}\nExpanded: ${expandedText(expression, trace)}\nResult: ${shown(value)}`,
  };
}

function statusHost(context: ConditionContext): StatusHost {
  if (context.level === 'step') return { level: 'step', jobStatus: context.jobStatus ?? 'Succeeded' };
  const dependencies = Object.entries(context.dependencies ?? {});
  const byName = new Map(dependencies.map(([name, one]) => [name.toLowerCase(), one.result]));
  return {
    level: context.level,
    canceled: context.canceled ?? false,
    results(names) {
      if (names.length === 0) return [...byName.values()];
      const found = names.map((name) => byName.get(name.toLowerCase()));
      return found.every((result) => result !== undefined) ? found : undefined;
    },
  };
}
