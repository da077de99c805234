import { childOf, type Mapping, type Node, textOf } from '../1-read/node.ts';
import { repositoryDeclaration } from '../2-expand/repositories.ts';
import { resourceAliases } from '../2-expand/resource-aliases.ts';
import type { Problems } from '../diagnostics.ts';
import { ExpressionError } from '../expressions/error.ts';
import { parseExpression } from '../expressions/parser.ts';
import { rootVariablePlace } from '../expressions/places.ts';
import { isRuntimeExpression } from '../expressions/runtime.ts';
import { dependencies, isYes, planVariables } from './fields.ts';
import { judgeGraph } from './graph.ts';
import { judgeNames, nameItems, nameRule } from './names.ts';
import type { Plan, PlanJob, PlanRepository, PlanStage, PlanVariable } from './plan.ts';
import { judgeCondition, type PlanContext } from './plan-context.ts';
import { planJob } from './plan-job.ts';
import type { TaskCatalog } from './task-catalog.ts';

/** Builds the plan of a pipeline in normal form. Without a catalog tasks are neither looked up nor judged. Reports every fault of names, conditions, tasks and dependencies. */
export function buildPlan(root: Mapping, problems: Problems, tasks?: TaskCatalog): Plan {
  const context: PlanContext = {
    problems,
    ...(tasks ? { tasks } : {}),
    repositories: resourceAliases(root, 'repositories', 'repository'),
    containers: resourceAliases(root, 'containers', 'container'),
    packages: resourceAliases(root, 'packages', 'package'),
  };
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
  const written = nodes.map((node) => textOf(node, 'stage') ?? '');
  const clashes = judgeNames(written);
  for (const { index, name, kind } of clashes) {
    if (kind === 'invalid') problems.plain('stage-name-invalid', [name, nameRule], nodes[index]);
    else problems.plain('stage-duplicate', [name], nodes[index]);
  }
  const names = nameItems(written, 'Stage');
  const stages = nodes.map((node, index) => {
    const name = names[index]!;
    const { file, line, column } = node;
    const isManual = textOf(node, 'trigger') === 'manual';
    return {
      name,
      displayName: textOf(node, 'displayName') || name,
      dependsOn: dependencies(node) ?? (index === 0 ? [] : [names[index - 1]!]),
      condition: judgeCondition(node, context),
      variables: planVariables(node),
      ...(isManual ? { isManual } : {}),
      jobs: planJobs(node, name, childOf(node, 'pool') ?? childOf(root, 'pool'), context),
      position: { file, line, column },
    };
  });
  const faults = judgeGraph(stages);
  if (faults.noStart) problems.plain('no-start-stage', [], nodes[0]);
  if (clashes.some(({ kind }) => kind === 'taken')) return stages;
  for (const { node, dependency, kind } of faults.stuck) {
    const code = kind === 'cycle' ? 'stage-cycle' : 'stage-dependency-unknown';
    problems.plain(code, [node.name, dependency], (node as PlanStage).position);
  }
  return stages;
}

function planJobs(stage: Mapping, stageName: string, pool: Node | undefined, context: PlanContext): PlanJob[] {
  const { problems } = context;
  const isImplicit = stageName === '__default';
  const label = (job: string) => (isImplicit ? `Job ${job}` : `Stage ${stageName} job ${job}`);
  const nodes = mappingsOf(childOf(stage, 'jobs'));
  const written = nodes.map((node) => textOf(node, 'job') ?? textOf(node, 'deployment') ?? '');
  const clashes = judgeNames(written);
  for (const { index, name, kind } of clashes) {
    if (kind === 'invalid') problems.plain('job-name-invalid', [label(name), nameRule], nodes[index]);
    else {
      const text = isImplicit
        ? `The job name ${name} appears more than once. Job names must be unique within a pipeline.`
        : `Stage ${stageName} job ${name} appears more than once. Job names must be unique within a stage.`;
      problems.plain('job-duplicate', [text], nodes[index]);
    }
  }
  const names = nameItems(written, 'Job');
  const jobs = nodes.map((node, index) => planJob(node, names[index]!, pool, context));
  const faults = judgeGraph(jobs);
  if (faults.noStart) problems.plain('no-start-job', [isImplicit ? 'The pipeline' : `Stage ${stageName}`], nodes[0]);
  if (clashes.some(({ kind }) => kind === 'taken')) return jobs;
  for (const { node, dependency, kind } of faults.stuck) {
    const code = kind === 'cycle' ? 'job-cycle' : 'job-dependency-unknown';
    problems.plain(code, [label(node.name), dependency], (node as PlanJob).position);
  }
  return jobs;
}

function planRepositories(root: Mapping): PlanRepository[] {
  return mappingsOf(childOf(childOf(root, 'resources'), 'repositories')).map((item) => repositoryDeclaration(item));
}
