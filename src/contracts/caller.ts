/**
 * The header that names the pipeline job for which a client calls, and the variable that tells clients of ours what to put there. The
 * gateway sets it by the user name of its proxy URL, so that every client of a step carries it. It says for whom something is done, never
 * what may be done: it is no credential.
 */
export const CALLER_HEADER = 'x-millrace-caller';
export const CALLER_VARIABLE = 'MILLRACE_CALLER';

/** The header by which our az says that its command creates something: what it reads first may be made too. No credential either. */
export const CREATES_HEADER = 'x-millrace-creates';

/** A job of a pipeline's run. */
export type CallingJob = { readonly planId: string; readonly jobId: string };

/** A job as the header spells it: letters, digits, hyphens and a dot, so that it also fits a URL's user name. */
export function callerText(job: CallingJob): string {
  return `${job.planId}.${job.jobId}`;
}

/** Reads what {@link callerText} wrote; undefined for anything else. */
export function callingJob(text: string | undefined): CallingJob | undefined {
  const match = /^([0-9a-f-]{36})\.([0-9a-f-]{36})$/i.exec(text ?? '');
  return match ? { planId: match[1] as string, jobId: match[2] as string } : undefined;
}
