import type { LocalComponent, PipelineNode } from '../component/local-component.ts';
import { commandSpec, componentHash, distributionOf, specInputs, specOutputs } from '../component/spec.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { isUri, resolveAsset, resolveByName } from '../references.ts';
import { automlNode } from './automl-job.ts';
import { controlToWire } from './control-node.ts';
import { isoDuration } from './duration.ts';
import { inlineInputs, inlineOutputs } from './inline-interface.ts';
import { inputToWire, isBinding, outputToWire } from './inputs.ts';
import { parallelNodeMembers, parallelSpec } from './parallel-node.ts';
import { servicesToWire } from './services-to-wire.ts';
import { sparkNodeMembers, sparkSpec } from './spark-job.ts';
import { ANONYMOUS_COMPONENT, optionalText, type Submission } from './submission.ts';
import { sweepNodeMembers } from './sweep-job.ts';
import { copySpec, transferComponent, transferNodeMembers } from './transfer-node.ts';
import type { JobFile } from './types/job-type.ts';
import { distributionName, flagOf, identityToWire, resourcesOf, textMap, wholeNumber } from './wire-words.ts';

/** A pipeline job's own properties on the wire; code, components and local inputs are sent on the way, depth first. */
export async function pipelineJobProperties(submission: Submission, job: JobFile): Promise<Record<string, unknown>> {
  const { scope } = submission;
  const { data, folder } = job;
  const compute = optionalText(data, 'compute');
  const computeId = compute === undefined ? undefined : await submission.compute(compute);
  for (const node of job.nodes) {
    const named = optionalText(node.data, 'compute');
    if (named !== undefined && !named.includes('${{')) await submission.compute(named);
  }
  const component = optionalText(data, 'component');
  const jobs = await nodesToWire(submission, job.nodes, data);
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(isMap(data['inputs']) ? data['inputs'] : {})) {
    if (value !== null && !isUnset(value)) inputs[name] = await inputToWire(scope, value, folder, 'camel');
  }
  const outputs = Object.entries(isMap(data['outputs']) ? data['outputs'] : {}).map(([name, value]) => [
    name,
    outputToWire(value, 'camel'),
  ]);
  return {
    ...(computeId ? { computeId } : {}),
    ...(component ? { componentId: await resolveAsset(scope, 'components', component) } : {}),
    inputs,
    jobs,
    outputs: Object.fromEntries(outputs),
    settings: settingsToWire(submission, data['settings']),
  };
}

// An optional input that nobody gave a value: nothing is sent for it.
function isUnset(value: YamlValue): boolean {
  return (
    isMap(value) &&
    flagOf(value['optional']) === true &&
    (value['path'] ?? value['default'] ?? value['value'] ?? null) === null
  );
}

function settingsToWire(submission: Submission, settings: YamlValue | undefined): Record<string, unknown> {
  const map = isMap(settings) ? settings : {};
  const named = (key: string, type: 'computes' | 'datastores') => {
    const text = optionalText(map, key);
    if (!text) return {};
    // As a pipeline's default, `serverless` has an id of its own (recorded).
    const id = resolveByName(submission.scope, type, text);
    return { [key]: id === 'serverless' ? `${submission.scope.id}/computes/serverless` : id };
  };
  const flags = ['continue_on_step_failure', 'continue_run_on_failed_optional_input', 'force_rerun'].flatMap((key) => {
    const flag = flagOf(map[key]);
    return flag === undefined ? [] : [[key, flag]];
  });
  const hooks = ['on_init', 'on_finalize'].flatMap((key) => {
    const text = optionalText(map, key);
    return text ? [[key, text]] : [];
  });
  return {
    ...named('default_compute', 'computes'),
    ...named('default_datastore', 'datastores'),
    ...Object.fromEntries([...flags, ...hooks]),
    _source: 'YAML.JOB',
  };
}

/** The nodes of a pipeline on the wire. */
async function nodesToWire(
  submission: Submission,
  nodes: readonly PipelineNode[],
  pipeline: YamlMap,
): Promise<Record<string, unknown>> {
  const wire: Record<string, unknown> = {};
  for (const node of nodes) wire[node.key] = await nodeToWire(submission, node, pipeline, nodes);
  return wire;
}

async function nodeToWire(
  submission: Submission,
  node: PipelineNode,
  pipeline: YamlMap,
  nodes: readonly PipelineNode[],
) {
  const { data, folder, work } = node;
  const { scope } = submission;
  const outputs = Object.entries(isMap(data['outputs']) ? data['outputs'] : {}).flatMap(([name, value]) =>
    value === null ? [] : [[name, nodeOutput(value)]],
  );
  if (work.kind === 'control')
    return {
      ...(await controlToWire(scope, data, folder)),
      ...(outputs.length ? { outputs: Object.fromEntries(outputs) } : {}),
    };
  if (work.kind === 'automl')
    return automlNode(submission, node, outputs.length ? Object.fromEntries(outputs) : undefined);
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(isMap(data['inputs']) ? data['inputs'] : {})) {
    if (value !== null) inputs[name] = await inputToWire(scope, value, folder, 'snake');
  }
  const componentId = await componentOf(submission, node, pipeline, nodes);
  const compute = optionalText(data, 'compute');
  const identity = identityToWire(data['identity'], 'snake');
  const text = (key: string) => (optionalText(data, key) === undefined ? {} : { [key]: optionalText(data, key) });
  const texts = (key: string) =>
    isMap(data[key]) && Object.keys(data[key]).length ? { [key]: textMap(data[key]) } : {};
  return {
    ...(await workToWire(submission, node)),
    name: node.key,
    type: nodeType(node),
    ...text('display_name'),
    ...texts('tags'),
    ...texts('properties'),
    ...text('comment'),
    ...(compute ? { computeId: compute.includes('${{') ? compute : resolveByName(scope, 'computes', compute) } : {}),
    ...(identity ? { identity } : {}),
    ...(isMap(data['queue_settings']) ? { queue_settings: data['queue_settings'] } : {}),
    ...(Object.keys(inputs).length ? { inputs } : {}),
    ...(outputs.length ? { outputs: Object.fromEntries(outputs) } : {}),
    _source: builtIn(node) ? 'BUILTIN' : sourceOf(work),
    ...(nodeType(node) === 'sweep' ? { trial: { componentId } } : { componentId }),
  };
}

/** What a node says about running, by its type. */
async function workToWire(submission: Submission, node: PipelineNode): Promise<Record<string, unknown>> {
  const { data, work } = node;
  const type = nodeType(node);
  if (type === 'sweep') return sweepNodeMembers(data);
  if (type === 'parallel') return parallelNodeMembers(submission, node);
  if (type === 'spark') return sparkNodeMembers(node);
  if (type === 'data_transfer') return transferNodeMembers(data);
  // What the node leaves unsaid about running, its component says.
  const component = work.kind === 'local' ? work.component.data : {};
  const resources = resourcesOf(data['resources'] ?? component['resources']);
  const distribution = distributionOf(data['distribution'] ?? component['distribution']);
  const timeout = isMap(data['limits']) ? wholeNumber(data['limits']['timeout']) : undefined;
  const variables = textMap(data['environment_variables']);
  const services = servicesToWire(data, 'snake');
  return {
    ...(services ? { services } : {}),
    ...(resources ? { resources } : {}),
    ...(distribution ? { distribution: nodeDistribution(distribution) } : {}),
    ...(timeout === undefined ? {} : { limits: { job_limits_type: 'Command', timeout: isoDuration(timeout) } }),
    ...(Object.keys(variables).length ? { environment_variables: variables } : {}),
  };
}

// What runs a component of a file goes by the component; a sweep is the node's own.
function nodeType({ data, work }: PipelineNode): string {
  const type = pythonText(data['type'] ?? 'command').toLowerCase();
  return work.kind === 'local' && type !== 'sweep' ? work.component.kind : type;
}

// What imports and exports data is the service's own.
const builtIn = (node: PipelineNode): string | undefined =>
  node.work.kind === 'inline' && nodeType(node) === 'data_transfer' ? transferComponent(node.data) : undefined;

function sourceOf(work: PipelineNode['work']): string {
  if (work.kind !== 'local' && work.kind !== 'registered') return 'YAML.JOB';
  if (work.kind === 'local') return work.component.inline ? 'YAML.JOB' : 'YAML.COMPONENT';
  return work.reference.startsWith('azureml://registries/') ? 'REMOTE.REGISTRY' : 'REMOTE.WORKSPACE.COMPONENT';
}

function nodeOutput(value: YamlValue): Record<string, unknown> {
  if (isBinding(value)) return { value: value.trim(), type: 'literal' };
  if (isMap(value) && isBinding(value['path'])) {
    const { mode } = outputToWire(value, 'snake');
    return { value: value['path'].trim(), type: 'literal', ...(mode ? { mode } : {}) };
  }
  return outputToWire(value, 'snake');
}

function nodeDistribution({ type, ...rest }: YamlMap): Record<string, unknown> {
  const word = pythonText(type ?? '');
  return { distribution_type: distributionName(word) ?? word, ...rest };
}

async function componentOf(
  submission: Submission,
  node: PipelineNode,
  pipeline: YamlMap,
  nodes: readonly PipelineNode[],
): Promise<string> {
  const { work, data, folder } = node;
  if (work.kind === 'registered') {
    return isUri(work.reference) ? work.reference : resolveAsset(submission.scope, 'components', work.reference);
  }
  if (work.kind === 'local') return registerAnonymous(submission, work.component);
  const own = builtIn(node);
  if (own !== undefined) return own;
  const ports = { inputs: inlineInputs(data, pipeline, nodes), outputs: inlineOutputs(data, pipeline) };
  const unnamed = { ...data, display_name: null };
  if (nodeType(node) === 'parallel')
    return putAnonymous(submission, await parallelSpec(submission, unnamed, folder, ports, false), 'YAML.JOB');
  if (nodeType(node) === 'data_transfer') return putAnonymous(submission, copySpec(data, ports), 'YAML.JOB');
  if (nodeType(node) === 'spark')
    return putAnonymous(submission, await sparkSpec(submission, unnamed, folder, ports, false), 'YAML.JOB');
  const code = await submission.code(data['code'], folder, true);
  const environment = await submission.environment(data['environment'] ?? '', folder);
  const spec = commandSpec(unnamed, { code, environment, ...ports });
  return putAnonymous(submission, spec, 'YAML.JOB');
}

/** Registers a component of a file, or one written into a node, without a name, its children first. */
async function registerAnonymous(submission: Submission, component: LocalComponent): Promise<string> {
  const source = component.inline ? 'YAML.JOB' : 'YAML.COMPONENT';
  return putAnonymous(submission, await specOf(submission, component), source);
}

/** The spec of a component of a file; what it names is sent on the way. */
export async function specOf(submission: Submission, component: LocalComponent): Promise<Record<string, unknown>> {
  const { data, folder, kind } = component;
  const inputs = specInputs(data['inputs']);
  const outputs = specOutputs(data['outputs']);
  if (kind === 'command') {
    const code = await submission.componentCode(data, folder);
    const environment = await submission.environment(data['environment'] ?? '', folder);
    return commandSpec(data, { code, environment, inputs, outputs });
  }
  if (kind === 'parallel') return parallelSpec(submission, data, folder, { inputs, outputs }, true);
  if (kind === 'spark') return sparkSpec(submission, data, folder, { inputs, outputs }, true);
  const text = (key: string) => (optionalText(data, key) === undefined ? {} : { [key]: optionalText(data, key) });
  return {
    ...text('$schema'),
    ...text('display_name'),
    ...text('description'),
    ...(isMap(data['tags']) ? { tags: data['tags'] } : {}),
    inputs,
    outputs,
    type: 'pipeline',
    jobs: await nodesToWire(submission, component.nodes, data),
    sourceJobId: null,
  };
}

async function putAnonymous(submission: Submission, spec: Record<string, unknown>, source: string): Promise<string> {
  const whole = { ...spec, name: ANONYMOUS_COMPONENT, version: '1', _source: source };
  const description = typeof spec['description'] === 'string' ? { description: spec['description'] } : {};
  const tags = (spec['tags'] ?? {}) as Record<string, string>;
  return submission.component(componentHash(spec), whole, { ...description, tags });
}
