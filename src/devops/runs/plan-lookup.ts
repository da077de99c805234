import type { Plan, PlanJob, PlanStage } from '../../language/index.ts';

/** A stage of the plan by its name. */
export function planStage(facts: { readonly plan: Plan }, name: string): PlanStage {
  const stage = facts.plan.stages.find((one) => one.name === name);
  if (!stage) throw new Error(`The plan has no stage ${name}.`);
  return stage;
}

/** A job of the plan by its stage's and its own name. */
export function planJob(facts: { readonly plan: Plan }, stage: string, name: string): PlanJob {
  const job = planStage(facts, stage).jobs.find((one) => one.name === name);
  if (!job) throw new Error(`The plan has no job ${name} in stage ${stage}.`);
  return job;
}
