import { childOf, type Node, textOf } from '../1-read/node.ts';
import type { Problems } from '../diagnostics.ts';
import { ExpressionError } from '../expressions/error.ts';
import { parseExpression } from '../expressions/parser.ts';
import { conditionPlace } from '../expressions/places.ts';
import type { TaskCatalog } from './task-catalog.ts';

/** What planning knows besides the pipeline itself. */
export type PlanContext = {
  readonly problems: Problems;
  readonly tasks?: TaskCatalog;
  /** Aliases of the declared repositories, in lower case. */
  readonly repositories: ReadonlySet<string>;
  /** Aliases of the declared containers and packages, in lower case. */
  readonly containers: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
};

/** The condition of a stage or job, judged; `succeeded()` when not written. */
export function judgeCondition(owner: Node, { problems }: PlanContext): string {
  const condition = textOf(owner, 'condition');
  if (!condition?.trim()) return 'succeeded()';
  try {
    parseExpression(condition, conditionPlace, 'strict');
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    problems.plain('condition-invalid', [error.message], childOf(owner, 'condition'));
  }
  return condition;
}
