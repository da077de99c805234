import { checkCode } from '../component/interface.ts';
import { checkEnvironment } from '../environment/check-environment.ts';
import { checkRequired, type Problems } from '../load/fields.ts';
import { any, listOf, mapOf, oneOf, openShaped, type Shape, text, whole, word } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';

/** What a parallel node and a parallel component hold beside what all of their kind do. */
export const PARALLEL: Shape = {
  task: openShaped({
    'type!': word('run_function', 'function', 'model'),
    code: text,
    entry_script: text,
    program_arguments: text,
    model: text,
    append_row_to: text,
    'environment!': oneOf(text, mapOf(any)),
  }),
  input_data: text,
  mini_batch_size: text,
  partition_keys: listOf(text),
  max_concurrency_per_instance: whole,
  error_threshold: whole,
  mini_batch_error_threshold: whole,
  retry_settings: openShaped({ timeout: oneOf(whole, text), max_retries: oneOf(whole, text) }),
  logging_level: word('DEBUG', 'INFO', 'WARN'),
};

const UNITS: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** A mini-batch's size in files, or in bytes where it has a unit (`10kb`). Undefined for what is none. */
export function miniBatchSize(size: string): number | undefined {
  const match = /^\s*(\d+)\s*(kb|mb|gb)?\s*$/i.exec(size);
  return match ? Number(match[1]) * (UNITS[match[2]?.toLowerCase() ?? ''] ?? 1) : undefined;
}

/** Checks what a parallel component, or a node without one, needs to run; kinds of values are its shape's. */
export function checkParallel(data: YamlMap, folder: string, path: string, problems: Problems): void {
  checkRequired(data, ['task', 'input_data'], path, problems);
  const task = path ? `${path}.task` : 'task';
  if (!isMap(data['task'])) return;
  checkCode(data['task'], folder, task, problems);
  checkEnvironment(data['task'], folder, task, problems);
}

/** Checks a size that a node may give to its component, too. */
export function checkMiniBatch(data: YamlMap, path: string, problems: Problems): void {
  const size = data['mini_batch_size'];
  if (size === undefined || size === null) return;
  const given = pythonText(size);
  if (given.includes('${{') || miniBatchSize(given) !== undefined) return;
  problems.add(
    path ? `${path}.mini_batch_size` : 'mini_batch_size',
    'Must be a number of files, or a size such as 10kb, 1mb or 1gb.',
    { map: data, key: 'mini_batch_size' },
    given,
  );
}
