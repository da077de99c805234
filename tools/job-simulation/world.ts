import type { CommandRun, Outcome } from '../../src/ml/jobs/command-run.ts';
import { readyKeyOf } from '../../src/ml/jobs/content-key.ts';
import type { JobChange, StoredRun } from '../../src/ml/jobs/job-rows.ts';
import { isTerminal, isWaiting } from '../../src/ml/jobs/job-status.ts';
import type { RunPlan, RunState } from '../../src/ml/jobs/plan.ts';
import type { RunValue } from '../../src/ml/types.ts';
import type { Assets } from './assets.ts';
import { behave } from './expected.ts';

/** A process on a machine: it outlives the server. */
export type Launch = {
  readonly id: string;
  readonly plan: RunPlan;
  readonly read: Readonly<Record<string, string>>;
  state: 'running' | 'succeeded' | 'failed' | 'stopped' | 'taken';
  /** Whether a server has heard of its end. One of which none ever hears was forgotten. */
  heard: boolean;
  /** Called when it has ended, for the server that waits. */
  waiting: (() => void)[];
};

/** What is left of everything when a server is killed: the rows, the processes, the data. */
export type World = {
  readonly rows: Map<string, { readonly plan: RunPlan; state: RunState; readonly job: string }>;
  readonly reusable: Map<string, string>;
  readonly ended: Set<string>;
  readonly launches: Map<string, Launch>;
  /** The runs that were under way on disk when the present server took up their jobs. */
  readonly takenUp: Set<string>;
  readonly data: Map<string, string>;
  /** The workspace's assets, in a real database. */
  readonly assets: Assets;
  /** What must never happen and did. */
  readonly faults: string[];
};

/** @param assets those of a workspace of its own */
export function emptyWorld(assets: Assets): World {
  return {
    rows: new Map(),
    reusable: new Map(),
    ended: new Set(),
    launches: new Map(),
    takenUp: new Set(),
    data: new Map(),
    assets,
    faults: [],
  };
}

/** What a server that begins finds of a job. */
export function takeUp(world: World, job: string): StoredRun[] {
  const runs = storedRuns(world, job);
  for (const { plan, state } of runs) {
    const isUnderWay = !isWaiting(state.status) && !isTerminal(state.status);
    if (isUnderWay) world.takenUp.add(plan.runId);
    else world.takenUp.delete(plan.runId);
  }
  return runs;
}

export function storedRuns(world: World, job: string): StoredRun[] {
  return [...world.rows.values()].filter((row) => row.job === job);
}

/** Writes a change, as a transaction that commits. */
export async function write(world: World, job: string, change: JobChange): Promise<void> {
  for (const run of change.named) await world.assets.register(run);
  for (const { plan, state } of change.added) {
    if (world.rows.has(plan.runId)) world.faults.push(`the run ${plan.runId} was added twice`);
    world.rows.set(plan.runId, { plan, state, job });
  }
  for (const [runId, state] of change.states) {
    const row = world.rows.get(runId);
    if (!row) {
      world.faults.push(`the state of ${runId} was written before the run`);
      continue;
    }
    if (isTerminal(row.state.status) && row.state.status !== state.status)
      world.faults.push(`${runId} was ${row.state.status}, and became ${state.status}`);
    row.state = state;
  }
  for (const [key, runId] of change.reusable) world.reusable.set(key, runId);
}

/** What a value says: its text, or what lies at its place. */
export function saidBy(world: World, value: RunValue): string | undefined {
  return value.kind === 'literal' ? value.value : world.data.get(value.uri);
}

/** Starts a process, unless one of the id was started before, as every driver does. */
export function launch(world: World, plan: RunPlan): Launch {
  const known = world.launches.get(plan.launchId);
  if (known) return known;
  const read: Record<string, string> = {};
  for (const [name, { value }] of Object.entries(plan.inputs)) {
    const said = saidBy(world, value);
    if (said !== undefined) read[name] = said;
  }
  const made: Launch = { id: plan.launchId, plan, read, state: 'running', heard: false, waiting: [] };
  world.faults.push(...untimely(world, plan), ...needless(world, plan));
  world.launches.set(plan.launchId, made);
  return made;
}

/** What is wrong with a start now: before the node that comes first, or beside or after the one that comes last. */
function* untimely(world: World, plan: RunPlan): Generator<string> {
  const job = world.rows.get(plan.runId)?.job;
  const started = [...world.launches.values()].filter((one) => world.rows.get(one.plan.runId)?.job === job);
  for (const one of started) {
    const first = one.plan.nodeKey === 'first' && one.state !== 'succeeded' && one.state !== 'taken';
    if (first && !plan.atEnd) yield `${plan.nodeKey} began while the first node was ${one.state}`;
    if (plan.atEnd && one.state === 'running') yield `the last node began while ${one.plan.nodeKey} was running`;
    if (one.plan.atEnd && !plan.atEnd) yield `${plan.nodeKey} began after the last node`;
  }
}

/** What is wrong with a start beside equal runs of the job that go on since before the server began: it is to wait for their result. */
function* needless(world: World, plan: RunPlan): Generator<string> {
  const row = world.rows.get(plan.runId);
  const isRequeued = row?.plan.launchId !== plan.launchId;
  if (plan.reuse === undefined || isRequeued || world.takenUp.has(plan.runId)) return;
  const key = readyKeyOf(plan, {});
  const equal = [...world.launches.values()].filter(
    (one) =>
      world.takenUp.has(one.plan.runId) &&
      world.rows.get(one.plan.runId)?.job === row.job &&
      readyKeyOf(one.plan, {}) === key,
  );
  if (equal.length > 0 && equal.every(({ state }) => state === 'running'))
    yield `${plan.nodeKey} began beside ${equal[0]?.plan.nodeKey}, which is equal`;
}

/** Ends a process by itself: it has done what it does with what it read. */
export function finish(world: World, one: Launch): void {
  const made = behave(one.plan.work.kind === 'command' ? one.plan.work.command : '', one.read);
  for (const [name, text] of Object.entries(made ?? {})) {
    const output = one.plan.outputs[name];
    if (output && output.primitive === undefined) world.data.set(output.uri, text);
  }
  one.state = made ? 'succeeded' : 'failed';
  for (const wake of one.waiting.splice(0)) wake();
}

/** Ends a process from outside. */
export function end(one: Launch, state: 'stopped' | 'taken'): void {
  if (one.state !== 'running') return;
  one.state = state;
  for (const wake of one.waiting.splice(0)) wake();
}

/**
 * Executes a run as `executeCommand` does, on this world: takes up what was launched, launches, waits, tells the outcome.
 * @param step waits until the schedule lets this server go on; never resolves for one that was killed
 */
export async function execute(world: World, run: CommandRun, step: () => Promise<void>): Promise<Outcome | undefined> {
  await step();
  let one = world.launches.get(run.plan.launchId);
  if (run.cancelled.aborted) {
    if (one) {
      end(one, 'stopped');
      one.heard = true;
    }
    return { status: 'Canceled' };
  }
  if (!one) {
    run.phase('Queued');
    await step();
    if (run.cancelled.aborted) return { status: 'Canceled' };
    await run.experimentId();
    one = launch(world, run.plan);
  }
  run.phase('Running');
  const launched = one;
  const stopping = () => end(launched, 'stopped');
  run.cancelled.addEventListener('abort', stopping, { once: true });
  if (run.cancelled.aborted) stopping();
  if (launched.state === 'running') await new Promise<void>((resolve) => launched.waiting.push(resolve));
  run.cancelled.removeEventListener('abort', stopping);
  await step();
  launched.heard = true;
  if (run.cancelled.aborted || launched.state === 'stopped') return { status: 'Canceled' };
  if (launched.state === 'taken') return { status: 'Requeued' };
  if (launched.state === 'failed') return { status: 'Failed', error: { code: 'UserError', message: 'it failed' } };
  const outputs: Record<string, RunValue> = {};
  const made = behave(run.plan.work.command, launched.read) ?? {};
  for (const [name, { primitive }] of Object.entries(run.plan.outputs))
    if (primitive !== undefined) outputs[name] = { kind: 'literal', value: made[name] as string };
  return { status: 'Completed', outputs };
}
