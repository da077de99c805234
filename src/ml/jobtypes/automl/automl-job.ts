import { storedOnly } from '../../jobs/stored-only.ts';

export const automlJob = storedOnly({
  jobType: 'AutoML',
  nodeType: 'automl',
  what: 'AutoML jobs',
  instead: 'A sweep job over a training script of your own searches models and their parameters.',
  required: ['taskDetails'],
});
