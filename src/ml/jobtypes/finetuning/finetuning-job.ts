import { storedOnly } from '../../jobs/stored-only.ts';

export const fineTuningJob = storedOnly({
  jobType: 'FineTuning',
  nodeType: 'finetuning',
  what: 'fine-tuning jobs',
  instead: 'A command job with the model as input can tune it.',
  required: ['fineTuningDetails'],
});
