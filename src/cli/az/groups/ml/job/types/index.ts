import { automlJob } from './automl.ts';
import { commandJob } from './command.ts';
import { fineTuningJob } from './finetuning.ts';
import type { JobType } from './job-type.ts';
import { pipelineJob } from './pipeline.ts';
import { sparkJob } from './spark.ts';
import { sweepJob } from './sweep.ts';

export type { JobFile, JobType } from './job-type.ts';

/** The types of jobs that files may have: one line each. The first is that of a file that names none. */
export const JOB_TYPES: readonly [JobType, ...JobType[]] = [
  commandJob,
  pipelineJob,
  sweepJob,
  sparkJob,
  automlJob,
  fineTuningJob,
];
