import type { TimelineResult } from '../../../contracts/agent.ts';
import { guidOf } from '../../../kernel/ids.ts';
import type { ServerTask, ServerTaskContext, ServerTaskStep } from '../../runs/server-task.ts';
import { type JobAccess, type JobView, openJob, resultOf } from './job.ts';
import { manifest } from './manifest.ts';

/** The public service waits no longer than this (documented). */
const LONGEST_MS = 2 * 24 * 60 * 60_000;
/** How soon the job is read again while it goes on: quickly at first, then less and less. Milliseconds. */
const FIRST_LOOK = 1000;
const SLOWEST_LOOK = 10_000;
const TAIL_LINES = 30;

type Memory = {
  readonly until: string;
  /** Status of the job and of each node as last told, by name. */
  readonly told: Readonly<Record<string, string>>;
  readonly lookMs: number;
};

/** AzureMLJobWaitTask@1: told of the end by a webhook, sure of it by reading the job; ends as the job ended. */
export const azureMlJobWait: ServerTask = {
  manifest,
  async start(context) {
    const job = await openJob(context);
    const view = await job.read();
    context.print(`Waiting for job '${view.name}' (${view.displayName}).`);
    if (view.studioUrl) context.print(`Web View: ${view.studioUrl}`);
    await job.subscribe();
    const until = new Date(context.now.getTime() + LONGEST_MS).toISOString();
    return follow(context, job, { until, told: {}, lookMs: FIRST_LOOK }, view);
  },
  async look(context, memory) {
    const job = await openJob(context);
    return follow(context, job, memory as Memory, await job.read());
  },
  async completed(context, memory, result) {
    const job = await openJob(context);
    const view = await job.read();
    const answer = await follow(context, job, memory as Memory, view);
    // The event came from the service itself; a job that reads as unfinished now will read as finished in a moment.
    return answer.kind === 'done' ? answer : { kind: 'done', result };
  },
  async cancel(context) {
    if (!context.local) return;
    // A local run that was stopped leaves nothing running; in Azure the job goes on.
    const job = await openJob(context);
    await job.cancel().catch(() => undefined);
    context.print('The job was asked to stop.');
  },
  repeatable: () => true,
  startAgainMs: 2000,
};

async function follow(
  context: ServerTaskContext,
  job: JobAccess,
  memory: Memory,
  view: JobView,
): Promise<ServerTaskStep> {
  const children = await job.children().catch((): JobView[] => []);
  const told = tell(context, memory.told, view, children);
  showRecords(context, view, children);
  const result = resultOf(view.status);
  if (result !== undefined) return finish(context, job, view, children, result);
  if (context.now.toISOString() >= memory.until)
    return {
      kind: 'done',
      result: 'failed',
      message: `The job '${view.name}' has not ended within two days, the longest that this task waits.`,
    };
  const moved = Object.keys(told).some((name) => told[name] !== memory.told[name]);
  const lookMs = moved ? FIRST_LOOK : Math.min(SLOWEST_LOOK, memory.lookMs * 1.5);
  return {
    kind: 'wait',
    memory: { until: memory.until, told, lookMs } satisfies Memory,
    lookInMs: lookMs,
    endsByEvent: true,
  };
}

function tell(
  context: ServerTaskContext,
  before: Memory['told'],
  view: JobView,
  children: readonly JobView[],
): Memory['told'] {
  const now = Object.fromEntries([view, ...children].map((one) => [one.name, one.status]));
  for (const one of [view, ...children])
    if (before[one.name] !== one.status) context.print(`${one.displayName}: ${one.status}`);
  return now;
}

/** The job and its nodes as records below the task's own, for whoever watches the run. */
function showRecords(context: ServerTaskContext, view: JobView, children: readonly JobView[]): void {
  const jobRecord = guidOf(`${context.recordId}/${view.name}`);
  context.records([
    {
      ...recordOf(jobRecord, context.recordId, 'Millrace.MLJob', view, 1),
      ...(view.studioUrl ? { properties: { url: view.studioUrl } } : {}),
    },
    ...children.map((child, index) =>
      recordOf(guidOf(`${context.recordId}/${child.name}`), jobRecord, 'Millrace.MLStep', child, index + 1),
    ),
  ]);
}

function recordOf(id: string, parentId: string, type: string, view: JobView, order: number) {
  const result = resultOf(view.status);
  const begun = view.startTime !== undefined;
  return {
    id,
    parentId,
    type,
    name: view.displayName,
    refName: view.name,
    order,
    state: result
      ? ('completed' as const)
      : begun || type === 'Millrace.MLJob'
        ? ('inProgress' as const)
        : ('pending' as const),
    ...(result ? { result } : {}),
    ...(view.startTime ? { startTime: view.startTime } : {}),
    ...(view.endTime ? { finishTime: view.endTime } : {}),
    currentOperation: result ? null : view.status,
  };
}

async function finish(
  context: ServerTaskContext,
  job: JobAccess,
  view: JobView,
  children: readonly JobView[],
  result: TimelineResult,
): Promise<ServerTaskStep> {
  if (result !== 'failed') return { kind: 'done', result };
  const culprit = children.find((child) => resultOf(child.status) === 'failed') ?? view;
  const tail = await job.logTail(culprit.name, TAIL_LINES).catch((): string[] => []);
  if (tail.length > 0) context.print(`The last lines of ${culprit.displayName} (user_logs/std_log.txt):`);
  for (const line of tail) context.print(line);
  const reason = culprit.error ?? view.error;
  return { kind: 'done', result, message: `The job '${view.name}' has failed${reason ? `: ${reason}` : '.'}` };
}
