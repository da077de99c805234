import type { PipelineNode } from '../component/local-component.ts';
import { describedSpec, type SpecPorts, withPrefix } from '../component/spec.ts';
import { isMap, pythonJson, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { miniBatchSize } from './parallel-definition.ts';
import { optionalText, type Submission } from './submission.ts';
import { resourcesOf, textMap, wholeNumber } from './wire-words.ts';

/**
 * What a parallel node runs and how, on the wire: what it leaves unsaid, its component's file says, since the clients send that
 * in the node too (recorded). Code and environment are sent on the way.
 */
export async function parallelNodeMembers(
  submission: Submission,
  { data, folder, work }: PipelineNode,
): Promise<Record<string, unknown>> {
  const component = work.kind === 'local' ? work.component : undefined;
  const variables = textMap(data['environment_variables']);
  return {
    ...(component ? await parallelMembers(submission, component.data, component.folder) : {}),
    ...(await parallelMembers(submission, data, folder)),
    ...(Object.keys(variables).length ? { environment_variables: variables } : {}),
  };
}

/** The spec of a parallel component, of a file or written into a node. */
export async function parallelSpec(
  submission: Submission,
  data: YamlMap,
  folder: string,
  ports: SpecPorts,
  isComponent: boolean,
): Promise<Record<string, unknown>> {
  const { mini_batch_size: size, ...members } = await parallelMembers(submission, data, folder);
  // A node's own go with the node.
  const variables = isComponent ? textMap(data['environment_variables']) : {};
  return {
    ...members,
    ...(Object.keys(variables).length ? { environment_variables: variables } : {}),
    // A number in a node, text in a spec (recorded).
    ...(size === undefined ? {} : { mini_batch_size: String(size) }),
    ...describedSpec(data, ports, 'parallel'),
  };
}

const COUNTS = ['max_concurrency_per_instance', 'error_threshold', 'mini_batch_error_threshold'];

async function parallelMembers(submission: Submission, data: YamlMap, folder: string) {
  const text = (key: string) => (optionalText(data, key) === undefined ? {} : { [key]: optionalText(data, key) });
  const counts = COUNTS.flatMap((key) => {
    const value = wholeNumber(data[key]);
    return value === undefined ? [] : [[key, value]];
  });
  const resources = resourcesOf(data['resources']);
  const size = optionalText(data, 'mini_batch_size');
  const keys = data['partition_keys'];
  const level = optionalText(data, 'logging_level');
  return {
    ...(resources ? { resources } : {}),
    ...(level === undefined ? {} : { logging_level: level.toUpperCase() }),
    ...(isMap(data['task']) ? { task: await taskToWire(submission, data['task'], folder) } : {}),
    ...text('input_data'),
    ...(size === undefined ? {} : { mini_batch_size: miniBatchSize(size) ?? size }),
    ...(Array.isArray(keys) ? { partition_keys: pythonJson(keys) } : {}),
    ...(isMap(data['retry_settings']) ? { retry_settings: retries(data['retry_settings']) } : {}),
    ...Object.fromEntries(counts),
  };
}

async function taskToWire(submission: Submission, task: YamlMap, folder: string): Promise<Record<string, unknown>> {
  const code = await submission.code(task['code'], folder, true);
  const environment = await submission.environment(task['environment'] ?? '', folder);
  const rest = ['entry_script', 'program_arguments', 'append_row_to', 'model'].flatMap((key) => {
    const text = optionalText(task, key);
    return text === undefined ? [] : [[key, text]];
  });
  return {
    type: pythonText(task['type'] ?? '').toLowerCase(),
    ...(code ? { code: withPrefix(code) } : {}),
    environment: withPrefix(environment),
    ...Object.fromEntries(rest),
  };
}

function retries(settings: YamlMap): YamlMap {
  const entries = Object.entries(settings).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, wholeNumber(value) ?? value]));
}
