import type { TimelineResult } from '../../contracts/agent.ts';
import { DomainError } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { expandMacros } from '../../language/expressions/index.ts';
import type { PlanStep } from '../../language/index.ts';
import type { DevopsDeps } from '../deps.ts';
import { lookupIn } from './contexts.ts';
import type { LoadedRun } from './engine.ts';
import { variablesOfJob } from './job-message.ts';
import { mergeResults } from './results.ts';
import { openDocument, sealDocument } from './secrets.ts';
import type { ServerTaskStep } from './server-task.ts';
import type { Collected } from './server-task-context.ts';
import { errorIssue, type Variables } from './state.ts';
import type { TaskLog } from './task-log.ts';
import { type RecordWrite, readRecords } from './timeline.ts';
import type { WaitRows } from './wait-rows.ts';
import type { WaitRow } from './waits.ts';

/** A step of a server job, and the job's row as it was read. */
export type ServerStep = {
  readonly run: LoadedRun;
  readonly row: WaitRow;
  readonly step: PlanStep;
  /** Of its timeline record. */
  readonly id: string;
};

/** Stores what a call of a step's task came to. Each answers whether there is more to do for the job at once. */
export type ServerStepEnd = {
  /** The task answered: it is done, or waits. */
  settle(at: ServerStep, answer: ServerTaskStep, collected: Collected): Promise<boolean>;
  /** The step is over: its record, its log, what it adds to the job. */
  end(at: ServerStep, result: TimelineResult, message: string | undefined, collected: Collected): Promise<boolean>;
};

export function createServerStepEnd(deps: DevopsDeps, rows: WaitRows, writeLines: TaskLog): ServerStepEnd {
  const { store, vault } = deps;

  /** A call's lines, its records and the row change together or not at all. */
  const commit = async (
    { run, row, id }: ServerStep,
    lines: readonly string[],
    values: Partial<WaitRow>,
    records: readonly RecordWrite[],
  ): Promise<WaitRow | undefined> => {
    let changed: WaitRow | undefined;
    await writeLines(run, id, lines, async (writer) => {
      changed = await rows.changeIn(writer, row, values, records);
      return changed !== undefined;
    });
    return changed;
  };

  const end: ServerStepEnd['end'] = async (at, result, message, collected) => {
    const { run, row, step, id } = at;
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
    const values: Partial<WaitRow> = {
      phase: 'ready',
      step_index: row.step_index + 1,
      job_status: mergeResults(row.job_status as TimelineResult, final),
      memory: 'null',
      awaits_event: 0,
      event_result: null,
      step_deadline: null,
      next_look: deps.clock.now().toISOString(),
      outputs: sealDocument(vault, outputs),
    };
    const completed: RecordWrite = {
      id,
      state: 'completed',
      result: final,
      finishTime: deps.clock.now().toISOString(),
      currentOperation: null,
      ...(message && result !== 'canceled' ? { issues: [errorIssue(message)], errorCount: 1 } : {}),
    };
    return (await commit(at, lines, values, [...collected.records, completed])) !== undefined;
  };

  return {
    end,
    async settle(at, answer, collected) {
      if (answer.kind === 'done') return end(at, answer.result, answer.message, collected);
      const { row } = at;
      const next =
        answer.lookInMs === undefined ? null : new Date(deps.clock.now().getTime() + answer.lookInMs).toISOString();
      // A cancel or an event that came during the call changed the row without its token: what they set must stay.
      const current = await rows.fresh(row);
      const urgent = current.canceled === 1 || current.event_result !== null;
      const values: Partial<WaitRow> = {
        phase: 'waiting',
        memory: sealDocument(vault, answer.memory ?? null),
        awaits_event: answer.endsByEvent ? 1 : 0,
        next_look: urgent ? deps.clock.now().toISOString() : earliest(next, row.step_deadline),
        outputs: sealDocument(vault, { ...openDocument<Variables>(vault, row.outputs), ...collected.outputs }),
      };
      const changed = await commit(at, collected.lines, values, collected.records);
      const after = changed && (await rows.fresh(changed));
      return after !== undefined && (after.canceled === 1 || after.event_result !== null);
    },
  };
}

export const emptyCollection = (): Collected => ({ lines: [], records: [], outputs: {} });
const earliest = (a: string | null, b: string | null) => (a === null ? b : b === null ? a : a < b ? a : b);

export function unknownTask(step: PlanStep): string {
  return `Task ${step.task.name}@${step.task.version} does not run on the server. Use pool: server only for tasks like Delay@1, InvokeRESTAPI@1 and AzureMLJobWaitTask@1.`;
}

/** What a person is told of a failure. A failure of ours has its detail in the server's log only. */
export function reasonOf(deps: DevopsDeps, error: unknown): string {
  if (error instanceof DomainError) return error.message;
  const id = newGuid();
  deps.log.error({ id, error }, 'a server task failed unexpectedly');
  return `Something went wrong inside Millrace. The server's log has the details under ${id}.`;
}
