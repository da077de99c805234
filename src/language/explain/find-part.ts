import { childOf, type Mapping, type Node } from '../1-read/node.ts';
import type { Plan, PlanJob, PlanStage, PlanStep } from '../3-plan/plan.ts';
import type { Expanded } from '../compile.ts';
import type { Position } from '../position.ts';

/** A stage, job or step of a plan with the expanded node that it was planned from; a step that no one wrote has no node. */
export type Part = {
  /** As `--at` takes it: `STAGE/JOB/STEP`; the stage is left out where the pipeline has none, a hook of a deployment stands before the step. */
  readonly path: string;
  readonly stage: PlanStage;
  readonly stageNode: Mapping | undefined;
  readonly job?: PlanJob;
  readonly jobNode?: Mapping;
  readonly step?: PlanStep;
  readonly stepNode?: Mapping;
  /** The leg of the job's matrix that the path names; without one the first counts. */
  readonly leg?: string;
};

/** The names of a job's legs where the plan does not know them: those of a matrix that a run made. */
export type LegNames = (stage: PlanStage, job: PlanJob) => readonly string[];

/** Of what is known leg by leg, the leg that a part is about. */
export function legOf<T extends { readonly name: string }>(part: Part, legs: readonly T[]): T | undefined {
  const { leg } = part;
  return leg === undefined ? legs[0] : legs.find((one) => one.name.toLowerCase() === leg.toLowerCase());
}

/** A word of a path that names nothing: what it was to name, where, and the names that there are. */
export type UnknownPart = {
  readonly kind: 'unknown';
  readonly level: 'stage' | 'job' | 'step';
  readonly word: string;
  /** The path of what holds it; empty for the pipeline. */
  readonly inside: string;
  readonly names: readonly string[];
};

/** Every stage, job and step of a pipeline in order, each with its path. */
export function listParts(expanded: Expanded, plan: Plan): Part[] {
  const isPlain = plan.stages.length === 1 && plan.stages[0]?.name === '__default';
  const stageNodes = claim(plan.stages, mappingsOf(childOf(expanded.root, 'stages')));
  return plan.stages.flatMap((stage, stageIndex): Part[] => {
    const stageNode = stageNodes[stageIndex];
    const jobNodes = claim(stage.jobs, mappingsOf(childOf(stageNode, 'jobs')));
    const whole: Part = { path: stage.name, stage, stageNode };
    const jobs = stage.jobs.flatMap((job, jobIndex): Part[] => {
      const jobNode = jobNodes[jobIndex];
      const path = isPlain ? job.name : `${stage.name}/${job.name}`;
      const part = { path, stage, stageNode, job, ...(jobNode ? { jobNode } : {}) };
      const listed = stepsOf(job);
      const stepNodes = claim(
        listed.map(({ step }) => step),
        stepsIn(jobNode),
      );
      const steps = listed.map(({ word, step }, stepIndex): Part => {
        const stepNode = stepNodes[stepIndex];
        return { ...part, path: `${path}/${word}`, step, ...(stepNode ? { stepNode } : {}) };
      });
      return [part, ...steps];
    });
    return isPlain ? jobs : [whole, ...jobs];
  });
}

/**
 * Finds what a path names: `STAGE`, `STAGE/JOB`, `STAGE/JOB/STEP`, in any case. A step may also be named by its display name or its
 * number from 1. A leg of a matrix may stand behind the job (`STAGE/JOB/LEG/STEP`). Without stages the path begins with the job (`__default/` in front is taken too), in a pipeline of bare steps also with the step.
 */
export function findPart(
  expanded: Expanded,
  plan: Plan,
  path: string,
  legNames: LegNames = (_stage, job) => job.legs.map((leg) => leg.name),
): Part | UnknownPart {
  const parts = listParts(expanded, plan);
  const words = path.replace(/^__default(\/|$)/i, '').split('/');
  const stages = parts.filter((part) => !part.job);
  const firstJob = parts.find((part) => part.job);
  if (stages.length > 0) {
    const stage = choose(stages, words[0]!, (part) => [part.stage.name, part.stage.displayName]);
    if (!stage) return unknown('stage', words[0]!, '', stages);
    if (words.length === 1) return stage;
    const jobs = parts.filter((part) => part.stage === stage.stage && part.job && !part.step);
    return findJob(parts, jobs, words.slice(1), stage.path, legNames);
  }
  const jobs = parts.filter((part) => part.job && !part.step);
  const found = findJob(parts, jobs, words, '', legNames);
  // A pipeline of bare steps has the one job `Job`: its steps may be named alone.
  if (
    'kind' in found &&
    found.level === 'job' &&
    words.length === 1 &&
    jobs.length === 1 &&
    firstJob?.job?.name === 'Job'
  )
    return findStep(parts, jobs[0]!, words[0]!);
  return found;
}

function findJob(
  all: readonly Part[],
  jobs: readonly Part[],
  words: readonly string[],
  inside: string,
  legNames: LegNames,
): Part | UnknownPart {
  const [word = '', ...rest] = words;
  const job = choose(jobs, word, ({ job }) => [job!.name, job!.displayName]);
  if (!job) return unknown('job', word, inside, jobs);
  if (rest.length === 0) return job;
  const step = findStep(all, job, rest.join('/'));
  if (!('kind' in step)) return step;
  const leg = legNames(job.stage, job.job!).find((name) => name.toLowerCase() === rest[0]!.toLowerCase());
  if (leg === undefined) return step;
  const ofLeg = { ...job, path: `${job.path}/${leg}`, leg };
  if (rest.length === 1) return ofLeg;
  const inLeg = findStep(all, job, rest.slice(1).join('/'));
  return 'kind' in inLeg
    ? { ...inLeg, inside: ofLeg.path }
    : { ...inLeg, path: `${ofLeg.path}/${wordOf(inLeg, job)}`, leg };
}

function findStep(all: readonly Part[], job: Part, word: string): Part | UnknownPart {
  const steps = all.filter((part) => part.job === job.job && part.step);
  const numbered = /^\d+$/.test(word) ? steps[Number(word) - 1] : undefined;
  const found = choose(steps, word, (part) => [wordOf(part, job), part.step!.displayName ?? '']) ?? numbered;
  if (found) return found;
  const names = steps.map((part) => wordOf(part, job));
  return { kind: 'unknown', level: 'step', word, inside: job.path, names };
}

/** The steps of a job, and those of a deployment's other hooks with the hook in front: of each hook once, however often it runs. */
function stepsOf(job: PlanJob): { readonly word: string; readonly step: PlanStep }[] {
  const own = job.steps.map((step) => ({ word: step.name, step }));
  const seen = new Set<string>(['deploy']);
  const others = (job.deployment?.hooks ?? []).flatMap(({ hook, steps }) => {
    if (seen.has(hook)) return [];
    seen.add(hook);
    return steps.map((step) => ({ word: `${hook}/${step.name}`, step }));
  });
  return [...own, ...others];
}

function wordOf(part: Part, job: Part): string {
  return part.path.slice(job.path.length + 1);
}

function choose(parts: readonly Part[], word: string, namesOf: (part: Part) => readonly string[]): Part | undefined {
  if (word === '') return undefined;
  const wanted = word.toLowerCase();
  for (const rank of [0, 1]) for (const part of parts) if (namesOf(part)[rank]?.toLowerCase() === wanted) return part;
  return undefined;
}

function unknown(level: 'stage' | 'job', word: string, inside: string, parts: readonly Part[]): UnknownPart {
  const names = parts.map(({ stage, job }) => job?.name ?? stage.name);
  return { kind: 'unknown', level, word, inside, names };
}

function mappingsOf(node: Node | undefined): Mapping[] {
  return node?.kind === 'sequence' ? node.items.filter((item) => item.kind === 'mapping') : [];
}

/** The steps of a job, also those in the hooks of a deployment, in document order. */
function stepsIn(node: Node | undefined): Mapping[] {
  if (node?.kind !== 'mapping') return [];
  return node.entries.flatMap(({ key, value }) => {
    const name = key.kind === 'scalar' ? key.text : '';
    if (name === 'steps') return mappingsOf(value);
    return name === 'matrix' || name === 'variables' ? [] : stepsIn(value);
  });
}

/** The node of each planned part: the first one at its place that no other part has, as `each` makes many at one place. */
function claim(parts: readonly { readonly position?: Position }[], nodes: readonly Mapping[]): (Mapping | undefined)[] {
  const open = new Map<string, { readonly nodes: Mapping[]; next: number }>();
  const keyOf = ({ file, line, column }: Position) => `${file}:${line}:${column}`;
  for (const node of nodes) {
    const group = open.get(keyOf(node));
    if (group) group.nodes.push(node);
    else open.set(keyOf(node), { nodes: [node], next: 0 });
  }
  return parts.map(({ position }) => {
    const group = position && open.get(keyOf(position));
    return group?.nodes[Math.min(group.next++, group.nodes.length - 1)];
  });
}
