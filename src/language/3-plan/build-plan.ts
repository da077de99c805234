import { childOf, type Mapping, type Node, textOf } from '../1-read/node.ts';
import { repositoryDeclaration } from '../2-expand/repositories.ts';
import { ExpressionError } from '../expressions/error.ts';
import { parseExpression } from '../expressions/parser.ts';
import { rootVariablePlace } from '../expressions/places.ts';
import { isRuntimeExpression } from '../expressions/runtime.ts';
import { isYes, planVariables, textList } from './fields.ts';
import { judgeGraph } from './graph.ts';
import { isName, nameItems, nameRule } from './names.ts';
import type { Plan, PlanJob, PlanRepository, PlanStage, PlanVariable } from './plan.ts';
import { judgeCondition, type PlanContext } from './plan-context.ts';
import { planJob } from './plan-job.ts';

/** Builds the plan of a pipeline in normal form; reports every fault of names, conditions, tasks and dependencies. */
export function buildPlan(root: Mapping, context: PlanContext): Plan {
  const name = textOf(root, 'name');
  const variables = planVariables(root);
  judgeRootVariables(variables, context);
  return {
    ...(name === undefined || name === '' ? {} : { name }),
    appendCommitMessageToRunName: isYes(root, 'appendCommitMessageToRunName', true),
    variables,
    stages: planStages(root, context),
    repositories: planRepositories(root),
  };
}

function judgeRootVariables(variables: readonly PlanVariable[], { problems }: PlanContext): void {
  for (const variable of variables) {
    if (variable.kind !== 'value' || !isRuntimeExpression(variable.value)) continue;
    try {
      parseExpression(variable.value.trim().slice(2, -1), rootVariablePlace, 'strict');
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      problems.plain('root-variable-invalid', [error.message], variable.position);
    }
  }
}

function mappingsOf(node: Node | undefined): Mapping[] {
  return node?.kind === 'sequence' ? node.items.filter((item) => item.kind === 'mapping') : [];
}

function planStages(root: Mapping, context: PlanContext): PlanStage[] {
  const { problems } = context;
  const nodes = mappingsOf(childOf(root, 'stages'));
  const names = nameItems(
    nodes.map((node) => textOf(node, 'stage') ?? ''),
    'Stage',
  );
  nodes.forEach((node, index) => {
    if (!isName(names[index]!)) problems.plain('stage-name-invalid', [names[index]!, nameRule], node);
  });
  const stages = nodes.map((node, index) => {
    const name = names[index]!;
    const { file, line, column } = node;
    const isManual = textOf(node, 'trigger') === 'manual';
    return {
      name,
      displayName: textOf(node, 'displayName') || name,
      dependsOn: textList(node, 'dependsOn') ?? (index === 0 ? [] : [names[index - 1]!]),
      condition: judgeCondition(node, context),
      variables: planVariables(node),
      ...(isManual ? { isManual } : {}),
      jobs: planJobs(node, name, childOf(node, 'pool') ?? childOf(root, 'pool'), context),
      position: { file, line, column },
    };
  });
  const faults = judgeGraph(stages);
  for (const { name } of faults.duplicates)
    problems.plain(
      'stage-duplicate',
      [name],
      nodes.findLast((node) => textOf(node, 'stage') === name),
    );
  if (faults.noStart) problems.plain('no-start-stage', [], nodes[0]);
  const placeOf = (name: string) => stages.find((stage) => stage.name === name)?.position;
  for (const { node, dependency } of faults.unknown) {
    problems.plain('stage-dependency-unknown', [node.name, dependency], placeOf(node.name));
  }
  for (const { node, dependency } of faults.cycles)
    problems.plain('stage-cycle', [node.name, dependency], placeOf(node.name));
  return stages;
}

function planJobs(stage: Mapping, stageName: string, pool: Node | undefined, context: PlanContext): PlanJob[] {
  const { problems } = context;
  const isImplicit = stageName === '__default';
  const label = (job: string) => (isImplicit ? `Job ${job}` : `Stage ${stageName} job ${job}`);
  const nodes = mappingsOf(childOf(stage, 'jobs'));
  const written = nodes.map((node) => textOf(node, 'job') ?? textOf(node, 'deployment') ?? '');
  const names = nameItems(written, 'Job');
  nodes.forEach((node, index) => {
    if (!isName(names[index]!)) problems.plain('job-name-invalid', [label(names[index]!), nameRule], node);
  });
  const jobs = nodes.map((node, index) => planJob(node, names[index]!, pool, context));
  const faults = judgeGraph(jobs);
  for (const { name } of faults.duplicates) {
    const text = isImplicit
      ? `The job name ${name} appears more than once. Job names must be unique within a pipeline.`
      : `Stage ${stageName} job ${name} appears more than once. Job names must be unique within a stage.`;
    problems.plain(
      'job-duplicate',
      [text],
      jobs.findLast((job) => job.name.toLowerCase() === name.toLowerCase())?.position,
    );
  }
  if (faults.noStart) problems.plain('no-start-job', [isImplicit ? 'The pipeline' : `Stage ${stageName}`], nodes[0]);
  const placeOf = (name: string) => jobs.find((job) => job.name === name)?.position;
  for (const { node, dependency } of faults.unknown) {
    problems.plain('job-dependency-unknown', [label(node.name), dependency], placeOf(node.name));
  }
  for (const { node, dependency } of faults.cycles)
    problems.plain('job-cycle', [label(node.name), dependency], placeOf(node.name));
  return jobs;
}

function planRepositories(root: Mapping): PlanRepository[] {
  return mappingsOf(childOf(childOf(root, 'resources'), 'repositories')).map((item) => repositoryDeclaration(item));
}
