import type { Problems } from '../diagnostics.ts';
import { expandMacros } from '../expressions/macros.ts';
import type { Plan, PlanJob, PlanStep, PlanVariable } from './plan.ts';
import type { TaskCatalog } from './task-catalog.ts';

/** What a server has that a pipeline may name. A kind that isn't given isn't judged. Names come in any case. */
export type ResourceCatalog = {
  hasVariableGroup?(name: string): boolean;
  hasEnvironment?(name: string): boolean;
  hasPool?(name: string): boolean;
  hasServiceConnection?(nameOrId: string): boolean;
};

/** Reports what a plan names and the server doesn't have. Names that hold macros of unknown value are left to the run. */
export function judgeResources(
  plan: Plan,
  catalog: ResourceCatalog,
  tasks: TaskCatalog | undefined,
  problems: Problems,
): void {
  judgeGroups(plan.variables, catalog, problems);
  for (const stage of plan.stages) {
    judgeGroups(stage.variables, catalog, problems);
    for (const job of stage.jobs) {
      judgeGroups(job.variables, catalog, problems);
      const lookup = lookupOf([...plan.variables, ...stage.variables, ...job.variables]);
      judgeJob(job, catalog, problems, lookup);
      // The hooks of a canary stand once for each increment: one look at each step is enough.
      const steps = new Set(job.deployment?.hooks.flatMap((hook) => hook.steps) ?? job.steps);
      for (const step of steps) if (step.enabled) judgeStep(step, job, catalog, tasks, problems, lookup);
    }
  }
}

type Lookup = (name: string) => string | undefined;

function judgeGroups(variables: readonly PlanVariable[], catalog: ResourceCatalog, problems: Problems): void {
  for (const one of variables) {
    if (one.kind === 'group' && catalog.hasVariableGroup?.(one.name) === false)
      problems.plain('group-not-found', [], one.position);
  }
}

function judgeJob(job: PlanJob, catalog: ResourceCatalog, problems: Problems, lookup: Lookup): void {
  const environment = job.deployment?.environment;
  if (environment !== undefined) {
    const name = expandMacros(environment, lookup);
    if (isSettled(name) && catalog.hasEnvironment?.(name) === false)
      problems.plain('environment-not-found', [job.name, name], job.position);
  }
  const pool = job.pool.kind === 'agents' ? job.pool.name : undefined;
  if (pool !== undefined) {
    const name = expandMacros(pool, lookup);
    if (isSettled(name) && catalog.hasPool?.(name) === false) problems.plain('pool-not-found', [name], job.position);
  }
}

function judgeStep(
  step: PlanStep,
  job: PlanJob,
  catalog: ResourceCatalog,
  tasks: TaskCatalog | undefined,
  problems: Problems,
  lookup: Lookup,
): void {
  const manifest = tasks?.find(step.task.name, step.task.version.split('.')[0]!);
  for (const input of manifest?.inputs ?? []) {
    const written = step.inputs[input.name];
    if (!input.type.startsWith('connectedService:') || !written) continue;
    for (const name of expandMacros(written, lookup)
      .split(',')
      .map((one) => one.trim())) {
      if (name !== '' && isSettled(name) && catalog.hasServiceConnection?.(name) === false) {
        problems.plain('connection-not-found', [job.name, step.name, input.name, name], step.position);
      }
    }
  }
}

function isSettled(name: string): boolean {
  return !name.includes('$(') && !name.includes('$[');
}

function lookupOf(variables: readonly PlanVariable[]): Lookup {
  const values = new Map(
    variables.flatMap((one) => (one.kind === 'value' ? [[one.name.toLowerCase(), one.value]] : [])),
  );
  return (name) => values.get(name.toLowerCase());
}
