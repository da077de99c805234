import { childOf, type Mapping, type Node, textOf } from '../1-read/node.ts';
import { commonStepKeys } from '../2-expand/normalize-step.ts';
import type { Problems } from '../diagnostics.ts';
import { ExpressionError } from '../expressions/error.ts';
import { parseExpression } from '../expressions/parser.ts';
import { stepConditionSyntaxPlace } from '../expressions/places.ts';
import { isYes, textMap, wholeNumber } from './fields.ts';
import { hintInputs, hintInputsOfUnbuilt } from './hint-inputs.ts';
import { isName, nameRule } from './names.ts';
import type { PlanStep } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import {
  builtInTaskName,
  canRun,
  checkoutTaskId,
  downloadTaskId,
  missingInputs,
  resolveInputs,
} from './task-catalog.ts';

/** What a job's steps need to know of it: its name, where it runs, and what it begins with unless its steps say otherwise. */
export type StepOwner = {
  readonly name: string;
  readonly runsOn: 'agent' | 'server';
  /** `self`: the pipeline's own repository; `artifacts`: what the run has published so far. */
  readonly begin: 'self' | 'artifacts' | 'nothing';
};

/** Plans the steps of a job: tasks found, inputs under their names, reference names given. */
export function planSteps(steps: readonly Node[], job: StepOwner, context: PlanContext): PlanStep[] {
  const { problems } = context;
  const taken = new Set<string>();
  const planned = steps.filter((step) => step.kind === 'mapping').map((step) => planStep(step, job, taken, context));
  const checkouts = planned.filter((step) => step.task.id === checkoutTaskId);
  const isKnown = (alias: string) => alias === 'self' || alias === 'none' || context.repositories.has(alias);
  for (const step of checkouts) {
    const alias = step.inputs.repository ?? '';
    const isInline = alias.includes('://') || alias.includes('@');
    if (!isInline && !isKnown(alias.toLowerCase())) {
      problems.plain('checkout-repository-unknown', [alias], step.position);
    }
  }
  // A checkout or download of nothing stays in the plan, disabled: it says that the job begins without one.
  const steady = planned.map((step) => (isOfNothing(step) ? { ...step, enabled: false } : step));
  if (job.runsOn === 'server') return nameSteps(steady, taken);
  const isDownloading = planned.some((step) => step.task.id === downloadTaskId);
  const before = [
    ...(checkouts.length > 0
      ? []
      : [implicitStep(checkoutTaskId, { repository: job.begin === 'self' ? 'self' : 'none' })]),
    ...(job.begin === 'artifacts' && !isDownloading ? [implicitStep(downloadTaskId, { alias: 'current' })] : []),
  ];
  return nameSteps(
    [...before.map((step) => (isOfNothing(step) ? { ...step, enabled: false } : step)), ...steady],
    taken,
  );
}

function planStep(step: Mapping, owner: StepOwner, taken: Set<string>, context: PlanContext): PlanStep {
  const { problems } = context;
  const job = owner.name;
  const { file, line, column } = step;
  const position = { file, line, column };
  const reference = textOf(step, 'task') ?? shortcutName(step);
  const at = reference.lastIndexOf('@');
  const [written, version] = at < 0 ? [reference, ''] : [reference.slice(0, at), reference.slice(at + 1)];
  const name = textOf(step, 'name') ?? '';
  const builtIn = builtInTaskName(written);
  const major = version.split('.')[0]!;
  const manifest = context.tasks?.find(written, major);
  const unbuilt = manifest || builtIn ? undefined : context.tasks?.serviceTask?.(written, major);
  const enabled = isYes(step, 'enabled', true);
  const inputs = resolveInputs({ ...ownInputs(step), ...textMap(childOf(step, 'inputs')) }, manifest);
  // Of a step whose task isn't found nothing else is judged, of a disabled one nothing at all (2019 source).
  const isFound = judgeTask();
  if (enabled && isFound) {
    judgeStepCondition(step, job, name, problems);
    for (const input of manifest ? missingInputs(inputs, manifest) : []) {
      problems.plain('task-input-missing', [job, name || manifest!.name, input, reference], position);
    }
    judgeName();
    if (manifest && !builtIn) {
      const label = `${manifest.name}@${major}`;
      hintInputs(step, label, manifest, () => context.tasks?.serviceTask?.(manifest.name, major), problems);
    } else if (unbuilt) hintInputsOfUnbuilt(step, `${unbuilt.name}@${major}`, unbuilt, problems);
  }
  const taskName = builtIn ?? manifest?.name ?? unbuilt?.name ?? written;
  const id = builtIn ? written.toLowerCase() : manifest?.id;
  const target = planTarget(childOf(step, 'target'));
  const displayName = textOf(step, 'displayName');
  const condition = textOf(step, 'condition');
  return {
    name,
    named: name !== '',
    ...(displayName === undefined ? {} : { displayName }),
    task: { ...(id === undefined ? {} : { id }), name: taskName, version },
    inputs,
    env: textMap(childOf(step, 'env')),
    condition: condition?.trim() ? condition : 'succeeded()',
    continueOnError: textOf(step, 'continueOnError') || 'false',
    enabled,
    timeoutInMinutes: wholeNumber(step, 'timeoutInMinutes', 0, problems),
    retryCountOnTaskFailure: Math.min(10, wholeNumber(step, 'retryCountOnTaskFailure', 0, problems)),
    ...(target ? { target } : {}),
    position,
  };

  function judgeTask(): boolean {
    if (textOf(step, 'task') === undefined) {
      const value = childOf(step, reference);
      const alias = textOf(step, reference) ?? '';
      if (reference === 'getPackage' && value && !context.packages.has(alias.toLowerCase()))
        problems.at(value, 'package-unknown', alias);
      problems.at(step, 'not-implemented', `the step '${reference}'`);
    } else if (!enabled) return true;
    else if (version === '' || written === '') problems.plain('task-reference-invalid', [job, name], position);
    else if (unbuilt) {
      problems.at(childOf(step, 'task')!, 'not-implemented', `${unbuilt.name}@${version}`);
      return true;
    } else if (context.tasks && !manifest && !builtIn) {
      problems.plain('task-missing', [written, version, job, name], position);
    } else if (manifest && !canRun(manifest, owner.runsOn)) {
      problems.plain('task-wrong-target', [job, name, manifest.name, version], position);
    } else return true;
    return false;
  }

  function judgeName(): void {
    if (name === '') return;
    if (!isName(name)) problems.plain('step-name-invalid', [job, name, nameRule], position);
    else if (taken.has(name.toLowerCase())) problems.plain('step-duplicate', [job, name], position);
    taken.add(name.toLowerCase());
  }
}

function shortcutName(step: Mapping): string {
  const key = step.entries[0]?.key;
  return key?.kind === 'scalar' ? key.text : '';
}

/** What a shortcut without a known task says beside the keys of every step, as inputs. */
function ownInputs(step: Mapping): Record<string, string> {
  if (childOf(step, 'task')) return {};
  const own = step.entries.filter(({ key }) => key.kind === 'scalar' && !commonStepKeys.has(key.text));
  return textMap({ ...step, entries: own });
}

function judgeStepCondition(step: Mapping, job: string, name: string, problems: Problems): void {
  const condition = textOf(step, 'condition');
  if (!condition?.trim()) return;
  try {
    parseExpression(condition, stepConditionSyntaxPlace, 'syntax');
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    problems.plain('step-condition-invalid', [job, name, condition, error.message], childOf(step, 'condition'));
  }
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

function isOfNothing({ task, inputs }: PlanStep): boolean {
  if (task.id === checkoutTaskId) return inputs.repository?.toLowerCase() === 'none';
  return task.id === downloadTaskId && inputs.alias?.toLowerCase() === 'none';
}

/** A step that a job begins with unless it says otherwise (documented). */
function implicitStep(id: string, inputs: Readonly<Record<string, string>>): PlanStep {
  return {
    name: '',
    named: false,
    task: { id, name: builtInTaskName(id)!, version: '1' },
    inputs,
    env: {},
    condition: 'succeeded()',
    continueOnError: 'false',
    enabled: true,
    timeoutInMinutes: 0,
    retryCountOnTaskFailure: 0,
  };
}

/**
 * Names the unnamed steps by their task: the only one of its task by the task's name alone, several with numbers from 1,
 * over what is taken (2019 source). `taken` holds the written names in lower case.
 */
function nameSteps(steps: readonly PlanStep[], taken: Set<string>): PlanStep[] {
  const bases = steps.map((step) => (step.named ? '' : nameOfTask(step.task.name)));
  const counts = new Map<string, number>();
  for (const base of bases) counts.set(base, (counts.get(base) ?? 0) + 1);
  const counters = new Map<string, number>();
  return steps.map((step, index) => {
    if (step.named) return step;
    const base = bases[index]!;
    let name = base;
    if (counts.get(base) !== 1 || taken.has(base.toLowerCase())) {
      let number = counters.get(base) ?? 1;
      while (taken.has(`${base}${number}`.toLowerCase())) number++;
      counters.set(base, number + 1);
      name = `${base}${number}`;
    }
    taken.add(name.toLowerCase());
    return { ...step, name };
  });
}

/** What a task's name leaves of itself in the name of a step. */
function nameOfTask(task: string): string {
  if (/^[A-Za-z_]\w*$/.test(task)) return task;
  const last = task.slice(task.lastIndexOf('.') + 1);
  return last.replace(/[^A-Za-z0-9_]/g, '').replace(/^\d+/, '') || 'Step';
}
