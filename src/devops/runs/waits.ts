import type { TimelineResult } from '../../contracts/agent.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Writer } from '../../store/index.ts';
import type { DevopsTables } from '../tables.ts';

export type WaitRow = DevopsTables['devops_waits'];

export const waitsTopic = 'devops/waits';

/** Begins a server job: its row is due at once. */
export async function addWait(
  writer: Writer<DevopsTables>,
  job: { runId: number; planId: string; jobId: string; at: string },
): Promise<void> {
  await writer
    .insertInto('devops_waits')
    .values({
      plan_id: job.planId,
      job_id: job.jobId,
      run_id: job.runId,
      step_index: 0,
      phase: 'ready',
      token: newGuid(),
      next_look: job.at,
      step_deadline: null,
      awaits_event: 0,
      event_result: null,
      canceled: 0,
      job_status: 'succeeded',
      memory: 'null',
      outputs: '{}',
    })
    .execute();
}

/** The job is over: nothing waits for it any more. */
export async function removeWait(writer: Writer<DevopsTables>, planId: string, jobId: string): Promise<void> {
  await writer.deleteFrom('devops_waits').where('plan_id', '=', planId).where('job_id', '=', jobId).execute();
}

/** Asks a server job to stop; it is due at once. */
export async function cancelWait(
  writer: Writer<DevopsTables>,
  planId: string,
  jobId: string,
  at: string,
): Promise<void> {
  await writer
    .updateTable('devops_waits')
    .set({ canceled: 1, next_look: at })
    .where('plan_id', '=', planId)
    .where('job_id', '=', jobId)
    .execute();
}

/**
 * Notes a TaskCompleted event for the step that a server job is at. The first one counts.
 * @returns whether the event was for something that waits for it
 */
export async function noteEvent(
  writer: Writer<DevopsTables>,
  planId: string,
  jobId: string,
  stepIndex: number,
  result: TimelineResult,
  at: string,
): Promise<boolean> {
  const row = await writer
    .updateTable('devops_waits')
    .set({ event_result: result, next_look: at })
    .where('plan_id', '=', planId)
    .where('job_id', '=', jobId)
    .where('step_index', '=', stepIndex)
    .where('event_result', 'is', null)
    // While the task begins it isn't known yet whether it will wait: the event may be faster than the answer that made it wait.
    .where((eb) => eb.or([eb('awaits_event', '=', 1), eb('phase', '=', 'starting')]))
    .returning('run_id')
    .executeTakeFirst();
  return row !== undefined;
}
