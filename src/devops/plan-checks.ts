import { platform } from 'node:os';
import { makeDiagnostic, type Plan, type PlanJob } from '../language/index.ts';
import { DEFAULT_POOL } from './agents/pools.ts';
import { refusedPipeline } from './refuse-pipeline.ts';
import { groupVariables } from './runs/contexts.ts';
import type { RunOptions } from './runs/run-info.ts';
import type { VariableGroups, Variables } from './runs/state.ts';

/** Pools of the public service whose agents any machine stands in for. */
const HOSTED_POOL = /^(azure pipelines|hosted\b.*)$/i;

/**
 * Judges a plan by what this installation has.
 * @returns warnings, one line each
 * @throws invalid, with diagnostics, in strict mode for a pool that isn't there, for variable groups without values, and for manual stages that the
 * request doesn't name
 */
export function checkPlan(
  plan: Plan,
  request: {
    readonly variables: Variables;
    readonly groups?: VariableGroups;
    readonly stages?: readonly string[];
    readonly options: RunOptions;
  },
): string[] {
  const warnings = new Set<string>();
  const started = (request.stages ?? []).map((name) => name.toLowerCase());
  const manual = plan.stages.filter((stage) => stage.isManual && !started.includes(stage.name.toLowerCase()));
  if (manual.length > 0)
    throw refusedPipeline(
      manual.map((stage) =>
        makeDiagnostic(
          'not-implemented',
          [`stage '${stage.name}' waits to be started by hand. Start it by itself: --stage ${stage.name}`],
          stage.position,
        ),
      ),
    );
  const groups = [plan, ...plan.stages, ...plan.stages.flatMap((stage) => stage.jobs)]
    .flatMap((owner) => owner.variables)
    .filter((entry) => entry.kind === 'group');
  const empty = groups.filter((group) => groupVariables(request.groups ?? {}, group.name) === undefined);
  if (empty.length > 0)
    throw refusedPipeline(empty.map((group) => makeDiagnostic('group-without-values', [group.name], group.position)));
  for (const name of Object.keys(request.groups ?? {}))
    if (!groups.some((group) => group.name.toLowerCase() === name.toLowerCase()))
      warnings.add(`The pipeline names no variable group '${name}': the values given for it are not used.`);
  for (const name of Object.keys(request.variables))
    if (plan.variables.some((entry) => entry.kind === 'value' && entry.name.toLowerCase() === name.toLowerCase()))
      warnings.add(
        `Variable '${name}' is set in the YAML too, and that value wins, as in Azure Pipelines. Make it a parameter to choose it for a run.`,
      );
  for (const stage of plan.stages)
    for (const job of stage.jobs)
      for (const warning of poolWarnings(job, request.options.strict)) warnings.add(warning);
  return [...warnings];
}

function poolWarnings({ name: job, pool, position }: PlanJob, strict: boolean): string[] {
  if (pool.kind === 'server') return [];
  const { name, vmImage } = pool;
  if (name !== undefined && name.toLowerCase() !== DEFAULT_POOL.name.toLowerCase() && !HOSTED_POOL.test(name)) {
    if (strict) throw refusedPipeline([makeDiagnostic('pool-not-found', [name], position)]);
    return [`There is no agent pool '${name}': job ${job} runs on this machine.`];
  }
  const wanted = /^(windows|vs20)/i.test(vmImage ?? '') ? 'win32' : /^mac/i.test(vmImage ?? '') ? 'darwin' : undefined;
  return wanted !== undefined && wanted !== platform()
    ? [`Job ${job} asks for the image '${vmImage}': it runs on this machine all the same, which is another system.`]
    : [];
}
