import type { TimelineResult } from '../../contracts/agent.ts';
import { DomainError } from '../../kernel/errors.ts';
import type { PlanStep } from '../../language/index.ts';
import type { DevopsDeps } from '../deps.ts';
import type { Engine, LoadedRun } from './engine.ts';
import type { Feed } from './feed.ts';
import type { Logs } from './logs.ts';
import { planJob } from './plan-lookup.ts';
import { identifierOf, recordId } from './record-ids.ts';
import { mergeResults } from './results.ts';
import { openDocument } from './secrets.ts';
import { createServerStepBegin } from './server-step-begin.ts';
import { createServerStepEnd, emptyCollection, reasonOf, type ServerStep, unknownTask } from './server-step-end.ts';
import type { ServerTask, ServerTaskRegistry } from './server-task.ts';
import { findLeg, type Variables } from './state.ts';
import { createTaskLog } from './task-log.ts';
import { readRecords } from './timeline.ts';
import { createWaitRows } from './wait-rows.ts';
import { removeWait, type WaitRow, waitsTopic } from './waits.ts';

/** Runs the jobs of `pool: server`. Between two looks at a job nothing of it is in memory. */
export type ServerJobs = {
  /** Works on one job as far as it goes now. Calls for a job that is being worked on come to nothing: the work looks again itself. */
  work(planId: string, jobId: string): Promise<void>;
  /** Whether this process works on the job at the moment. */
  isBusy(planId: string, jobId: string): boolean;
  /** The step that a server job is at, for an event that names its record. */
  stepIndexOf(run: LoadedRun, jobId: string, recordId: string): number | undefined;
};

/** After a look that failed through no fault of the task, in milliseconds. */
const LOOK_AGAIN_MS = 10_000;
/** How long a task that may be started again is tried, in milliseconds. */
const START_PATIENCE_MS = 120_000;

/** Makes the runner of server jobs. @param registry the server's own tasks */
export function createServerJobs(
  deps: DevopsDeps,
  engine: Engine,
  logs: Logs,
  feed: Feed,
  registry: ServerTaskRegistry,
): ServerJobs {
  const { store, vault } = deps;
  /** Jobs that this process works on, so that what it began is not taken for what a dead process left. */
  const busy = new Set<string>();
  const rows = createWaitRows(deps);
  const ending = createServerStepEnd(deps, rows, createTaskLog(deps, logs, feed));
  const { settle, end } = ending;
  const steps = createServerStepBegin(deps, rows, ending, ({ row }, error) => failLook(row, error));

  const taskOf = (step: PlanStep): ServerTask | undefined => {
    const wanted = (step.task.id ?? step.task.name).toLowerCase();
    const major = step.task.version.split('.')[0];
    return registry.find(
      ({ manifest }) =>
        (manifest.id.toLowerCase() === wanted || manifest.name.toLowerCase() === wanted) &&
        String(manifest.version.Major) === major,
    );
  };

  const stepsOf = (run: LoadedRun, jobId: string) => {
    const found = findLeg(run.state, jobId);
    if (!found) return undefined;
    const { stage, job, leg } = found;
    const steps = planJob(run.facts, stage.name, job.name).steps.filter((step) => step.enabled);
    const idOf = (step: PlanStep) => recordId(identifierOf(stage.name, job.name, leg.name, step.name));
    return { leg, steps, idOf };
  };

  /** Does the next thing for the row. @returns whether there is more to do at once */
  const advance = async (row: WaitRow): Promise<boolean> => {
    const run = await engine.load(row.run_id);
    const found = run && stepsOf(run, row.job_id);
    if (!run || !found || found.leg.state === 'completed') {
      await store.write((writer) => removeWait(writer, row.plan_id, row.job_id));
      return false;
    }
    if (found.leg.state === 'queued') {
      await engine.apply(row.run_id, {
        kind: 'jobStarted',
        jobId: row.job_id,
        at: deps.clock.now().toISOString(),
        workerName: 'Server',
      });
      return true;
    }
    const step = found.steps[row.step_index];
    if (!step) return complete(row);
    const at: ServerStep = { run, row, step, id: found.idOf(step) };
    const task = taskOf(step);
    if (row.phase === 'ready') return steps.begin(at, task);
    if (!task) return end(at, 'failed', unknownTask(step), emptyCollection());
    const call = await steps.call(at, task);
    const { context, collected } = call;
    if (row.phase === 'starting') await steps.printHeader(at, task, call);
    if (row.phase === 'starting' && row.event_result === null) {
      // Nobody of this process is at it: the server died in the middle of the task's start.
      if (task.repeatable(context)) return steps.start(at, task, call);
      return end(
        at,
        'abandoned',
        'The server stopped while the task’s request was under way; whether it arrived is not known, so it is not sent again.',
        collected,
      );
    }
    const memory = openDocument<unknown>(vault, row.memory);
    if (row.canceled) {
      await task.cancel?.(context, memory);
      return end(at, 'canceled', undefined, collected);
    }
    if (row.event_result) {
      const result = row.event_result as TimelineResult;
      context.print(`The task was completed by an event: ${result}.`);
      const answer = await task.completed?.(context, memory, result);
      return settle(at, answer ?? { kind: 'done', result }, collected);
    }
    if (row.step_deadline && row.step_deadline <= deps.clock.now().toISOString()) {
      await task.cancel?.(context, memory);
      return end(at, 'failed', `The task ran longer than its ${step.timeoutInMinutes} minutes.`, collected);
    }
    if (row.next_look === null || row.next_look > deps.clock.now().toISOString()) return false;
    return settle(at, await task.look(context, memory), collected);
  };

  const complete = async (row: WaitRow): Promise<boolean> => {
    const result = row.canceled === 1 ? mergeResults(row.job_status as TimelineResult, 'canceled') : row.job_status;
    await engine.applyIf(
      row.run_id,
      {
        kind: 'jobCompleted',
        jobId: row.job_id,
        at: deps.clock.now().toISOString(),
        result: result as TimelineResult,
        outputs: openDocument<Variables>(vault, row.outputs),
      },
      async (writer) =>
        (await writer
          .deleteFrom('devops_waits')
          .where('plan_id', '=', row.plan_id)
          .where('job_id', '=', row.job_id)
          .where('token', '=', row.token)
          .returning('job_id')
          .executeTakeFirst()) !== undefined,
    );
    return false;
  };

  return {
    isBusy: (planId, jobId) => busy.has(`${planId}/${jobId}`),
    async work(planId, jobId) {
      const key = `${planId}/${jobId}`;
      if (busy.has(key)) return;
      busy.add(key);
      try {
        for (let more = true; more; ) {
          const row = await rows.find(planId, jobId);
          if (!row) return;
          try {
            more = await advance(row);
          } catch (error) {
            more = await failLook(row, error);
          }
        }
      } finally {
        busy.delete(key);
        deps.events.publish(waitsTopic);
      }
    },
    stepIndexOf(run, jobId, wanted) {
      const found = stepsOf(run, jobId);
      const index = found?.steps.findIndex((step) => found.idOf(step) === wanted.toLowerCase());
      return index === undefined || index < 0 ? undefined : index;
    },
  };

  /** A look that failed through no fault of the task is repeated after a while; other failures end the step. */
  async function failLook(row: WaitRow, error: unknown): Promise<boolean> {
    const run = await engine.load(row.run_id);
    const found = run && stepsOf(run, row.job_id);
    const step = found?.steps[row.step_index];
    if (!run || !found || !step) {
      await store.write((writer) => removeWait(writer, row.plan_id, row.job_id));
      return false;
    }
    const passing = error instanceof DomainError && (error.code === 'unavailable' || error.code === 'internal');
    const current = await rows.fresh(row);
    if (passing && (current.phase === 'waiting' || (current.phase === 'starting' && taskOf(step)?.startAgainMs))) {
      const pause = current.phase === 'waiting' ? LOOK_AGAIN_MS : (taskOf(step)?.startAgainMs ?? LOOK_AGAIN_MS);
      const began = (await readRecords(store.read, vault, row.plan_id)).find((one) => one.id === found.idOf(step));
      const since = deps.clock.now().getTime() - Date.parse(began?.startTime ?? '');
      if (current.phase === 'waiting' || since < START_PATIENCE_MS) {
        await rows.change(current, { next_look: new Date(deps.clock.now().getTime() + pause).toISOString() });
        return false;
      }
    }
    const at = { run, row: await rows.fresh(row), step, id: found.idOf(step) };
    return end(at, 'failed', reasonOf(deps, error), emptyCollection());
  }
}
