import { commonProperties } from './command-job.ts';
import type { Submission } from './submission.ts';
import type { JobFile } from './types/index.ts';

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
  return {
    ...commonProperties(job.data, about),
    jobType: job.kind.jobType,
    ...(await job.kind.toWire(submission, job)),
  };
}
