import { invalid } from '../../../kernel/errors.ts';
import type { PlanDeps } from '../../jobs/job-type.ts';
import type { PlannedInput, PlannedOutput, RunPlan } from '../../jobs/plan.ts';
import type { Workspace } from '../../types.ts';
import type { ComponentReader } from './component.ts';
import type { PipelineSettings } from './settings.ts';

/** What is the same for every node of a job. */
export type NodeContext = {
  readonly deps: PlanDeps;
  readonly workspace: Workspace;
  readonly settings: PipelineSettings;
  /** Where outputs lie that name no place. */
  readonly datastore: string;
  readonly experimentName: string;
  readonly now: string;
  readonly rootName: string;
  readonly components: ComponentReader;
  /** The compute of that name, asked for once a job. */
  readonly compute: (name: string) => Promise<string>;
};

/** The pipeline whose nodes are planned: what they may bind to. */
export type Parent = {
  readonly runId: string;
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
  /** Filled while its nodes are planned: which of their outputs are the pipeline's. */
  readonly sources: Map<string, { readonly runId: string; readonly output: string }[]>;
  /** Its inputs are other ones in each iteration of the loop whose body it is. */
  readonly inLoop: boolean;
};

/** A node as others refer to it: a loop stands for its body. */
export type PlannedNode = {
  readonly runId: string;
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
};

/** Plans a node of the same pipeline first. @throws invalid for one that isn't there, or that waits for the one which asks */
export type PlanOf = (key: string, wantedBy: string) => Promise<PlannedNode>;

/** The pipeline of a plan as its nodes see it. */
export function parentOf(plan: Pick<RunPlan, 'runId' | 'inputs' | 'outputs'>, inLoop: boolean): Parent {
  return { runId: plan.runId, inputs: plan.inputs, outputs: plan.outputs, sources: new Map(), inLoop };
}

/** A pipeline's outputs with the outputs of nodes that they are, known once the nodes are planned. */
export function outputsWithSources(parent: Parent): Record<string, PlannedOutput> {
  const outputs: Record<string, PlannedOutput> = {};
  for (const [name, output] of Object.entries(parent.outputs)) {
    const sources = parent.sources.get(name);
    outputs[name] = sources ? { ...output, sources } : output;
  }
  return outputs;
}

/** A pipeline body that cannot run, in the service's words (recorded codes). */
export function badPipeline(message: string, inner: string, target?: string) {
  return invalid(message, {
    wire: 'UserError',
    ...(target === undefined ? {} : { target }),
    details: ['BadArgument', 'ArgumentInvalid', 'InvalidPipelineJob', inner],
  });
}
