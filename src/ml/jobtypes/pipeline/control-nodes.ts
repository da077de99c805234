import { newGuid } from '../../../kernel/ids.ts';
import { ITERATION_LIMIT, readLoopItems } from '../../jobs/loop-items.ts';
import type { Need, PlannedInput, PlannedOutput, RunPlan, Work } from '../../jobs/plan.ts';
import { countField, fieldOf, isObject, type Json, objectField, textField } from '../../wire-fields.ts';
import { type Binder, bindText, bindWhole } from './bind.ts';
import { planOutputs } from './node-outputs.ts';
import { badPipeline } from './pipeline-scope.ts';
import { type NodePlans, type NodeRequest, planNode } from './plan-node.ts';

/** A control node as the clients send it (client source): bindings by text, no component. */
export type ControlRequest = NodeRequest & { readonly jobs: Json };

const NODE = /^\s*\$\{\{\s*parent\.jobs\.([\w-]+)\s*\}\}\s*$/;

const bad = (key: string, message: string, inner = 'InvalidPipelineJob') =>
  badPipeline(`The control node '${key}' ${message}`, inner);

/** The nodes that an if_else chooses between, with the value of the condition for which they run. @throws invalid */
export function readBlocks(key: string, node: Json, jobs: Json): [string, boolean][] {
  const blocks: [string, boolean][] = [];
  for (const [field, branch] of [
    ['trueBlock', true],
    ['falseBlock', false],
  ] as const) {
    const given = fieldOf(node, field);
    for (const text of Array.isArray(given) ? given : given === undefined ? [] : [given]) {
      const target = typeof text === 'string' ? NODE.exec(text)?.[1] : undefined;
      if (target === undefined || !isObject(jobs[target]))
        throw bad(
          key,
          `has '${String(text).slice(0, 100)}' in a block. A block names nodes of the pipeline: \${{parent.jobs.NODE}}.`,
          'InvalidExpressionInJob',
        );
      if (blocks.some(([other]) => other === target)) throw bad(key, `has the node '${target}' in its blocks twice.`);
      blocks.push([target, branch]);
    }
  }
  if (blocks.length === 0) throw bad(key, 'has neither a true_block nor a false_block.');
  return blocks;
}

/** The node that a loop repeats. @throws invalid */
export function readBody(key: string, node: Json, jobs: Json): string {
  const text = textField(node, 'body') ?? '';
  const body = NODE.exec(text)?.[1];
  if (body === undefined || !isObject(jobs[body]) || body === key)
    throw bad(
      key,
      `has the body '${text.slice(0, 100)}'. It must be a node of the pipeline: \${{parent.jobs.NODE}}.`,
      'InvalidExpressionInJob',
    );
  return body;
}

function binderOf({ parent, planOf, key, context }: ControlRequest, needs: Map<string, Need>): Binder {
  return { parent, planOf, key, needs, continueOnFailedOptionalInput: context.settings.continueOnFailedOptionalInput };
}

function runOf(
  { context, parent, key }: ControlRequest,
  runId: string,
  work: Work,
  needs: readonly Need[],
  outputs: Readonly<Record<string, PlannedOutput>> = {},
): RunPlan {
  return {
    runId,
    launchId: newGuid(),
    parent: parent.runId,
    nodeKey: key,
    name: key,
    displayName: key,
    experimentName: context.experimentName,
    tags: {},
    properties: {
      'azureml.runsource': 'azureml.StepRun',
      'azureml.pipelinerunid': context.rootName,
      'azureml.nodeid': runId.slice(0, 8),
      'azureml.DevPlatv2': 'true',
    },
    createdAt: context.now,
    inputs: {},
    outputs,
    needs,
    work,
  };
}

/** `if_else`: a condition that is true or false, an input of the pipeline, or a primitive output of a node. */
export async function planIfElse(request: ControlRequest): Promise<RunPlan> {
  const { node, key } = request;
  const needs = new Map<string, Need>();
  const binder = binderOf(request, needs);
  const text = textField(node, 'condition');
  if (text === undefined) throw bad(key, 'has no condition.');
  const whole = await bindWhole(binder, text, 'condition');
  let condition: PlannedInput;
  if (whole) {
    if (whole.value?.kind === 'asset')
      throw bad(
        key,
        `has a condition that is data: ${text.trim()}. It must be a value, such as an output of the type boolean.`,
        'InvalidExpressionInJob',
      );
    const value = whole.value ?? { kind: 'literal' as const, value: '' };
    condition = { value, mode: 'Direct', ...(whole.from ? { from: [whole.from] } : {}) };
  } else {
    if (!/^\s*(true|false)\s*$/i.test(text))
      throw bad(
        key,
        `has the condition '${text.slice(0, 100)}'. It must be true, false or a binding such as \${{parent.jobs.NODE.outputs.OUTPUT}}.`,
        'InvalidExpressionInJob',
      );
    condition = { value: { kind: 'literal', value: text }, mode: 'Direct' };
  }
  return runOf(request, newGuid(), { kind: 'if_else', condition }, [...needs.values()]);
}

/** Plans the body of a loop as a template, and what the loop has to wait for in its stead. */
async function planBody(
  request: ControlRequest,
  runId: string,
  reusable: boolean,
): Promise<{ body: NodePlans; needs: Need[] }> {
  const key = readBody(request.key, request.node, request.jobs);
  const node = request.jobs[key] as Json;
  const [own, ...below] = await planNode({ ...request, key, node, loop: { runId, reusable } });
  return { body: [{ ...own, needs: [] }, ...below], needs: [...own.needs] };
}

/** The name of a body's input or output, given plainly or as `${{parent.jobs.BODY.outputs.NAME}}`. */
function portOf(text: string, kind: 'inputs' | 'outputs'): string {
  const match = /^\s*\$\{\{\s*parent\.jobs\.[\w-]+\.(inputs|outputs)\.([\w.-]+?)\s*\}\}\s*$/.exec(text);
  return match && match[1] === kind ? (match[2] as string) : text.trim();
}

/** `do_while`: the body at least once, and again while an output of it is true, at most `limits.max_iteration_count` times. */
export async function planDoWhile(request: ControlRequest): Promise<RunPlan> {
  const { node, key } = request;
  const runId = newGuid();
  // An iteration that has nothing new to read is meant to be done again all the same.
  const { body, needs } = await planBody(request, runId, false);
  const [own] = body;
  const outputOf = (text: string) => {
    const name = portOf(text, 'outputs');
    const output = own.outputs[name];
    if (!output)
      throw bad(
        key,
        `names the output '${name}', which its body '${own.nodeKey}' does not have.`,
        'InvalidExpressionInJob',
      );
    return { name, output };
  };
  const wanted = textField(node, 'condition');
  const condition = wanted === undefined ? undefined : outputOf(wanted);
  if (condition && condition.output.primitive === undefined)
    throw bad(
      key,
      `has the condition '${condition.name}', which is data. It must be a primitive output of the body.`,
      'InvalidExpressionInJob',
    );
  const mapping: Record<string, string> = {};
  for (const [from, to] of Object.entries(objectField(node, 'mapping'))) {
    const { name, output } = outputOf(from);
    for (const text of Array.isArray(to) ? to : [to]) {
      const input = portOf(String(text), 'inputs');
      const declared = own.inputs[input];
      if (!declared)
        throw bad(
          key,
          `maps '${name}' to the input '${input}', which its body '${own.nodeKey}' does not have.`,
          'InvalidExpressionInJob',
        );
      if (mapping[input] !== undefined)
        throw bad(key, `maps both '${mapping[input]}' and '${name}' to the input '${input}'.`);
      if (output.primitive === undefined && declared.value.kind === 'literal')
        throw bad(
          key,
          `maps the data '${name}' to the input '${input}', which is a value.`,
          'InvalidComponentJobInput',
        );
      mapping[input] = name;
    }
  }
  const maxIterations = countField(objectField(node, 'limits'), 'maxIterationCount') ?? ITERATION_LIMIT;
  if (maxIterations < 1 || maxIterations > ITERATION_LIMIT)
    throw bad(key, `has the limit max_iteration_count ${maxIterations}. It must be 1 to ${ITERATION_LIMIT}.`);
  const work: Work = {
    kind: 'do_while',
    body: withoutNames(body),
    mapping,
    maxIterations,
    ...(condition ? { condition: condition.name } : {}),
  };
  return runOf(request, runId, work, needs, own.outputs);
}

/** An asset that a loop's output becomes is made once, of the last iteration's. */
function withoutNames([own, ...below]: NodePlans): NodePlans {
  const outputs = Object.entries(own.outputs).map(([name, { assetName: _name, assetVersion: _version, ...output }]) => [
    name,
    output,
  ]);
  return [{ ...own, outputs: Object.fromEntries(outputs) }, ...below];
}

/** `parallel_for`: the body once for each item, a set of inputs; its outputs are those of all iterations. */
export async function planParallelFor(request: ControlRequest): Promise<RunPlan> {
  const { node, key, context } = request;
  const { workspace, deps, settings } = context;
  const runId = newGuid();
  const { body, needs: bodyNeeds } = await planBody(request, runId, true);
  const needs = new Map(bodyNeeds.map((need) => [need.runId, need]));
  const binder = binderOf(request, needs);
  const given = fieldOf(node, 'items');
  const text = given === undefined || typeof given === 'string' ? given : JSON.stringify(given);
  if (text === undefined) throw bad(key, 'has no items.');
  const whole = await bindWhole(binder, text, 'items');
  let items: Extract<Work, { readonly kind: 'parallel_for' }>['items'];
  if (whole?.value?.kind === 'asset')
    throw bad(
      key,
      `has items that are data: ${text.trim()}. They must be a value: JSON text.`,
      'InvalidExpressionInJob',
    );
  if (whole?.from) items = { value: whole.value ?? { kind: 'literal', value: '' }, mode: 'Direct', from: [whole.from] };
  else {
    const known = whole ? (whole.value?.value ?? '') : text;
    items = await readLoopItems(deps.data, workspace, known, body[0], async (written, input) => {
      const { text: full, from } = await bindText(binder, written, `item's input '${input}'`);
      const declared = body[0].inputs[input];
      if (full === written || declared === undefined) return undefined;
      if (from === undefined && declared.value.kind === 'asset') {
        const { uri, assetId = full } = await deps.data.resolve(workspace, full);
        return { value: { ...declared.value, uri, assetId }, mode: declared.mode };
      }
      const value =
        declared.value.kind === 'asset' ? { ...declared.value, uri: full } : { kind: 'literal' as const, value: full };
      return { value, mode: declared.mode, ...(from ? { from } : {}) };
    });
    for (const [index, item] of items.entries())
      for (const [name, input] of Object.entries(body[0].inputs))
        if (input.from?.length === 0 && !input.optional && item[name] === undefined)
          throw bad(
            key,
            `has an item, ${index}, that gives no value for the required input '${name}' of its body.`,
            'InvalidComponentJobInput',
          );
  }
  const maxConcurrency = countField(node, 'maxConcurrency');
  if (maxConcurrency !== undefined && maxConcurrency < 1)
    throw bad(key, `has the max_concurrency ${maxConcurrency}. It must be at least 1.`);
  // What the body makes is gathered: data as a table, values as a list (client source).
  const gathered = Object.entries(body[0].outputs).map(([name, output]) => [
    name,
    { type: output.primitive === undefined ? 'mltable' : 'string' },
  ]);
  const own = await planOutputs(context, binder, node, Object.fromEntries(gathered), runId, runId);
  const work: Work = {
    kind: 'parallel_for',
    body,
    items,
    continueOnStepFailure: settings.continueOnStepFailure,
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
  };
  return runOf(request, runId, work, [...needs.values()], own);
}
