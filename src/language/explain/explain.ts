import { placeOf } from '../1-read/origin.ts';
import type { Plan } from '../3-plan/plan.ts';
import type { Explanation } from './explanation.ts';
import { legOf, type Part } from './find-part.ts';
import type { Knowledge } from './known-variables.ts';
import { linksOfNode } from './origin-links.ts';
import { propertiesOf } from './properties.ts';
import { named, type RunRecord } from './run-record.ts';
import { definitionOf } from './runtime-trees.ts';
import { nodeOf, writtenAs } from './source-map.ts';

/**
 * Says why a stage, job or step of a pipeline came out as it did: what brought it in, and what each expression in it evaluated to.
 * Pure; no more is known of a run than `knowledge` holds.
 * @param plan of a compilation with `trace`
 * @param part what `findPart` found in it
 */
export function explain(plan: Plan, part: Part, knowledge: Knowledge = {}): Explanation {
  const { stage, job, step } = part;
  const node = nodeOf(part);
  const planned = step ?? job ?? stage;
  const note = noteOf(part, knowledge);
  const outcome = knowledge.run && outcomeOf(part, knowledge.run);
  return {
    kind: step ? 'step' : job ? 'job' : 'stage',
    path: part.path,
    displayName: planned.displayName ?? planned.name,
    ...(node ? { place: placeOf(writtenAs(node)) } : {}),
    ...(note ? { note } : {}),
    ...(outcome ? { outcome } : {}),
    origin: linksOfNode(node, (name) => {
      const place = definitionOf(plan, part, name)?.entry.position;
      return place && { place };
    }),
    ...propertiesOf(plan, part, knowledge),
  };
}

function noteOf(part: Part, { run }: Knowledge): string | undefined {
  const { job, jobNode, step, stepNode, leg } = part;
  if (step && !stepNode)
    return step.enabled
      ? 'no one wrote it: the job has no checkout step, so it begins with one of self'
      : 'no one wrote it: a deployment begins without a checkout';
  if (job && !step && jobNode && !jobNode.origin) return 'no one wrote it: the steps of the pipeline are its one job';
  if (leg !== undefined) return step || run ? `the values are those of the leg ${leg}` : undefined;
  const legs = job?.legs ?? [];
  if (legs.length > 1 && (step || run))
    return `the values are those of the leg ${legs[0]!.name}, the first of ${legs.length}`;
  return undefined;
}

function outcomeOf(part: Part, run: RunRecord): string | undefined {
  const { stage, job, step, leg } = part;
  const inStage = named(run.stages, stage.name);
  const inJob = job && named(inStage?.jobs ?? [], job.name);
  const inLeg = legOf(part, inJob?.legs ?? []);
  const inStep = step && named(inLeg?.steps ?? [], step.name);
  // The pipeline without stages has a stage that no `--at` names.
  const inStages = stage.name !== '__default';
  // What never came to be looked at has no reason of its own: the reason is where the path leads.
  if (inJob?.result !== undefined && inStage?.began === false && inStages)
    return `${inJob.result} with its stage; see --at ${stage.name}`;
  if (job && step && !inStep && inJob?.result !== undefined)
    return `${inJob.result} with its job; see --at ${inStages ? `${stage.name}/` : ''}${job.name}`;
  if (step) return inStep ? (inStep.result ?? inStep.state) : 'not started with its job';
  const found = leg !== undefined ? inLeg : job ? inJob : inStage;
  return found ? (found.result ?? found.state) : 'left out of the run';
}
