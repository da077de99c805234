import type { Plan, PlanVariable } from '../3-plan/plan.ts';
import { ExpressionError } from '../expressions/error.ts';
import { parseExpression } from '../expressions/parser.ts';
import {
  conditionPlace,
  type Place,
  rootVariablePlace,
  runtimeVariablePlace,
  stepConditionPlace,
} from '../expressions/places.ts';
import { isRuntimeExpression } from '../expressions/runtime.ts';
import type { ExpressionPart } from './explanation.ts';
import { evaluatedTree } from './expression-tree.ts';
import type { Part } from './find-part.ts';
import type { Asker } from './known-status.ts';
import { type Knowledge, knownVariables, type Level } from './known-variables.ts';
import { named } from './run-record.ts';
import { runtimeValues } from './runtime-values.ts';
import { showValue } from './show-value.ts';

/** The tree of a part's condition. */
export function conditionTree(plan: Plan, part: Part, condition: string, knowledge: Knowledge): ExpressionPart {
  const level = part.step ? 'step' : part.job ? 'job' : 'stage';
  const place = part.step ? stepConditionPlace : conditionPlace;
  return treeOf(condition, { place, plan, part, variables: level, asker: level, knowledge });
}

/** Whose list of variables it is. */
export type Owner = 'pipeline' | 'stage' | 'job';

/** The list that sets a variable for a part: the nearest one that has the name, and its last entry of it. */
export function definitionOf(
  plan: Plan,
  part: Part,
  name: string,
): { readonly owner: Owner; readonly index: number; readonly entry: PlanVariable } | undefined {
  for (const owner of ['job', 'stage', 'pipeline'] as const) {
    const list = listOf(plan, part, owner);
    const index = list.findLastIndex(
      (entry) => entry.kind === 'value' && entry.name.toLowerCase() === name.toLowerCase(),
    );
    if (index >= 0) return { owner, index, entry: list[index]! };
  }
  return undefined;
}

/** The variables of a part's pipeline, stage or job as planned. */
export function listOf(plan: Plan, part: Part, owner: Owner): readonly PlanVariable[] {
  return (owner === 'pipeline' ? plan : owner === 'stage' ? part.stage : part.job)?.variables ?? [];
}

/** The tree of a variable's `$[ ]`, with what it saw: the variables before it. Undefined for one that is no expression. */
export function variableTree(
  plan: Plan,
  part: Part,
  owner: Owner,
  index: number,
  knowledge: Knowledge,
): ExpressionPart | undefined {
  const entry = listOf(plan, part, owner)[index];
  if (entry?.kind !== 'value' || !isRuntimeExpression(entry.value)) return undefined;
  const before = <T extends { readonly variables: readonly PlanVariable[] }>(one: T): T => ({
    ...one,
    variables: one.variables.slice(0, index),
  });
  const { job, stage } = part;
  const isJob = owner === 'job' && job !== undefined;
  // What a stage's variable depends on are stages, whatever part of the stage is looked at.
  const seen: Part = {
    path: part.path,
    stage: owner === 'stage' ? before(stage) : stage,
    stageNode: part.stageNode,
    ...(isJob ? { job: { ...before(job), legs: [] } } : {}),
  };
  const tree = treeOf(entry.value.trim().slice(2, -1), {
    place: owner === 'pipeline' ? rootVariablePlace : runtimeVariablePlace,
    plan: owner === 'pipeline' ? before(plan) : plan,
    part: seen,
    variables: isJob ? 'variable' : owner === 'stage' ? 'job' : 'stage',
    asker: isJob ? 'job' : 'stage',
    knowledge,
  });
  const recorded = recordedValue(part, owner, entry.name, knowledge);
  // Such as a counter, which is drawn only once.
  if (tree.state === 'value' || recorded === undefined) return tree;
  return { ...tree, state: 'value', value: showValue(recorded), data: recorded, note: 'as the run has it' };
}

function recordedValue(part: Part, owner: Owner, name: string, { run }: Knowledge): string | undefined {
  if (!run) return undefined;
  const stage = named(run.stages, part.stage.name);
  const variables =
    owner === 'pipeline'
      ? run.variables
      : owner === 'stage'
        ? stage?.variables
        : named(stage?.jobs ?? [], part.job?.name ?? '')?.variables;
  const found = Object.entries(variables ?? {}).find(([one]) => one.toLowerCase() === name.toLowerCase());
  return found?.[1].value ?? undefined;
}

function treeOf(
  text: string,
  around: {
    readonly place: Place;
    readonly plan: Plan;
    readonly part: Part;
    readonly variables: Level;
    readonly asker: Asker;
    readonly knowledge: Knowledge;
  },
): ExpressionPart {
  const { plan, part, asker, knowledge } = around;
  try {
    const expression = parseExpression(text, around.place, 'strict');
    const variables = knownVariables(plan, part, around.variables, knowledge);
    const { scope, remark } = runtimeValues(plan, part, asker, variables, knowledge);
    return evaluatedTree(expression, scope, remark);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { text: text.trim(), state: 'fault', note: error.message, parts: [] };
  }
}
