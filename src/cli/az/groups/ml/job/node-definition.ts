import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkCommand, checkInterface, requiredInputs } from '../component/interface.ts';
import type { LoadComponent, PipelineNode } from '../component/local-component.ts';
import type { Problems } from '../load/fields.ts';
import { any, checkShape, text, texts } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { isReference, isUri } from '../references.ts';
import { checkAutoml } from './automl-definition.ts';
import { CONTROL_NODES, checkControl, inputsFromLoops, isControl } from './control-definition.ts';
import { ANY_JOB, NODE } from './keys.ts';
import { checkMiniBatch, checkParallel, PARALLEL } from './parallel-definition.ts';
import { checkSpark, SPARK, SPARK_RESOURCES } from './spark-definition.ts';
import { checkSearchSpace, SWEEP } from './sweep-definition.ts';
import { checkTransfer, TRANSFER_NODE } from './transfer-node.ts';

/** Node types that are known and not built yet. */
const LATER = ['import'];

const NODES = {
  command: NODE,
  pipeline: { ...NODE, jobs: any, settings: any },
  sweep: { ...ANY_JOB, ...SWEEP, 'trial!': any, comment: text },
  ...CONTROL_NODES,
  parallel: { ...ANY_JOB, ...PARALLEL, component: any, comment: text, environment_variables: texts },
  spark: { ...ANY_JOB, ...SPARK, ...SPARK_RESOURCES, component: any, comment: text },
  data_transfer: TRANSFER_NODE,
  // Judged by its task.
  automl: {},
} as const;

const isNodeType = (type: string): type is keyof typeof NODES => Object.hasOwn(NODES, type);

/** Reads and checks the nodes of a pipeline job or component: keys, components, bindings, inputs that are missing. */
export function checkNodes(
  pipeline: YamlMap,
  folder: string,
  problems: Problems,
  load: LoadComponent,
  depth = 0,
): PipelineNode[] {
  const jobs = pipeline['jobs'];
  if (!isMap(jobs)) {
    if (jobs !== undefined && jobs !== null)
      problems.add('jobs', 'Not a mapping of names to jobs.', { map: pipeline, key: 'jobs' });
    return [];
  }
  const nodes: PipelineNode[] = [];
  for (const [key, data] of Object.entries(jobs)) {
    if (!isMap(data)) {
      problems.add(`jobs.${key}`, 'Not a mapping.', { map: jobs, key });
      continue;
    }
    const type = pythonText(data['type'] ?? 'command').toLowerCase();
    if (LATER.includes(type)) {
      problems.add(`jobs.${key}.type`, `not implemented: pipeline nodes of type ${type}.`, { map: data, key: 'type' });
      continue;
    }
    if (!isNodeType(type)) {
      problems.add(`jobs.${key}.type`, `Unknown type '${type}'. Must be one of: ${Object.keys(NODES).join(', ')}.`, {
        map: data,
        key: 'type',
      });
      continue;
    }
    if (type === 'automl') {
      checkAutoml(data, `jobs.${key}`, problems);
      nodes.push({ key, data, folder, work: { kind: 'automl' } });
      continue;
    }
    checkShape(data, NODES[type], `jobs.${key}`, problems, 'remarked');
    if (isControl(type)) {
      checkControl(key, data, jobs, problems);
      nodes.push({ key, data, folder, work: { kind: 'control' } });
      continue;
    }
    if (type === 'sweep') checkSearchSpace(data, `jobs.${key}`, problems);
    if (type === 'parallel') checkMiniBatch(data, `jobs.${key}`, problems);
    nodes.push({ key, data, folder, work: workOf(key, data, folder, problems, load, depth) });
  }
  for (const node of nodes) checkNode(node, pipeline, nodes, problems);
  return nodes;
}

function workOf(
  key: string,
  data: YamlMap,
  folder: string,
  problems: Problems,
  load: LoadComponent,
  depth: number,
): PipelineNode['work'] {
  // A sweep's component is its trial.
  const type = pythonText(data['type'] ?? '').toLowerCase();
  const field = type === 'sweep' ? 'trial' : 'component';
  const component = data[field];
  if (component === undefined || component === null) {
    if (type === 'parallel') checkParallel(data, folder, `jobs.${key}`, problems);
    else if (type === 'data_transfer') checkTransfer(data, `jobs.${key}`, problems);
    else if (type === 'spark') checkSpark(data, folder, `jobs.${key}`, problems);
    else if (type !== 'sweep') checkCommand(data, folder, `jobs.${key}`, problems);
    return { kind: 'inline' };
  }
  if (isMap(component)) {
    const own = type === 'sweep' || type === '' ? 'command' : type;
    const inline = { path: `jobs.${key}.${field}`, data: component, type: own };
    return { kind: 'local', component: load(inline, folder, problems, depth) };
  }
  const name = pythonText(component);
  if (isReference(name) || isUri(name)) return { kind: 'registered', reference: name };
  const file = resolve(folder, name.replace(/^file:/, ''));
  if (!existsSync(file)) {
    const message = `The file ${file} does not exist. It starts at the folder of this file.`;
    problems.add(`jobs.${key}.${field}`, message, { map: data, key: field }, name);
    // Nothing more is known of it, so nothing more is judged.
    return { kind: 'registered', reference: name };
  }
  return { kind: 'local', component: load(name, folder, problems, depth) };
}

function checkNode(node: PipelineNode, pipeline: YamlMap, nodes: readonly PipelineNode[], problems: Problems): void {
  const path = `jobs.${node.key}`;
  checkInterface(node.data, problems, path);
  const inputs = isMap(node.data['inputs']) ? node.data['inputs'] : {};
  const outputs = isMap(node.data['outputs']) ? node.data['outputs'] : {};
  for (const [name, value] of Object.entries(inputs)) {
    const bound = isMap(value) ? value['path'] : value;
    for (const binding of bindingsOf(bound)) {
      const wrong = wrongInputBinding(binding, pipeline, nodes);
      if (wrong) problems.add(`${path}.inputs.${name}`, wrong, { map: inputs, key: name }, bound);
    }
  }
  if (node.work.kind === 'automl') checkSets(node, pipeline, nodes, problems);
  for (const [name, value] of Object.entries(outputs)) {
    for (const binding of bindingsOf(isMap(value) ? value['path'] : value)) {
      const target = /^parent\.outputs\.([\w.-]+)$/.exec(binding)?.[1];
      if (target === undefined || declares(pipeline, 'outputs', target)) continue;
      problems.add(
        `${path}.outputs.${name}`,
        `'${binding}' names no output of the pipeline.`,
        { map: outputs, key: name },
        value,
      );
    }
  }
  if (node.work.kind !== 'local') return;
  const { data } = node.work.component;
  for (const [part, given] of [
    ['inputs', inputs],
    ['outputs', outputs],
  ] as const) {
    for (const name of Object.keys(given)) {
      if (declares(data, part, name)) continue;
      problems.add(
        `${path}.${part}.${name}`,
        `The component ${node.work.component.file} has no such ${part.slice(0, -1)}.`,
        { map: given, key: name },
      );
    }
  }
  // A sweep's trials get these of their search space.
  const searched = isMap(node.data['search_space']) ? node.data['search_space'] : {};
  const looped = inputsFromLoops(node.key, isMap(pipeline['jobs']) ? pipeline['jobs'] : {});
  for (const name of requiredInputs(data)) {
    if (looped === 'all' || looped.has(name)) continue;
    if ((inputs[name] ?? searched[name] ?? null) !== null) continue;
    problems.add(`${path}.inputs.${name}`, 'Missing data for a required input of the component.', {
      map: node.data,
      key: 'inputs',
    });
  }
}

/** Checks what the data of an AutoML node are bound to: it has no inputs but these. */
function checkSets({ key, data }: PipelineNode, pipeline: YamlMap, nodes: readonly PipelineNode[], problems: Problems) {
  for (const name of ['training_data', 'validation_data', 'test_data']) {
    const value = data[name];
    const bound = isMap(value) ? value['path'] : value;
    for (const binding of bindingsOf(bound)) {
      const wrong = wrongInputBinding(binding, pipeline, nodes);
      if (wrong) problems.add(`jobs.${key}.${name}`, wrong, { map: data, key: name }, bound);
    }
  }
}

/** What the bindings in a text name: `parent.inputs.x`, `parent.jobs.n.outputs.o`. */
function bindingsOf(value: YamlValue | undefined): string[] {
  if (typeof value !== 'string') return [];
  return [...value.matchAll(/\$\{\{\s*(parent\.[\w.-]+)\s*\}\}/g)].map((match) => match[1] ?? '');
}

function wrongInputBinding(binding: string, pipeline: YamlMap, nodes: readonly PipelineNode[]): string | undefined {
  const input = /^parent\.inputs\.(.+)$/.exec(binding)?.[1];
  if (input !== undefined)
    return declares(pipeline, 'inputs', input) ? undefined : `'${binding}' names no input of the pipeline.`;
  const output = /^parent\.jobs\.([^.]+)\.outputs\.(.+)$/.exec(binding);
  if (!output) return undefined;
  const [, key = '', name = ''] = output;
  const node = nodes.find((one) => one.key === key);
  if (!node) return `'${binding}' names no job of the pipeline.`;
  // What a registered component or a loop's body makes is the service's to judge.
  if (node.work.kind === 'registered' || node.work.kind === 'control') return undefined;
  const owner = node.work.kind === 'local' ? node.work.component.data : node.data;
  return declares(owner, 'outputs', name) ? undefined : `'${binding}': the job '${key}' has no output '${name}'.`;
}

// A dotted name is a member of a group: the group's name counts.
function declares(owner: YamlMap, part: 'inputs' | 'outputs', name: string): boolean {
  const all = owner[part];
  return isMap(all) && (name in all || (name.split('.')[0] ?? '') in all);
}
