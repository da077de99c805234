import type { TimelineResult } from '../../contracts/agent.ts';
import { DomainError, messageOf } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { evaluateCondition, expandMacros } from '../../language/expressions/index.ts';
import type { PlanStep } from '../../language/index.ts';
import type { DevopsDeps } from '../deps.ts';
import { lookupIn } from './contexts.ts';
import type { Engine, LoadedRun } from './engine.ts';
import type { Feed } from './feed.ts';
import { instanceName, variablesOfJob } from './job-message.ts';
import type { Logs } from './logs.ts';
import { planJob } from './plan-lookup.ts';
import { identifierOf, recordId } from './record-ids.ts';
import { mergeResults, resultName } from './results.ts';
import { openDocument, sealDocument } from './secrets.ts';
import type { ServerTask, ServerTaskContext, ServerTaskRegistry, ServerTaskStep } from './server-task.ts';
import { type Collected, serverTaskContext } from './server-task-context.ts';
import { errorIssue, findLeg, type Variables } from './state.ts';
import { createTaskLog, headerOf, versionOf } from './task-log.ts';
import { type RecordWrite, readRecords } from './timeline.ts';
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
  const { find: rowOf, fresh, change, changeIn } = createWaitRows(deps);
  const writeLines = createTaskLog(deps, logs, feed);

  /** Stores what a call of a task came to: its lines, its records and the row change together or not at all. */
  const commit = async (
    run: LoadedRun,
    row: WaitRow,
    id: string,
    lines: readonly string[],
    values: Partial<WaitRow>,
    records: readonly RecordWrite[],
  ): Promise<WaitRow | undefined> => {
    let changed: WaitRow | undefined;
    await writeLines(run, id, lines, async (writer) => {
      changed = await changeIn(writer, row, values, records);
      return changed !== undefined;
    });
    return changed;
  };

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
    const id = found.idOf(step);
    const task = taskOf(step);
    if (row.phase === 'ready') return begin(run, row, step, id, task);
    if (!task) return end(run, row, step, id, 'failed', unknownTask(step), emptyCollection());
    const outputs = openDocument<Variables>(vault, row.outputs);
    const made = await serverTaskContext(deps, run, {
      jobId: row.job_id,
      recordId: id,
      step,
      manifest: task.manifest,
      earlier: outputs,
    });
    const memory = openDocument<unknown>(vault, row.memory);
    const { context, collected } = made;
    const settle = (answer: ServerTaskStep) => applyAnswer(run, row, step, id, answer, collected);
    if (row.phase === 'starting') await printHeader(row, task, id, step, context);
    if (row.phase === 'starting' && row.event_result === null) {
      // Nobody of this process is at it: the server died in the middle of the task's start.
      if (!task.repeatable(context))
        return end(
          run,
          row,
          step,
          id,
          'abandoned',
          'The server stopped while the task’s request was under way; whether it arrived is not known, so it is not sent again.',
          collected,
        );
      return startTask(run, row, step, id, task, made);
    }
    if (row.canceled) {
      await task.cancel?.(context, memory);
      return end(run, row, step, id, 'canceled', undefined, collected);
    }
    if (row.event_result) {
      const result = row.event_result as TimelineResult;
      context.print(`The task was completed by an event: ${result}.`);
      return settle(task.completed ? await task.completed(context, memory, result) : { kind: 'done', result });
    }
    if (row.step_deadline && row.step_deadline <= deps.clock.now().toISOString()) {
      await task.cancel?.(context, memory);
      return end(
        run,
        row,
        step,
        id,
        'failed',
        `The task ran longer than its ${step.timeoutInMinutes} minutes.`,
        collected,
      );
    }
    if (row.next_look === null || row.next_look > deps.clock.now().toISOString()) return false;
    return settle(await task.look(context, memory));
  };

  const begin = async (
    run: LoadedRun,
    row: WaitRow,
    step: PlanStep,
    id: string,
    task: ServerTask | undefined,
  ): Promise<boolean> => {
    const at = deps.clock.now();
    const base: RecordWrite = {
      id,
      parentId: row.job_id,
      type: 'Task',
      name: expandMacros(
        step.displayName ?? instanceName(step, task?.manifest, run),
        lookupIn(variablesOfJob(run, row.job_id)),
      ),
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
        variables: lookupIn(variablesOfJob(run, row.job_id)),
      }).value;
    } catch (error) {
      await change(row, {}, [base]);
      return end(run, await fresh(row), step, id, 'failed', messageOf(error), emptyCollection());
    }
    if (!runs) {
      const skipped = { ...base, state: 'completed', result: 'skipped', finishTime: at.toISOString() } as const;
      return (await change(row, { step_index: row.step_index + 1 }, [skipped])) !== undefined;
    }
    const started = await change(
      row,
      {
        phase: 'starting',
        // Not due while it begins; a restart of the server makes it due.
        next_look: null,
        event_result: null,
        awaits_event: 0,
        memory: 'null',
        step_deadline:
          step.timeoutInMinutes > 0 ? new Date(at.getTime() + step.timeoutInMinutes * 60_000).toISOString() : null,
      },
      [{ ...base, state: 'inProgress', startTime: at.toISOString() }],
    );
    if (!started) return true;
    if (!task) return end(run, started, step, id, 'failed', unknownTask(step), emptyCollection());
    const outputs = openDocument<Variables>(vault, row.outputs);
    const made = await serverTaskContext(deps, run, {
      jobId: row.job_id,
      recordId: id,
      step,
      manifest: task.manifest,
      earlier: outputs,
    });
    await printHeader(started, task, id, step, made.context);
    return startTask(run, started, step, id, task, made);
  };

  /** A log begins with the header. What a start printed is stored with what it came to, so a start that is repeated prints it anew. */
  const printHeader = async (
    row: WaitRow,
    task: ServerTask,
    id: string,
    step: PlanStep,
    context: ServerTaskContext,
  ): Promise<void> => {
    const record = (await readRecords(store.read, vault, row.plan_id)).find((one) => one.id === id);
    for (const line of headerOf(task, record?.name ?? step.name)) context.print(line);
  };

  const startTask = async (
    run: LoadedRun,
    row: WaitRow,
    step: PlanStep,
    id: string,
    task: ServerTask,
    { context, collected }: { context: ServerTaskContext; collected: Collected },
  ): Promise<boolean> => {
    try {
      return await applyAnswer(run, row, step, id, await task.start(context), collected);
    } catch (error) {
      if (task.startAgainMs !== undefined) return failLook(row, error);
      return end(run, row, step, id, 'failed', reasonOf(deps, error), collected);
    }
  };

  const applyAnswer = async (
    run: LoadedRun,
    row: WaitRow,
    step: PlanStep,
    id: string,
    answer: ServerTaskStep,
    collected: Collected,
  ): Promise<boolean> => {
    if (answer.kind === 'done') return end(run, row, step, id, answer.result, answer.message, collected);
    const next =
      answer.lookInMs === undefined ? null : new Date(deps.clock.now().getTime() + answer.lookInMs).toISOString();
    // A cancel or an event that came during the call changed the row without its token: what they set must stay.
    const current = await fresh(row);
    const urgent = current.canceled === 1 || current.event_result !== null;
    const changed = await commit(
      run,
      row,
      id,
      collected.lines,
      {
        phase: 'waiting',
        memory: sealDocument(vault, answer.memory ?? null),
        awaits_event: answer.endsByEvent ? 1 : 0,
        next_look: urgent ? deps.clock.now().toISOString() : earliest(next, row.step_deadline),
        outputs: sealDocument(vault, { ...openDocument<Variables>(vault, row.outputs), ...collected.outputs }),
      },
      collected.records,
    );
    const after = changed && (await fresh(changed));
    return after !== undefined && (after.canceled === 1 || after.event_result !== null);
  };

  /** The step is over: its record, its log, what it adds to the job. */
  const end = async (
    run: LoadedRun,
    row: WaitRow,
    step: PlanStep,
    id: string,
    result: TimelineResult,
    message: string | undefined,
    collected: Collected,
  ): Promise<boolean> => {
    const variables = lookupIn(variablesOfJob(run, row.job_id));
    const softened = result === 'failed' && /^true$/i.test(expandMacros(step.continueOnError, variables).trim());
    const final: TimelineResult = softened ? 'succeededWithIssues' : result;
    const record = (await readRecords(store.read, vault, row.plan_id)).find((one) => one.id === id);
    const lines = [
      ...collected.lines,
      ...(message ? [`##[error]${message}`] : []),
      `##[section]Finishing: ${record?.name ?? step.name}`,
    ];
    const outputs: Record<string, unknown> = { ...openDocument<Variables>(vault, row.outputs), ...collected.outputs };
    for (const [name, value] of Object.entries(record?.variables ?? {})) outputs[`${step.name}.${name}`] = value;
    const changed = await commit(
      run,
      row,
      id,
      lines,
      {
        phase: 'ready',
        step_index: row.step_index + 1,
        job_status: mergeResults(row.job_status as TimelineResult, final),
        memory: 'null',
        awaits_event: 0,
        event_result: null,
        step_deadline: null,
        next_look: deps.clock.now().toISOString(),
        outputs: sealDocument(vault, outputs),
      },
      [
        ...collected.records,
        {
          id,
          state: 'completed',
          result: final,
          finishTime: deps.clock.now().toISOString(),
          currentOperation: null,
          ...(message && result !== 'canceled' ? { issues: [errorIssue(message)], errorCount: 1 } : {}),
        },
      ],
    );
    return changed !== undefined;
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
          const row = await rowOf(planId, jobId);
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
    const current = await fresh(row);
    if (passing && (current.phase === 'waiting' || (current.phase === 'starting' && taskOf(step)?.startAgainMs))) {
      const pause = current.phase === 'waiting' ? LOOK_AGAIN_MS : (taskOf(step)?.startAgainMs ?? LOOK_AGAIN_MS);
      const began = (await readRecords(store.read, vault, row.plan_id)).find((one) => one.id === found.idOf(step));
      const since = deps.clock.now().getTime() - Date.parse(began?.startTime ?? '');
      if (current.phase === 'waiting' || since < START_PATIENCE_MS) {
        await change(current, { next_look: new Date(deps.clock.now().getTime() + pause).toISOString() });
        return false;
      }
    }
    return end(run, await fresh(row), step, found.idOf(step), 'failed', reasonOf(deps, error), emptyCollection());
  }
}

const emptyCollection = (): Collected => ({ lines: [], records: [], outputs: {} });
const earliest = (a: string | null, b: string | null) => (a === null ? b : b === null ? a : a < b ? a : b);

function unknownTask(step: PlanStep): string {
  return `Task ${step.task.name}@${step.task.version} does not run on the server. Use pool: server only for tasks like Delay@1, InvokeRESTAPI@1 and AzureMLJobWaitTask@1.`;
}

/** What a person is told of a failure. A failure of ours has its detail in the server's log only. */
function reasonOf(deps: DevopsDeps, error: unknown): string {
  if (error instanceof DomainError) return error.message;
  const id = newGuid();
  deps.log.error({ id, error }, 'a server task failed unexpectedly');
  return `Something went wrong inside Millrace. The server's log has the details under ${id}.`;
}
