import { automlJobProperties } from './automl-job.ts';
import { commandJobProperties, commonProperties } from './command-job.ts';
import { fineTuningJobProperties } from './finetuning-job.ts';
import type { JobFile } from './job-file.ts';
import { pipelineJobProperties } from './pipeline-job.ts';
import { sparkJobProperties } from './spark-job.ts';
import type { Submission } from './submission.ts';
import { sweepJobProperties } from './sweep-job.ts';

/** What a job takes from where it is created: its name, if it has one yet, its experiment, its git properties. */
export type JobBody = {
  readonly name: string | undefined;
  /** The experiment of a job that names none. A schedule's is left to the service (recorded). */
  readonly experiment?: string;
  readonly properties: Record<string, string>;
};

/** A job's properties on the wire; code, components, environments and local data are sent on the way. */
export async function createdJob(
  submission: Submission,
  job: JobFile,
  about: JobBody,
): Promise<ReturnType<typeof commonProperties> & Record<string, unknown>> {
  return { ...commonProperties(job.data, about), ...(await ownProperties(submission, job)) };
}

async function ownProperties(submission: Submission, job: JobFile): Promise<Record<string, unknown>> {
  const { data, folder } = job;
  switch (job.kind) {
    case 'pipeline':
      return { jobType: 'Pipeline', ...(await pipelineJobProperties(submission, job)) };
    case 'sweep':
      return { jobType: 'Sweep', ...(await sweepJobProperties(submission, data, folder)) };
    case 'spark':
      return { jobType: 'Spark', ...(await sparkJobProperties(submission, data, folder)) };
    case 'automl':
      return { jobType: 'AutoML', ...(await automlJobProperties(submission, data, folder)) };
    case 'finetuning':
      return { jobType: 'FineTuning', ...(await fineTuningJobProperties(submission, data, folder)) };
    case 'command':
      return { jobType: 'Command', ...(await commandJobProperties(submission, data, folder)) };
    default:
      return job.kind satisfies never;
  }
}
