import type { VariableValue } from '../../contracts/agent.ts';
import type { Principal } from '../../http/index.ts';
import { conflict, forbidden, invalid } from '../../kernel/errors.ts';
import { lockHolds } from '../agents/queue.ts';
import type { DevopsDeps } from '../deps.ts';
import type { Engine, LoadedRun } from './engine.ts';
import { parseResult } from './results.ts';
import type { ServerJobs } from './server-jobs.ts';
import { noteEvent, waitsTopic } from './waits.ts';

/** An event of a plan as it arrives, keys in any case. */
export type PlanEvent = {
  readonly name: string;
  readonly jobId: string;
  readonly taskId: string | undefined;
  readonly requestId: number | undefined;
  readonly result: unknown;
  readonly outputs: Readonly<Record<string, VariableValue>>;
  readonly lockToken: string | undefined;
};

/** Reads an event's body. @throws invalid when it isn't an object, or names no event */
export function parsePlanEvent(body: unknown, lockToken: string | undefined): PlanEvent {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('The event is not a JSON object. Expected name, jobId, taskId and result.');
  const fields = new Map(Object.entries(body).map(([key, value]) => [key.toLowerCase(), value as unknown]));
  const text = (key: string) => {
    const value = fields.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const name = text('name');
  if (!name) throw invalid('The event has no name. Expected TaskAssigned, TaskStarted, TaskCompleted or JobCompleted.');
  const requestId = Number(fields.get('requestid'));
  return {
    name,
    jobId: (text('jobid') ?? '').toLowerCase(),
    taskId: text('taskid')?.toLowerCase(),
    requestId: Number.isInteger(requestId) ? requestId : undefined,
    result: fields.get('result'),
    outputs: parseOutputs(fields.get('outputs')),
    lockToken,
  };
}

function parseOutputs(value: unknown): Record<string, VariableValue> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => {
      const given = (typeof one === 'object' && one !== null ? one : { value: one }) as Partial<VariableValue>;
      if (given.value === undefined || given.value === null) return [];
      return [[name, { value: String(given.value), ...(given.isSecret ? { isSecret: true } : {}) }] as const];
    }),
  );
}

/**
 * Takes an event. What comes late, twice, or for something that waits for no event changes nothing: it is answered like any other.
 * @throws forbidden when the token's job may not send it, conflict for a completion under a claim that was lost
 */
export async function takePlanEvent(
  deps: DevopsDeps,
  engine: Engine,
  serverJobs: ServerJobs,
  run: LoadedRun,
  event: PlanEvent,
  principal: Principal,
): Promise<void> {
  const at = deps.clock.now().toISOString();
  switch (event.name.toLowerCase()) {
    case 'taskassigned':
    case 'taskstarted':
      return;
    case 'taskcompleted': {
      const result = parseResult(event.result) ?? 'failed';
      const index = event.taskId === undefined ? undefined : serverJobs.stepIndexOf(run, event.jobId, event.taskId);
      if (index === undefined) return;
      await deps.store.write((writer) => noteEvent(writer, run.planId, event.jobId, index, result, at));
      deps.events.publish(waitsTopic);
      return;
    }
    case 'jobcompleted': {
      if (principal.kind === 'job' && principal.jobId.toLowerCase() !== event.jobId)
        throw forbidden('A job’s token completes that job only.');
      const result = parseResult(event.result);
      if (!result) throw invalid(`'${String(event.result)}' is not a job's result.`);
      const completed = await engine.applyIf(
        run.runId,
        { kind: 'jobCompleted', jobId: event.jobId, at, result, outputs: event.outputs },
        (writer) => lockHolds(writer, run.planId, event.jobId, event.requestId, event.lockToken),
      );
      if (!completed)
        throw conflict('The job is over, or this agent no longer holds it: the completion was not taken.');
      return;
    }
    default:
      throw invalid(
        `Events named '${event.name}' are not known. Expected TaskAssigned, TaskStarted, TaskCompleted or JobCompleted.`,
      );
  }
}
