import type { Problems } from '../load/fields.ts';
import {
  checkShape,
  type Field,
  listOf,
  number,
  oneOf,
  type Shape,
  shaped,
  text,
  texts,
  whole,
  word,
} from '../load/shape.ts';
import { pythonText, type YamlMap } from '../load/yaml-value.ts';
import { ANY_JOB, DATA } from './keys.ts';

const data: Field = oneOf(DATA, text);

/** What a fine-tuning job holds (documented schema). */
const FINETUNING: Shape = {
  ...ANY_JOB,
  'task!': word(
    'chat_completion',
    'text_completion',
    'text_classification',
    'question_answering',
    'text_summarization',
    'token_classification',
    'text_translation',
    'image_classification',
    'image_instance_segmentation',
    'image_object_detection',
    'video_multi_object_tracking',
  ),
  'model_provider!': word('custom', 'azure_open_ai'),
  'model!': DATA,
  'training_data!': data,
  validation_data: data,
  resources: shaped({ instance_types: listOf(text) }),
};

/** Checks a fine-tuning job. A model of the user's own is tuned by any parameters, one of Azure OpenAI by three. */
export function checkFineTuning(job: YamlMap, problems: Problems): void {
  const hyperparameters: Field = isOfAzureOpenAi(job)
    ? shaped({ n_epochs: whole, learning_rate_multiplier: number, batch_size: whole })
    : texts;
  checkShape(job, { ...FINETUNING, hyperparameters }, '', problems);
}

/** Whether the model to tune is one of Azure OpenAI. */
export const isOfAzureOpenAi = (job: YamlMap): boolean =>
  pythonText(job['model_provider'] ?? '')
    .replace(/_/g, '')
    .toLowerCase() === 'azureopenai';
