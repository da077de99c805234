import { invalid } from '../../../kernel/errors.ts';
import { countField, fieldOf, type Json, objectField, secondsField, textField } from '../../wire-fields.ts';

/** What the driver of a parallel job is told, beside its input and the entry script's arguments. Sizes: files, or bytes of a table. */
export type ParallelSettings = {
  readonly entryScript: string;
  readonly tabular: boolean;
  /** 0: the driver's default, 10 files or a mebibyte of a table (documented). */
  readonly miniBatchSize: number;
  readonly partitionKeys: readonly string[];
  readonly processes: number;
  /** Failures that are ignored; -1: any number. */
  readonly miniBatchErrorThreshold: number;
  readonly errorThreshold: number;
  readonly maxRetries: number;
  readonly timeoutSeconds: number;
  readonly appendRowName: string;
};

export type Parallel = {
  readonly settings: ParallelSettings;
  /** Name of the input that is split. */
  readonly input: string;
  /** The reference of the output that rows are appended to. */
  readonly appendRowTo?: string;
  readonly arguments: string;
  readonly code?: string;
  readonly environment?: string;
  readonly resources: Json;
  readonly environmentVariables: Json;
};

const bad = (key: string, message: string, target: string) =>
  invalid(`The parallel node '${key}' ${message}`, { target, wire: 'UserError' });

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };
const PROCESS_LIMIT = 256;

/**
 * Reads a parallel node: what it says goes before what its component says.
 * @throws invalid for a task of another kind, an input that is not named, a size or threshold that is none
 */
export function readParallel(key: string, node: Json, spec: Json, tabular: boolean): Parallel {
  const task = { ...defined(objectField(spec, 'task')), ...defined(objectField(node, 'task')) };
  const said = (name: string) => fieldOf(node, name) ?? fieldOf(spec, name);
  const both = { node: Object.fromEntries(NUMBERS.map((name) => [name, said(name)])) };
  const type = (textField(task, 'type') ?? 'run_function').toLowerCase();
  if (type !== 'run_function' && type !== 'function')
    throw invalid(`not implemented: parallel tasks of type ${type}. A run_function with an entry script works.`, {
      target: 'task.type',
    });
  const entryScript = textField(task, 'entryScript');
  if (entryScript === undefined)
    throw bad(key, 'needs task.entry_script, the file with init() and run(mini_batch).', 'task.entry_script');
  const inputText = textField({ input: said('inputData') }, 'input') ?? '';
  const input = /^\s*\$\{\{\s*inputs\.([\w.-]+?)\s*\}\}\s*$/.exec(inputText)?.[1];
  if (input === undefined)
    throw bad(key, `needs input_data as \${{inputs.NAME}}, the input to split, not '${inputText}'.`, 'input_data');
  const retry = { ...defined(objectField(spec, 'retrySettings')), ...defined(objectField(node, 'retrySettings')) };
  const processes = countField(both.node, 'maxConcurrencyPerInstance') ?? 1;
  if (processes < 1 || processes > PROCESS_LIMIT)
    throw bad(
      key,
      `runs 1 to ${PROCESS_LIMIT} processes a node (max_concurrency_per_instance).`,
      'max_concurrency_per_instance',
    );
  const appendRowTo = textField(task, 'appendRowTo');
  const code = textField(task, 'code');
  const environment = textField(task, 'environment') ?? textField(task, 'environmentId');
  return {
    settings: {
      entryScript,
      tabular,
      miniBatchSize: readSize(key, textField(both.node, 'miniBatchSize')),
      partitionKeys: readKeys(key, said('partitionKeys')),
      processes,
      miniBatchErrorThreshold: readThreshold(key, both.node, 'miniBatchErrorThreshold'),
      errorThreshold: readThreshold(key, both.node, 'errorThreshold'),
      maxRetries: Math.max(0, countField(retry, 'maxRetries') ?? 3),
      timeoutSeconds: secondsField(retry, 'timeout') || 60,
      appendRowName: 'parallel_run_step.txt',
    },
    input,
    ...(appendRowTo === undefined ? {} : { appendRowTo }),
    arguments: textField(task, 'programArguments') ?? '',
    ...(code === undefined ? {} : { code }),
    ...(environment === undefined ? {} : { environment }),
    resources: { ...defined(objectField(spec, 'resources')), ...defined(objectField(node, 'resources')) },
    environmentVariables: {
      ...objectField(spec, 'environmentVariables'),
      ...objectField(node, 'environmentVariables'),
    },
  };
}

const NUMBERS = ['miniBatchSize', 'maxConcurrencyPerInstance', 'miniBatchErrorThreshold', 'errorThreshold'] as const;

const defined = (object: Json): Json =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined));

/** A number of files, or of bytes with a unit. 0, the default, is what the public clients send beside partition keys (seen with 2.42.0). */
function readSize(key: string, text: string | undefined): number {
  if (text === undefined || text === '' || text === '0') return 0;
  const match = /^(\d+)\s*([kmg]?b)?$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() ?? ''];
  if (!match || unit === undefined || Number(match[1]) < 1)
    throw bad(
      key,
      `has the mini_batch_size '${text}': a number of files, or a size such as 10kb of a table.`,
      'mini_batch_size',
    );
  return Number(match[1]) * unit;
}

function readThreshold(key: string, owner: Json, name: string): number {
  const value = countField(owner, name) ?? -1;
  if (value < -1)
    throw bad(key, `has ${name} ${value}: a number of failures that are ignored, -1 for any number.`, name);
  return value;
}

/** A list, or its JSON text as the clients send it. */
function readKeys(key: string, raw: unknown): string[] {
  let keys = raw;
  if (typeof raw === 'string') {
    try {
      keys = JSON.parse(raw);
    } catch {
      keys = undefined;
    }
    if (keys === undefined)
      throw bad(key, `has partition_keys that are no JSON list: ${raw.slice(0, 100)}`, 'partition_keys');
  }
  if (keys === undefined || keys === null) return [];
  if (!Array.isArray(keys) || !keys.every((one) => typeof one === 'string'))
    throw bad(key, 'needs partition_keys as a list of names.', 'partition_keys');
  return keys as string[];
}
