import type { VariableValue } from '../../contracts/agent.ts';
import type { Dependency, RuntimeContext } from '../../language/expressions/index.ts';
import { evaluateRuntimeExpression, isRuntimeExpression } from '../../language/expressions/index.ts';
import type { PlanVariable } from '../../language/index.ts';
import { resultName } from './results.ts';
import type { JobState, RunFacts, StageState, VariableGroups, Variables } from './state.ts';

/** Later layers win; names are compared ignoring case and keep the spelling of the last writer. */
export function layerVariables(...layers: readonly Variables[]): Record<string, VariableValue> {
  const names = new Map<string, string>();
  const result: Record<string, VariableValue> = {};
  for (const layer of layers)
    for (const [name, value] of Object.entries(layer)) {
      const previous = names.get(name.toLowerCase());
      if (previous !== undefined && previous !== name) delete result[previous];
      names.set(name.toLowerCase(), name);
      result[name] = value;
    }
  return result;
}

/** A look-up by name, ignoring case. */
export function lookupIn(variables: Variables): (name: string) => string | undefined {
  const byName = new Map(Object.entries(variables).map(([name, variable]) => [name.toLowerCase(), variable.value]));
  return (name) => byName.get(name.toLowerCase());
}

/** What a stage can see of the stages it depends on: outputs keyed `job.step.variable`, and each job alone. */
export function stageContext(
  stages: readonly StageState[],
  dependsOn: readonly string[],
): Pick<RuntimeContext, 'dependencies' | 'stageDependencies'> & { secrets: string[] } {
  const dependencies: Record<string, Dependency> = {};
  const stageDependencies: Record<string, Record<string, Dependency>> = {};
  const secrets: string[] = [];
  for (const stage of stages) {
    if (!includesName(dependsOn, stage.name)) continue;
    const outputs: Record<string, string> = {};
    const jobs: Record<string, Dependency> = {};
    for (const job of stage.jobs) {
      const one = jobDependency(job, secrets);
      jobs[job.name] = one;
      for (const [key, value] of Object.entries(one.outputs)) outputs[`${job.name}.${key}`] = value;
    }
    dependencies[stage.name] = { result: resultName(stage.result ?? 'skipped'), outputs };
    stageDependencies[stage.name] = jobs;
  }
  return { dependencies, stageDependencies, secrets };
}

/** What a job can see: the jobs of its own stage that it depends on, and the jobs of the stages before. */
export function jobContext(
  stages: readonly StageState[],
  stage: StageState,
  stageDependsOn: readonly string[],
  dependsOn: readonly string[],
): Pick<RuntimeContext, 'dependencies' | 'stageDependencies'> & { secrets: string[] } {
  const before = stageContext(stages, stageDependsOn);
  const secrets = [...before.secrets];
  const dependencies: Record<string, Dependency> = {};
  for (const job of stage.jobs)
    if (includesName(dependsOn, job.name)) dependencies[job.name] = jobDependency(job, secrets);
  return { dependencies, stageDependencies: before.stageDependencies ?? {}, secrets };
}

function jobDependency(job: JobState, secrets: string[]): Dependency {
  const outputs: Record<string, string> = {};
  for (const leg of job.legs)
    for (const [name, output] of Object.entries(leg.outputs)) {
      outputs[leg.name === '__default' ? name : `${leg.name}.${name}`] = output.value;
      if (output.isSecret && output.value !== '') secrets.push(output.value);
    }
  return { result: resultName(job.result ?? 'skipped'), outputs };
}

export function includesName(names: readonly string[], name: string): boolean {
  return names.some((other) => other.toLowerCase() === name.toLowerCase());
}

/** The variables of a group, found ignoring case. */
export function groupVariables(groups: VariableGroups, name: string): Variables | undefined {
  return Object.entries(groups).find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
}

/**
 * The variables of a list as they are written, later ones over earlier ones: what is known before anything is evaluated. A group's
 * stand at the group's place.
 */
export function writtenVariables(list: readonly PlanVariable[], groups: VariableGroups): Variables {
  return layerVariables(
    ...list.map((entry) =>
      entry.kind === 'group' ? (groupVariables(groups, entry.name) ?? {}) : { [entry.name]: { value: entry.value } },
    ),
  );
}

/** The `pipeline` context of a run: the time that it was queued. */
export function pipelineContext(system: Variables): { readonly startTime?: Date } {
  const written = lookupIn(system)('system.pipelineStartTime');
  return written === undefined ? {} : { startTime: new Date(written) };
}

/**
 * Evaluates a list of variables in order; each sees the ones before it. A group's variables come at the group's place, as they are.
 * A value that contains a secret of what it was made from becomes a secret.
 * @throws ExpressionError of a runtime expression
 */
export function evaluateVariables(
  list: readonly PlanVariable[],
  outer: Variables,
  context: Omit<RuntimeContext, 'variables'> & { secrets: readonly string[] },
  groups: VariableGroups,
): Variables {
  let made: Variables = {};
  for (const entry of list) {
    if (entry.kind === 'group') {
      made = layerVariables(made, groupVariables(groups, entry.name) ?? {});
      continue;
    }
    const visible = layerVariables(outer, made);
    if (!isRuntimeExpression(entry.value)) {
      made = layerVariables(made, { [entry.name]: plainValue(entry.value, entry.readonly, false) });
      continue;
    }
    const value = evaluateRuntimeExpression(entry.value, { ...context, variables: lookupIn(visible) });
    const secrets = [
      ...context.secrets,
      ...Object.values(visible).flatMap((variable) => (variable.isSecret && variable.value ? [variable.value] : [])),
    ];
    const isSecret = secrets.some((secret) => value.includes(secret));
    made = layerVariables(made, { [entry.name]: plainValue(value, entry.readonly, isSecret) });
  }
  return made;
}

function plainValue(value: string, isReadOnly: boolean, isSecret: boolean): VariableValue {
  return { value, ...(isSecret ? { isSecret } : {}), ...(isReadOnly ? { isReadOnly } : {}) };
}

/** All that a stage or job sees before its own variables. */
export function visibleVariables(facts: RunFacts, stage?: StageState): Variables {
  return layerVariables(facts.system, facts.variables, stage?.variables ?? {});
}
