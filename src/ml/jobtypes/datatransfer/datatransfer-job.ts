import { storedOnly } from '../../jobs/stored-only.ts';

export const dataTransferJob = storedOnly({
  jobType: 'DataTransfer',
  nodeType: 'data_transfer',
  what: 'data transfer jobs',
  instead: 'A command job can copy its inputs to its outputs.',
  required: [],
});
