import { storedOnly } from '../../jobs/stored-only.ts';

export const importJob = storedOnly({
  jobType: 'Import',
  nodeType: 'import',
  what: 'import jobs',
  instead: 'A command job can query the source and write to its output.',
  required: [],
});
