import { DomainError, invalid, limitExceeded, notImplemented } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import { nodeJobType, type PlanDeps } from '../../jobs/job-type.ts';
import type { InputMode, Need, PlannedInput, PlannedOutput, RunPlan } from '../../jobs/plan.ts';
import { readCommand } from '../../jobs/read-command.ts';
import {
  assetTypeOf,
  computeNameOf,
  placeOutput,
  type RawInput,
  readInputs,
  readOutputs,
  textOfValue,
} from '../../jobs/read-values.ts';
import { requiredReferences } from '../../jobs/render.ts';
import type { RunValue, Workspace } from '../../types.ts';
import { flagField, isObject, type Json, objectField, textField, textsField } from '../../wire-fields.ts';
import { misfit } from './check-literal.ts';
import { loadComponent } from './component.ts';
import type { PipelineSettings } from './settings.ts';

export type NodeContext = {
  readonly deps: PlanDeps;
  readonly workspace: Workspace;
  readonly settings: PipelineSettings;
  readonly defaultUri: (path: string) => string;
  readonly experimentName: string;
  readonly now: string;
  readonly rootName: string;
  /** How many nodes a job may have in all. */
  readonly limit: number;
};

/** The pipeline whose nodes are planned: what they may bind to. */
export type Parent = {
  readonly runId: string;
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
};

const BINDING = /\$\{\{\s*parent\.(inputs|outputs|jobs)\.([\w.-]+?)\s*\}\}/g;

const bad = (message: string, inner: string) =>
  invalid(message, { wire: 'UserError', details: ['BadArgument', 'ArgumentInvalid', 'InvalidPipelineJob', inner] });

/**
 * Plans the nodes of a pipeline, and of pipelines inside it: parents before children, nodes in the order of their definition.
 * @throws invalid for a cycle, an unknown binding, a missing or unknown input
 */
export async function planNodes(context: NodeContext, parent: Parent, jobs: Json): Promise<RunPlan[]> {
  const planned = new Map<string, RunPlan[]>();
  const inProgress = new Set<string>();

  const planOf = async (key: string, wantedBy: string): Promise<RunPlan> => {
    const known = planned.get(key);
    if (known) return known[0] as RunPlan;
    const node = jobs[key];
    if (!isObject(node))
      throw bad(
        `The node '${wantedBy}' reads from '${key}', which is not a node of the pipeline.`,
        'InvalidExpressionInJob',
      );
    if (inProgress.has(key))
      throw bad(`The nodes ${[...inProgress, key].join(' → ')} wait for each other.`, 'InvalidPipelineJob');
    inProgress.add(key);
    const plans = await planNode(context, parent, key, node, planOf);
    inProgress.delete(key);
    planned.set(key, plans);
    return plans[0] as RunPlan;
  };

  for (const key of Object.keys(jobs)) await planOf(key, key);
  const all = Object.keys(jobs).flatMap((key) => planned.get(key) as RunPlan[]);
  if (all.length > context.limit) throw limitExceeded(`A pipeline job has at most ${context.limit} nodes.`);
  return all;
}

async function planNode(
  context: NodeContext,
  parent: Parent,
  key: string,
  node: Json,
  planOf: (key: string, wantedBy: string) => Promise<RunPlan>,
): Promise<RunPlan[]> {
  const { deps, workspace } = context;
  // A sweep's component is that of its trials, and its search space gives values to that one's inputs.
  const componentId =
    textField(node, 'componentId') ??
    textField(node, 'component') ??
    textField(objectField(node, 'trial'), 'componentId');
  const searched = objectField(node, 'searchSpace');
  const component = componentId === undefined ? undefined : await loadComponent(deps.versions, workspace, componentId);
  const spec = component?.spec ?? node;
  const type = (textField(node, 'type') ?? textField(spec, 'type') ?? 'command').toLowerCase();
  const nodeType = nodeJobType(deps.jobTypes, type);
  if (type !== 'command' && type !== 'pipeline' && !nodeType) throw notImplemented(`pipeline nodes of type ${type}`);

  const runId = newGuid();
  const needs = new Map<string, Need>();
  const declared = component ? objectField(spec, 'inputs') : undefined;
  const given = readInputs(node);
  for (const name of Object.keys(given)) {
    if (declared && declared[name] === undefined && !name.includes('.'))
      throw bad(
        `The node '${key}' sets the input '${name}', which its component does not have.`,
        'InvalidComponentJobInput',
      );
  }
  const inputs: Record<string, PlannedInput> = {};
  for (const name of new Set([...Object.keys(declared ?? {}), ...Object.keys(given)])) {
    if (searched[name] !== undefined) continue;
    const declaration = declared?.[name];
    const optional = flagField(declaration, 'optional') ?? false;
    const raw = given[name];
    const resolved = raw === undefined ? undefined : await resolveInput(raw, name, optional);
    const fallback = textField(declaration, 'default');
    if (resolved) inputs[name] = resolved;
    else if (fallback !== undefined)
      inputs[name] = { value: { kind: 'literal', value: fallback }, mode: 'ReadOnlyMount' };
    else if (declaration !== undefined && !optional)
      throw bad(`The node '${key}' gives no value for the required input '${name}'.`, 'InvalidComponentJobInput');
  }

  async function resolveInput(raw: RawInput, name: string, optional: boolean): Promise<PlannedInput | undefined> {
    const mode: InputMode = raw.mode ?? modeOf(textField(declared?.[name], 'mode')) ?? 'ReadOnlyMount';
    const wantedType = assetTypeOf(textField(declared?.[name], 'type'));
    const text = raw.kind === 'literal' ? raw.value : raw.uri;
    const whole = text.trim().match(/^\$\{\{\s*parent\.[\w.-]+\s*\}\}$/);
    if (whole) {
      const value = await bindingValue(text.trim(), name, optional);
      if (value === undefined) {
        if (optional || textField(declared?.[name], 'default') !== undefined) return undefined;
        throw bad(
          `The node '${key}' binds its input '${name}' to ${text.trim()}, which has no value.`,
          'InvalidExpressionInJob',
        );
      }
      // A pipeline's input may hold a URI as plain text where the component wants data.
      if (value.kind === 'literal' && wantedType) {
        const data = await dataOf(value.value, name);
        return { value: { kind: 'asset', type: wantedType, uri: data.uri }, mode };
      }
      return { value: fitting(value, name), mode };
    }
    const pieces: string[] = [];
    let end = 0;
    for (const match of text.matchAll(BINDING)) {
      const value = await bindingValue(match[0], name, false);
      pieces.push(text.slice(end, match.index), value === undefined ? '' : textOfValue(value));
      end = match.index + match[0].length;
    }
    const full = pieces.join('') + text.slice(end);
    if (raw.kind === 'literal' && !wantedType) return { value: fitting({ kind: 'literal', value: full }, name), mode };
    const data = await dataOf(full, name);
    return {
      value: {
        kind: 'asset',
        type: raw.kind === 'asset' ? raw.type : (wantedType ?? 'uri_folder'),
        uri: data.uri,
        assetId: full,
      },
      mode,
    };
  }

  /** Where the data of an input lies. A text that names no data is the node's fault, and said so. */
  function dataOf(reference: string, input: string) {
    return deps.data.resolve(workspace, reference).catch((error: unknown) => {
      if (!(error instanceof DomainError) || error.code !== 'invalid') throw error;
      throw bad(`The node '${key}' gives its input '${input}' no data: ${error.message}`, 'InvalidComponentJobInput');
    });
  }

  function fitting(value: RunValue, input: string): RunValue {
    const expected = value.kind === 'literal' ? misfit(declared?.[input], value.value) : undefined;
    if (expected === undefined) return value;
    throw bad(
      `The node '${key}' gives its input '${input}' the value '${textOfValue(value).slice(0, 200)}'; the component '${component?.name ?? key}' expects ${expected}.`,
      'InvalidComponentJobInput',
    );
  }

  async function bindingValue(expression: string, input: string, optional: boolean): Promise<RunValue | undefined> {
    const [, area, path] = [...expression.matchAll(BINDING)][0] ?? [];
    const unknown = () =>
      bad(`The node '${key}' binds '${input}' to ${expression}, which does not exist.`, 'InvalidExpressionInJob');
    if (area === 'inputs') return parent.inputs[path as string]?.value;
    const [source, what, ...rest] = area === 'jobs' ? (path as string).split('.') : [];
    if (source === undefined || what !== 'outputs' || rest.length === 0) throw unknown();
    const producer = await planOf(source, key);
    const output = producer.outputs[rest.join('.')];
    if (!output) throw unknown();
    const soft = optional && context.settings.continueOnFailedOptionalInput;
    const before = needs.get(producer.runId);
    if (before?.optionalInput !== undefined || !before)
      needs.set(producer.runId, { runId: producer.runId, ...(soft ? { optionalInput: input } : {}) });
    return { kind: 'asset', type: output.type, uri: output.uri };
  }

  const declaredOutputs = component ? objectField(spec, 'outputs') : {};
  const givenOutputs = readOutputs(node);
  const outputs: Record<string, PlannedOutput> = {};
  for (const name of new Set([...Object.keys(declaredOutputs), ...Object.keys(givenOutputs)])) {
    const declaredType = assetTypeOf(textField(declaredOutputs[name], 'type'));
    const raw = givenOutputs[name] ?? { kind: 'own' as const };
    if (raw.kind === 'own') {
      const placed = placeOutput(name, raw, declaredType, runId, context.defaultUri);
      outputs[name] = { ...placed, uri: (await deps.data.resolve(workspace, placed.uri)).uri };
      continue;
    }
    const target = /^\$\{\{\s*parent\.outputs\.([\w.-]+?)\s*\}\}$/.exec(raw.text.trim())?.[1];
    const outer = target === undefined ? undefined : parent.outputs[target];
    if (!outer)
      throw bad(
        `The node '${key}' binds its output '${name}' to ${raw.text}, which is no output of the pipeline.`,
        'InvalidExpressionInJob',
      );
    // The pipeline's output is this one: same place, same registration, the component's own type if the pipeline says none.
    outputs[name] = { ...outer, ...(declaredType ? { type: declaredType } : {}) };
  }

  const displayName = textField(node, 'displayName') ?? (component ? textField(spec, 'displayName') : undefined) ?? key;
  const description = textField(node, 'description');
  const common = {
    runId,
    launchId: newGuid(),
    parent: parent.runId,
    nodeKey: key,
    name: component?.name ?? 'azureml_anonymous',
    displayName,
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
    const self: RunPlan = {
      ...common,
      work: { kind: 'pipeline', continueOnStepFailure: context.settings.continueOnStepFailure },
    };
    const children = await planNodes(context, self, objectField(spec, 'jobs'));
    if (children.length === 0) throw bad(`The pipeline '${key}' has no nodes.`, 'InvalidPipelineJob');
    return [self, ...children];
  }
  const compute = await deps.compute(
    computeNameOf(textField(node, 'computeId')) ?? context.settings.defaultCompute ?? 'serverless',
  );
  if (nodeType?.planNode) {
    const planned = await nodeType.planNode(deps, { workspace, key, node, spec, inputs, outputs, compute });
    return [{ ...common, properties: { ...common.properties, ...planned.properties }, work: planned.work }];
  }
  const work = readCommand(spec, node, compute);
  for (const { area, name } of requiredReferences(work.command)) {
    const known =
      area === 'inputs' ? inputs[name] !== undefined || declared?.[name] !== undefined : outputs[name] !== undefined;
    if (!known)
      throw bad(
        `The command of the node '${key}' reads \${{${area}.${name}}}, which it does not have.`,
        'InvalidComponentJobInput',
      );
  }
  return [{ ...common, work: { kind: 'command', ...work } }];
}

function modeOf(text: string | undefined): InputMode | undefined {
  if (text === undefined) return undefined;
  const raw = readInputs({ inputs: { x: { value: '', mode: text } } })['x'];
  return raw?.mode;
}
