import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { isOfAzureOpenAi } from './finetuning-definition.ts';
import { inputToWire, outputToWire } from './inputs.ts';
import type { Submission } from './submission.ts';
import { camel, textMap } from './wire-words.ts';

/** A fine-tuning job's own properties on the wire, as the public extension 2.42.0 has them (recorded); local data are sent on the way. */
export async function fineTuningJobProperties(
  submission: Submission,
  data: YamlMap,
  folder: string,
): Promise<Record<string, unknown>> {
  const sets: Record<string, unknown> = {};
  for (const [key, type] of [
    ['model', 'mlflow_model'],
    ['training_data', 'uri_file'],
    ['validation_data', 'uri_file'],
  ] as const) {
    const value = data[key] ?? null;
    if (value === null) continue;
    const input = isMap(value) ? value : { path: pythonText(value) };
    sets[camel(key)] = await inputToWire(submission.scope, { ...input, type }, folder, 'camel');
  }
  const parameters = isMap(data['hyperparameters']) ? data['hyperparameters'] : undefined;
  const isOpenAi = isOfAzureOpenAi(data);
  const outputs = Object.entries(isMap(data['outputs']) ? data['outputs'] : {});
  const queue = isMap(data['queue_settings']) ? pythonText(data['queue_settings']['job_tier'] ?? '') : '';
  const types = isMap(data['resources']) ? data['resources']['instance_types'] : undefined;
  return {
    fineTuningDetails: {
      modelProvider: isOpenAi ? 'AzureOpenAI' : 'Custom',
      taskType: camel(pythonText(data['task'] ?? '').toLowerCase()),
      ...sets,
      ...(parameters ? { hyperParameters: isOpenAi ? renamed(parameters) : textMap(parameters) } : {}),
    },
    outputs: Object.fromEntries(outputs.map(([name, value]) => [name, outputToWire(value, 'camel')])),
    ...(queue ? { queueSettings: { jobTier: queue.charAt(0).toUpperCase() + queue.slice(1).toLowerCase() } } : {}),
    ...(Array.isArray(types) ? { resources: { instanceTypes: types } } : {}),
  };
}

const renamed = (map: YamlMap) =>
  Object.fromEntries(Object.entries(map).flatMap(([key, value]) => (value === null ? [] : [[camel(key), value]])));
