import { storedOnly } from '../../jobs/stored-only.ts';

export const sparkJob = storedOnly({
  jobType: 'Spark',
  nodeType: 'spark',
  what: 'Spark jobs',
  instead: 'A command job whose environment has pyspark runs the same script on one machine.',
  required: ['codeId', 'entry'],
});
