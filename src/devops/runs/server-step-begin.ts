import type { TimelineResult } from '../../contracts/agent.ts';
import { messageOf } from '../../kernel/errors.ts';
import { evaluateCondition, expandMacros } from '../../language/expressions/index.ts';
import type { DevopsDeps } from '../deps.ts';
import { lookupIn } from './contexts.ts';
import { instanceName, variablesOfJob } from './job-message.ts';
import { resultName } from './results.ts';
import { openDocument } from './secrets.ts';
import { emptyCollection, reasonOf, type ServerStep, type ServerStepEnd, unknownTask } from './server-step-end.ts';
import type { ServerTask, ServerTaskContext } from './server-task.ts';
import { type Collected, serverTaskContext } from './server-task-context.ts';
import type { Variables } from './state.ts';
import { headerOf, versionOf } from './task-log.ts';
import { type RecordWrite, readRecords } from './timeline.ts';
import type { WaitRows } from './wait-rows.ts';

/** One call of a task: what the task is given, and what it does by it. */
export type ServerTaskCall = { readonly context: ServerTaskContext; readonly collected: Collected };

/** Begins the steps of server jobs. Each answers whether there is more to do for the job at once. */
export type ServerStepBegin = {
  /** Skips the step or starts it, as its condition says. */
  begin(at: ServerStep, task: ServerTask | undefined): Promise<boolean>;
  /** Calls the start of the task. */
  start(at: ServerStep, task: ServerTask, call: ServerTaskCall): Promise<boolean>;
  /** Makes the context for a call of the step's task. */
  call(at: ServerStep, task: ServerTask): Promise<ServerTaskCall>;
  /** A log begins with the header. What a start printed is stored with what it came to, so a start that is repeated prints it anew. */
  printHeader(at: ServerStep, task: ServerTask, call: ServerTaskCall): Promise<void>;
};

/** @param startLater takes the failure of a start that is to be tried again */
export function createServerStepBegin(
  deps: DevopsDeps,
  rows: WaitRows,
  { settle, end }: ServerStepEnd,
  startLater: (at: ServerStep, error: unknown) => Promise<boolean>,
): ServerStepBegin {
  const { store, vault } = deps;

  const call: ServerStepBegin['call'] = ({ run, row, step, id }, task) =>
    serverTaskContext(deps, run, {
      jobId: row.job_id,
      recordId: id,
      step,
      manifest: task.manifest,
      earlier: openDocument<Variables>(vault, row.outputs),
    });

  const printHeader: ServerStepBegin['printHeader'] = async ({ row, step, id }, task, { context }) => {
    const record = (await readRecords(store.read, vault, row.plan_id)).find((one) => one.id === id);
    for (const line of headerOf(task, record?.name ?? step.name)) context.print(line);
  };

  const start: ServerStepBegin['start'] = async (at, task, { context, collected }) => {
    try {
      return await settle(at, await task.start(context), collected);
    } catch (error) {
      if (task.startAgainMs !== undefined) return startLater(at, error);
      return end(at, 'failed', reasonOf(deps, error), collected);
    }
  };

  return {
    call,
    start,
    printHeader,
    async begin(at, task) {
      const { run, row, step, id } = at;
      const now = deps.clock.now();
      const variables = lookupIn(variablesOfJob(run, row.job_id));
      const base: RecordWrite = {
        id,
        parentId: row.job_id,
        type: 'Task',
        name: expandMacros(step.displayName ?? instanceName(step, task?.manifest, run), variables),
        refName: step.name,
        order: row.step_index + 1,
        task: task ? { id: task.manifest.id, name: task.manifest.name, version: versionOf(task) } : null,
      };
      const status = row.canceled ? 'canceled' : (row.job_status as TimelineResult);
      let runs: boolean;
      try {
        runs = evaluateCondition(step.condition, {
          level: 'step',
          jobStatus: resultName(status) as 'Succeeded',
          variables,
        }).value;
      } catch (error) {
        await rows.change(row, {}, [base]);
        return end({ ...at, row: await rows.fresh(row) }, 'failed', messageOf(error), emptyCollection());
      }
      if (!runs) {
        const skipped = { ...base, state: 'completed', result: 'skipped', finishTime: now.toISOString() } as const;
        return (await rows.change(row, { step_index: row.step_index + 1 }, [skipped])) !== undefined;
      }
      const timeout = step.timeoutInMinutes * 60_000;
      const started = await rows.change(
        row,
        {
          phase: 'starting',
          // Not due while it begins; a restart of the server makes it due.
          next_look: null,
          event_result: null,
          awaits_event: 0,
          memory: 'null',
          step_deadline: timeout > 0 ? new Date(now.getTime() + timeout).toISOString() : null,
        },
        [{ ...base, state: 'inProgress', startTime: now.toISOString() }],
      );
      if (!started) return true;
      const begun = { ...at, row: started };
      if (!task) return end(begun, 'failed', unknownTask(step), emptyCollection());
      const made = await call(begun, task);
      await printHeader(begun, task, made);
      return start(begun, task, made);
    },
  };
}
