import type { Plan, PlanJob, PlanStage } from '../../language/index.ts';

/** What a graph shows of a job. Plain data: `-o json` prints it. */
export type GraphJob = {
  readonly name: string;
  readonly displayName: string;
  /** Names of jobs of the same stage. */
  readonly dependsOn: readonly string[];
  /** Where it isn't the default. */
  readonly condition?: string;
  readonly kind: 'job' | 'deployment';
  readonly environment?: string;
  /** Hooks of a deployment, in the order in which they run. */
  readonly hooks?: readonly string[];
  /** Runs on the server instead of an agent. */
  readonly agentless: boolean;
  readonly pool?: string;
  /** Names of the legs that the matrix or the slicing makes; a matrix given as a runtime expression is that expression. */
  readonly legs: readonly string[] | string;
};

export type GraphStage = {
  /** `__default` for a pipeline without stages. */
  readonly name: string;
  readonly displayName: string;
  readonly dependsOn: readonly string[];
  readonly condition?: string;
  /** Waits until someone starts it. */
  readonly manual: boolean;
  readonly jobs: readonly GraphJob[];
};

/** A plan's stages and jobs with what they wait for. */
export type PlanGraph = { readonly stages: readonly GraphStage[] };

/** The name of the stage that a pipeline without stages has. */
export const DEFAULT_STAGE = '__default';

/** Takes from a plan what a drawing of it shows; names of dependencies are spelled as the thing itself is. */
export function planGraph(plan: Plan): PlanGraph {
  return { stages: plan.stages.map((stage) => graphStage(stage, plan.stages)) };
}

function graphStage(stage: PlanStage, all: readonly PlanStage[]): GraphStage {
  return {
    name: stage.name,
    displayName: stage.displayName,
    dependsOn: spelled(stage.dependsOn, all),
    ...conditionOf(stage),
    manual: stage.isManual === true,
    jobs: stage.jobs.map((job) => graphJob(job, stage.jobs)),
  };
}

function graphJob(job: PlanJob, all: readonly PlanJob[]): GraphJob {
  const { deployment, pool } = job;
  const where = pool.kind === 'agents' ? (pool.name ?? pool.vmImage) : undefined;
  const environment = [deployment?.environment, deployment?.resource].filter(Boolean).join('.');
  return {
    name: job.name,
    displayName: job.displayName,
    dependsOn: spelled(job.dependsOn, all),
    ...conditionOf(job),
    kind: deployment ? 'deployment' : 'job',
    ...(environment === '' ? {} : { environment }),
    ...(deployment ? { hooks: deployment.hooks.map((one) => one.hook) } : {}),
    agentless: pool.kind === 'server',
    ...(where === undefined ? {} : { pool: where }),
    // The one leg of a deployment is the deployment itself.
    legs: job.matrixExpression ?? (deployment ? [] : job.legs.map((leg) => leg.name)),
  };
}

function conditionOf(owner: { readonly condition: string }): { readonly condition?: string } {
  return owner.condition === 'succeeded()' ? {} : { condition: owner.condition };
}

function spelled(names: readonly string[], all: readonly { readonly name: string }[]): string[] {
  return names.map((name) => all.find((one) => one.name.toLowerCase() === name.toLowerCase())?.name ?? name);
}
