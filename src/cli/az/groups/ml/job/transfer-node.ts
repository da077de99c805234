import { checkRequired, type Problems } from '../load/fields.ts';
import { any, listOf, mapOf, type Shape, shaped, text, word } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { ANY_JOB } from './keys.ts';
import { optionalText } from './submission.ts';
import { flagOf } from './wire-words.ts';

// Data transfer nodes as the public extension 2.42.0 has them (recorded; its schema).

const outside = shaped({
  type: word('database', 'file_system'),
  'connection!': text,
  path: text,
  table_name: text,
  query: text,
  stored_procedure: text,
  stored_procedure_params: listOf(mapOf(any)),
});

export const TRANSFER_NODE: Shape = {
  ...ANY_JOB,
  'task!': word('copy_data', 'import_data', 'export_data'),
  data_copy_mode: word('merge_with_overwrite', 'fail_if_conflict'),
  source: outside,
  sink: outside,
  component: any,
  comment: text,
};

const taskOf = (data: YamlMap) => optionalText(data, 'task')?.toLowerCase();

/** Checks what a data transfer node needs that its shape does not say: where it imports from, where it exports to. */
export function checkTransfer(data: YamlMap, path: string, problems: Problems): void {
  const task = taskOf(data);
  if (task === 'import_data') checkRequired(data, ['source', 'outputs'], path, problems);
  if (task !== 'export_data') return;
  checkRequired(data, ['sink', 'inputs'], path, problems);
  if (isMap(data['sink']) && !isDatabase(data['sink']))
    problems.add(`${path}.sink.type`, 'Must be database: the service exports to no other place.', {
      map: data,
      key: 'sink',
    });
}

/** What a data transfer node says about its transfer, on the wire. */
export function transferNodeMembers(data: YamlMap): Record<string, unknown> {
  return Object.fromEntries(
    ['task', 'data_copy_mode', 'source', 'sink'].flatMap((key) => {
      const value = data[key] ?? null;
      if (value === null) return [];
      return [[key, isMap(value) ? outsideToWire(value) : pythonText(value).toLowerCase()]];
    }),
  );
}

function outsideToWire(outside: YamlMap): Record<string, unknown> {
  const entries = Object.entries(outside).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(entries), type: isDatabase(outside) ? 'database' : 'file_system' };
}

const isDatabase = (outside: YamlValue | undefined): boolean =>
  isMap(outside) && pythonText(outside['type'] ?? '').toLowerCase() === 'database';

/** The component of the service's own registry that imports and exports are runs of; undefined for a copy. */
export function transferComponent(data: YamlMap): string | undefined {
  const task = taskOf(data);
  if (task !== 'import_data' && task !== 'export_data') return undefined;
  const place = isDatabase(data[task === 'import_data' ? 'source' : 'sink']) ? 'database' : 'file_system';
  return `azureml://registries/azureml/components/${task}_${place}/versions/0.0.1`;
}

/** The spec of a copy that is written into a node. */
export function copySpec(
  data: YamlMap,
  ports: { inputs: Record<string, unknown>; outputs: Record<string, unknown> },
): Record<string, unknown> {
  const { task, data_copy_mode } = transferNodeMembers(data);
  return {
    is_deterministic: flagOf(data['is_deterministic']) ?? true,
    ...(Object.keys(ports.inputs).length ? { inputs: ports.inputs } : {}),
    ...(Object.keys(ports.outputs).length ? { outputs: ports.outputs } : {}),
    type: 'data_transfer',
    task,
    ...(data_copy_mode ? { data_copy_mode } : {}),
  };
}
