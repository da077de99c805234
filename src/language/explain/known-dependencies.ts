import type { Plan, PlanJob, PlanStage } from '../3-plan/plan.ts';
import { contextOf, type ObjectValue, type Value } from '../expressions/value.ts';
import { lazy, notKnown } from './expression-tree.ts';
import type { Part } from './find-part.ts';
import { named, type RunJob, type RunLeg, type RunRecord, type RunStage } from './run-record.ts';

// `dependencies` and `stageDependencies` as far as they are known: before a run only which names there are.

/** The jobs of its stage that a job depends on. */
export function jobDependencies(part: Part, run: RunRecord | undefined): ObjectValue {
  const stage = run && named(run.stages, part.stage.name);
  return contextOf(
    (part.job?.dependsOn ?? []).map((name) => {
      const planned = named(part.stage.jobs, name);
      return [planned?.name ?? name, jobOutcome(planned, stage && named(stage.jobs, name), name, run)];
    }),
  );
}

/** The stages that a part's stage depends on, each as `make` shows it. */
export function stageDependencies(
  plan: Plan,
  part: Part,
  run: RunRecord | undefined,
  make: (
    planned: PlanStage | undefined,
    found: RunStage | undefined,
    name: string,
    run: RunRecord | undefined,
  ) => Value,
): ObjectValue {
  return contextOf(
    part.stage.dependsOn.map((name) => {
      const planned = named(plan.stages, name);
      return [planned?.name ?? name, make(planned, run && named(run.stages, name), name, run)];
    }),
  );
}

/** A stage in `stageDependencies`: its jobs. */
export function jobsOf(
  planned: PlanStage | undefined,
  found: RunStage | undefined,
  _name: string,
  run: RunRecord | undefined,
): Value {
  return contextOf(
    (planned?.jobs ?? []).map((job) => [
      job.name,
      jobOutcome(job, found && named(found.jobs, job.name), job.name, run),
    ]),
  );
}

function jobOutcome(
  planned: PlanJob | undefined,
  found: RunJob | undefined,
  name: string,
  run: RunRecord | undefined,
): ObjectValue {
  return outcome(
    name,
    found,
    run,
    (key) => {
      if (run) return outputOf(found?.legs ?? [], key);
      return notKnown(outputLater(name, planned, key));
    },
    () => (found?.legs ?? []).flatMap((leg) => Object.keys(leg.outputs).map((key) => outputKey(leg, key))),
  );
}

/** A stage in `dependencies`: its result, and the outputs of its jobs. */
export function stageOutcome(
  planned: PlanStage | undefined,
  found: RunStage | undefined,
  name: string,
  run: RunRecord | undefined,
): ObjectValue {
  const legsOf = (job: string) => named(found?.jobs ?? [], job)?.legs ?? [];
  return outcome(
    name,
    found,
    run,
    (key) => {
      const [job = '', ...rest] = key.split('.');
      if (run) return outputOf(legsOf(job), rest.join('.'));
      return notKnown(outputLater(name, named(planned?.jobs ?? [], job), rest.join('.')));
    },
    () =>
      (found?.jobs ?? []).flatMap((job) =>
        job.legs.flatMap((leg) => Object.keys(leg.outputs).map((key) => `${job.name}.${outputKey(leg, key)}`)),
      ),
  );
}

function outcome(
  name: string,
  found: { readonly state: string; readonly result?: string } | undefined,
  run: RunRecord | undefined,
  output: (key: string) => string | undefined,
  outputNames: () => readonly string[],
): ObjectValue {
  const ended = () => {
    if (!run) notKnown(`known when ${name} has ended`);
    if (found?.state !== 'completed') notKnown(`${name} has not ended yet`);
  };
  return lazy(
    (key) => {
      switch (key.toLowerCase()) {
        case 'result':
          ended();
          return found?.result ?? 'Skipped';
        case 'outputs':
          if (run) ended();
          return lazy(output, outputNames());
        default:
          return undefined;
      }
    },
    ['result', 'outputs'],
  );
}

function outputKey(leg: RunLeg, key: string): string {
  return leg.name === '__default' ? key : `${leg.name}.${key}`;
}

function outputOf(legs: readonly RunLeg[], key: string): string | undefined {
  for (const leg of legs)
    for (const [name, output] of Object.entries(leg.outputs)) {
      if (outputKey(leg, name).toLowerCase() !== key.toLowerCase()) continue;
      return output.value ?? notKnown('a secret, whose value is not shown');
    }
  return undefined;
}

/** When an output will be known, and who is to set it: `step.variable`, with the leg in front in a matrix. */
function outputLater(name: string, job: PlanJob | undefined, key: string): string {
  const words = key.split('.');
  const later = `known when ${name} has ended`;
  if (!job || words.length < 2) return later;
  const steps = job.steps.filter((one) => one.named);
  const step = named(steps, words.at(-2)!);
  if (step) return `${later}, from its step ${step.name}`;
  const there = steps.length > 0 ? `only ${steps.map((one) => one.name).join(', ')}` : 'and no other step with a name';
  return `empty when ${name} has ended: ${job.name} has no step named '${words.at(-2)}', ${there}`;
}
