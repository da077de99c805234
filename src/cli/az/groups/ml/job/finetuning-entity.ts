import { compact, type Wire, wireOf } from '../entity.ts';
import { snake } from './wire-words.ts';

/** What a fine-tuning job tunes, as a shown job has it (recorded). */
export function fineTuningEntity(properties: Wire): Wire {
  const details = wireOf(properties['fineTuningDetails']) ?? {};
  const isOpenAi = details['modelProvider'] === 'AzureOpenAI';
  const parameters = wireOf(details['hyperParameters']);
  return {
    task: details['taskType'],
    model_provider: isOpenAi ? 'azure_open_ai' : String(details['modelProvider'] ?? '').toLowerCase(),
    model: dataOf(details['model']),
    training_data: dataOf(details['trainingData']),
    validation_data: dataOf(details['validationData']),
    // A custom model's parameters have their own names.
    hyperparameters:
      parameters && isOpenAi
        ? Object.fromEntries(Object.entries(compact(parameters)).map(([key, value]) => [snake(key), value]))
        : parameters,
    resources: resourcesOf(properties['resources']),
  };
}

function dataOf(value: unknown): Wire | undefined {
  const wire = wireOf(value);
  return wire && compact({ type: wire['jobInputType'], path: wire['uri'] });
}

function resourcesOf(value: unknown): Wire | undefined {
  const types = wireOf(value)?.['instanceTypes'];
  return Array.isArray(types) ? { instance_types: types } : undefined;
}
