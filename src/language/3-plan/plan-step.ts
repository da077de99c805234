import { childOf, type Mapping, type Node, textOf } from '../1-read/node.ts';
import type { Problems } from '../diagnostics.ts';
import { ExpressionError } from '../expressions/error.ts';
import { parseExpression } from '../expressions/parser.ts';
import { stepConditionPlace } from '../expressions/places.ts';
import { isYes, textMap, wholeNumber } from './fields.ts';
import { isName, nameRule } from './names.ts';
import type { PlanStep } from './plan.ts';
import { builtInTaskName, checkoutTaskId, missingInputs, resolveInputs, type TaskCatalog } from './task-catalog.ts';

/** Plans the steps of a job: tasks found, inputs under their names, reference names given. */
export function planSteps(
  steps: readonly Node[],
  job: { readonly name: string; readonly checkout: 'self' | 'none' | 'server' },
  context: {
    readonly tasks?: TaskCatalog;
    readonly repositories: { has(alias: string): boolean };
    readonly problems: Problems;
  },
): PlanStep[] {
  const { problems } = context;
  const planned = steps.filter((step) => step.kind === 'mapping').map((step) => planStep(step, job.name, context));
  const checkouts = planned.filter((step) => step.task.id === checkoutTaskId);
  const isKnown = (alias: string) => alias === 'self' || alias === 'none' || context.repositories.has(alias);
  for (const step of checkouts) {
    const alias = step.inputs.repository ?? '';
    const isInline = alias.includes('://') || alias.includes('@');
    if (!isInline && !isKnown(alias.toLowerCase())) {
      problems.plain('checkout-repository-unknown', [alias], step.position);
    }
  }
  // A checkout of nothing stays in the plan, disabled: it says that the job begins without one.
  const steady = planned.map((step) => (isCheckoutOfNothing(step) ? { ...step, enabled: false } : step));
  const result =
    checkouts.length > 0 || job.checkout === 'server' ? steady : [implicitCheckout(job.checkout), ...steady];
  return nameSteps(result, job.name, problems);
}

function planStep(
  step: Mapping,
  job: string,
  context: { readonly tasks?: TaskCatalog; readonly problems: Problems },
): PlanStep {
  const { problems } = context;
  const { file, line, column } = step;
  const position = { file, line, column };
  const reference = textOf(step, 'task') ?? shortcutName(step);
  const at = reference.lastIndexOf('@');
  const [written, version] = at < 0 ? [reference, ''] : [reference.slice(0, at), reference.slice(at + 1)];
  const name = textOf(step, 'name') ?? '';
  const builtIn = builtInTaskName(written);
  const manifest = context.tasks?.find(written, version.split('.')[0]!);
  const enabled = isYes(step, 'enabled', true);
  if (textOf(step, 'task') === undefined) problems.at(step, 'not-implemented', `the step '${reference}'`);
  else if (version === '') problems.at(childOf(step, 'task')!, 'task-version-missing', written);
  else if (context.tasks && !manifest && !builtIn && enabled) {
    problems.plain('task-missing', [written, version, job, name], position);
  }
  const inputs = resolveInputs(textMap(childOf(step, 'inputs')), manifest);
  if (manifest && enabled) {
    for (const input of missingInputs(inputs, manifest)) {
      problems.plain('task-input-missing', [job, name || manifest.name, input, reference], position);
    }
  }
  const taskName = builtIn ?? manifest?.name ?? written;
  const id = builtIn ? written.toLowerCase() : manifest?.id;
  const target = planTarget(childOf(step, 'target'));
  const displayName = textOf(step, 'displayName');
  return {
    name,
    named: name !== '',
    ...(displayName === undefined ? {} : { displayName }),
    task: { ...(id === undefined ? {} : { id }), name: taskName, version },
    inputs,
    env: textMap(childOf(step, 'env')),
    condition: stepCondition(step, job, name, problems),
    continueOnError: textOf(step, 'continueOnError') || 'false',
    enabled,
    timeoutInMinutes: wholeNumber(step, 'timeoutInMinutes', 0, problems),
    retryCountOnTaskFailure: Math.min(10, wholeNumber(step, 'retryCountOnTaskFailure', 0, problems)),
    ...(target ? { target } : {}),
    position,
  };
}

function shortcutName(step: Mapping): string {
  const key = step.entries[0]?.key;
  return key?.kind === 'scalar' ? key.text : '';
}

function stepCondition(step: Mapping, job: string, name: string, problems: Problems): string {
  const condition = textOf(step, 'condition');
  if (!condition?.trim()) return 'succeeded()';
  try {
    parseExpression(condition, stepConditionPlace, 'syntax');
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    problems.plain('step-condition-invalid', [job, name, condition, error.message], childOf(step, 'condition'));
  }
  return condition;
}

function planTarget(node: Node | undefined): PlanStep['target'] {
  if (!node) return undefined;
  if (node.kind === 'scalar') return { target: node.text };
  const container = textOf(node, 'container');
  const commands = textOf(node, 'commands');
  const settable = childOf(node, 'settableVariables');
  const list =
    settable?.kind === 'sequence' ? settable.items.map((item) => (item.kind === 'scalar' ? item.text : '')) : undefined;
  return {
    ...(container === undefined ? {} : { target: container }),
    ...(commands === undefined ? {} : { commands }),
    // A lone text is `none`: no variable may be set.
    ...(settable ? { settableVariables: list ?? [] } : {}),
  };
}

function isCheckoutOfNothing(step: PlanStep): boolean {
  return step.task.id === checkoutTaskId && step.inputs.repository?.toLowerCase() === 'none';
}

/** What a job begins with unless it says otherwise: `self` on an agent, nothing in a deployment. */
function implicitCheckout(repository: 'self' | 'none'): PlanStep {
  return {
    name: '',
    named: false,
    task: { id: checkoutTaskId, name: builtInTaskName(checkoutTaskId)!, version: '1' },
    inputs: { repository },
    env: {},
    condition: 'succeeded()',
    continueOnError: 'false',
    enabled: repository !== 'none',
    timeoutInMinutes: 0,
    retryCountOnTaskFailure: 0,
  };
}

/** Gives unnamed steps the name of their task, with a counter from the second on, and judges the written names. */
function nameSteps(steps: readonly PlanStep[], job: string, problems: Problems): PlanStep[] {
  const taken = new Set<string>();
  for (const step of steps) {
    if (!step.named) continue;
    if (!isName(step.name)) problems.plain('step-name-invalid', [job, step.name, nameRule], step.position);
    else if (taken.has(step.name.toLowerCase())) problems.plain('step-duplicate', [job, step.name], step.position);
    taken.add(step.name.toLowerCase());
  }
  const counters = new Map<string, number>();
  return steps.map((step) => {
    if (step.named) return step;
    const base = step.task.name.split('.').at(-1)!.replace(/\W/g, '_') || 'Step';
    for (;;) {
      const count = counters.get(base) ?? 0;
      counters.set(base, count + 1);
      const name = count === 0 ? base : `${base}${count}`;
      if (taken.has(name.toLowerCase())) continue;
      taken.add(name.toLowerCase());
      return { ...step, name };
    }
  });
}
