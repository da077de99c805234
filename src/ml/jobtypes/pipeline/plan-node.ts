import { DomainError, notImplemented } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import { nodeJobType } from '../../jobs/job-type.ts';
import type { Need, RunPlan } from '../../jobs/plan.ts';
import { readCommand } from '../../jobs/read-command.ts';
import { computeNameOf } from '../../jobs/read-values.ts';
import { requiredReferences } from '../../jobs/render.ts';
import { parseRegistryReference } from '../../registry-reference.ts';
import { type Json, objectField, textField, textsField } from '../../wire-fields.ts';
import { type Binder, bindText } from './bind.ts';
import type { Component } from './component.ts';
import { planInputs } from './node-inputs.ts';
import { planOutputs } from './node-outputs.ts';
import {
  badPipeline,
  type NodeContext,
  outputsWithSources,
  type Parent,
  type PlanOf,
  parentOf,
} from './pipeline-scope.ts';
import { definitionOf } from './reuse-definition.ts';

/** Plans the nodes of a pipeline; handed in, since a node may be a pipeline. */
export type PlanNodes = (context: NodeContext, parent: Parent, jobs: Json) => Promise<RunPlan[]>;

export type NodeRequest = {
  readonly context: NodeContext;
  readonly parent: Parent;
  readonly key: string;
  readonly node: Json;
  readonly planOf: PlanOf;
  readonly planNodes: PlanNodes;
  /** The loop whose body the node is: its run stands for the node's. */
  readonly loop?: { readonly runId: string; readonly reusable: boolean };
};

/** A node's own run first, then those below it; what they all wait for is among the first one's needs. */
export type NodePlans = readonly [RunPlan, ...RunPlan[]];

/**
 * Plans a node that is a component: of a command, of a pipeline, or of another job type.
 * @throws invalid for an unknown binding, a missing or unknown input, a value that doesn't fit; not-found for a component that isn't there
 */
export async function planNode(request: NodeRequest): Promise<NodePlans> {
  const { context, parent, key, node, planOf, loop } = request;
  const { deps, workspace, settings } = context;
  // A sweep's component is that of its trials, and its search space gives values to that one's inputs.
  const componentId =
    textField(node, 'componentId') ??
    textField(node, 'component') ??
    textField(objectField(node, 'trial'), 'componentId');
  const component = componentId === undefined ? undefined : await componentOf(request, componentId);
  const spec = component?.spec ?? node;
  const type = (textField(node, 'type') ?? textField(spec, 'type') ?? 'command').toLowerCase();
  const nodeType = nodeJobType(deps.jobTypes, type);
  if (type !== 'command' && type !== 'pipeline' && !nodeType) throw notImplemented(`pipeline nodes of type ${type}`);

  const runId = newGuid();
  const needs = new Map<string, Need>();
  const binder: Binder = {
    parent,
    planOf,
    key,
    needs,
    continueOnFailedOptionalInput: settings.continueOnFailedOptionalInput,
  };
  const declared = component ? objectField(spec, 'inputs') : undefined;
  // An AutoML node's is a list of spaces, and no business of inputs.
  const elsewhere = type === 'automl' ? {} : objectField(node, 'searchSpace');
  const inputs = await planInputs({ context, binder, node, declared, elsewhere, isBody: loop !== undefined });
  const declaredOutputs = component ? objectField(spec, 'outputs') : {};
  const outputs = await planOutputs(context, binder, node, declaredOutputs, runId, loop?.runId ?? runId);
  const description = textField(node, 'description');
  const common = {
    runId,
    launchId: newGuid(),
    parent: loop?.runId ?? parent.runId,
    nodeKey: key,
    name: component?.name ?? 'azureml_anonymous',
    displayName: displayNameOf(node, component) ?? key,
    ...(description ? { description } : {}),
    experimentName: context.experimentName,
    tags: textsField(node, 'tags'),
    properties: {
      ...textsField(node, 'properties'),
      'azureml.runsource': 'azureml.StepRun',
      'azureml.pipelinerunid': context.rootName,
      'azureml.moduleName': component?.name ?? 'azureml_anonymous',
      'azureml.moduleVersion': component?.version ?? '1',
      'azureml.nodeid': runId.slice(0, 8),
      StepType: 'PythonScriptStep',
      ComputeTargetType: 'AmlCompute',
      'azureml.DevPlatv2': 'true',
    },
    createdAt: context.now,
    inputs,
    outputs,
    needs: [...needs.values()],
  };
  if (type === 'pipeline') {
    const self = parentOf(common, loop !== undefined || parent.inLoop);
    const children = await request.planNodes(context, self, objectField(spec, 'jobs'));
    if (children.length === 0) throw badPipeline(`The pipeline '${key}' has no nodes.`, 'InvalidPipelineJob');
    const work = { kind: 'pipeline' as const, continueOnStepFailure: settings.continueOnStepFailure };
    return [{ ...common, outputs: outputsWithSources(self), work }, ...children];
  }
  const compute = await context.compute(
    (await namedCompute(binder, textField(node, 'computeId'))) ?? settings.defaultCompute ?? 'serverless',
  );
  const reuse =
    component && !settings.forceRerun && (loop?.reusable ?? true)
      ? await definitionOf(context, component, node, type, outputs)
      : undefined;
  const shared = { ...common, ...(reuse === undefined ? {} : { reuse }) };
  if (nodeType?.planNode) {
    const planned = await nodeType.planNode(deps, { workspace, key, node, spec, inputs, outputs, compute });
    return [{ ...shared, ...planned, properties: { ...common.properties, ...planned.properties } }];
  }
  const work = readCommand(spec, node, compute);
  for (const { area, name } of requiredReferences(work.command)) {
    const isKnown =
      area === 'inputs' ? inputs[name] !== undefined || declared?.[name] !== undefined : outputs[name] !== undefined;
    if (!isKnown)
      throw badPipeline(
        `The command of the node '${key}' reads \${{${area}.${name}}}, which it does not have.`,
        'InvalidComponentJobInput',
        name,
      );
  }
  return [{ ...shared, work: { kind: 'command', ...work } }];
}

/** The compute that a node names, which an input of its pipeline may hold (documented for pipeline components). */
async function namedCompute(binder: Binder, computeId: string | undefined): Promise<string | undefined> {
  if (computeId === undefined) return undefined;
  const { text, from } = await bindText(binder, computeId, 'compute');
  if (from === undefined) return computeNameOf(text);
  throw badPipeline(
    `The compute of the node '${binder.key}' depends on a value that is only known later: ${computeId}.`,
    'InvalidExpressionInJob',
  );
}

/** The component of a node. One of which nothing is run may be of a registry that is not here: clients name the service's own for data imports. */
async function componentOf({ context, node }: NodeRequest, id: string): Promise<Component | undefined> {
  const type = nodeJobType(context.deps.jobTypes, textField(node, 'type') ?? '');
  const found = context.components(id);
  if (!type?.storedOnly || !parseRegistryReference(id)) return found;
  return found.catch((error: unknown) => {
    if (error instanceof DomainError && error.code === 'not-found') return undefined;
    throw error;
  });
}

function displayNameOf(node: Json, component: Component | undefined): string | undefined {
  return textField(node, 'displayName') ?? (component ? textField(component.spec, 'displayName') : undefined);
}
