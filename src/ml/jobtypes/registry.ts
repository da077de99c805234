// The registry of the job types: one folder and one line each.
import type { JobType } from '../jobs/job-type.ts';
import { automlJob } from './automl/automl-job.ts';
import { commandJob } from './command/command-job.ts';
import { dataTransferJob } from './datatransfer/datatransfer-job.ts';
import { fineTuningJob } from './finetuning/finetuning-job.ts';
import { importJob } from './import/import-job.ts';
import { parallelJob } from './parallel/parallel-job.ts';
import { pipelineJob } from './pipeline/pipeline-job.ts';
import { sparkJob } from './spark/spark-job.ts';
import { sweepJob } from './sweep/sweep-job.ts';

export const jobTypes: readonly JobType[] = [
  commandJob,
  pipelineJob,
  sweepJob,
  parallelJob,
  sparkJob,
  automlJob,
  importJob,
  dataTransferJob,
  fineTuningJob,
];
