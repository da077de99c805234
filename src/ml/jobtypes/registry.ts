// The registry of the job types: one folder and one line each.
import type { JobType } from '../jobs/job-type.ts';
import { commandJob } from './command/command-job.ts';
import { pipelineJob } from './pipeline/pipeline-job.ts';

export const jobTypes: readonly JobType[] = [commandJob, pipelineJob];
