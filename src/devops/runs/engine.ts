import type { TimelineResult } from '../../contracts/agent.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Plan } from '../../language/index.ts';
import type { Writer } from '../../store/index.ts';
import { enqueue, finish, poolTopic, sendCancellation, sessionTopic } from '../agents/queue.ts';
import { type DevopsDeps, ORGANISATION } from '../deps.ts';
import type { DevopsTables } from '../tables.ts';
import { decide } from './decide.ts';
import type { Feed } from './feed.ts';
import { feedTopic } from './feed.ts';
import { planJob } from './plan-lookup.ts';
import { numberOfRun, type QueueInput, rootVariables } from './queue-time.ts';
import type { RunInfo } from './run-info.ts';
import { openDocument, sealDocument } from './secrets.ts';
import type { RunEvent, RunFacts, RunState, Transition } from './state.ts';
import { initialRecords, initialState, nextDeadline } from './state.ts';
import { type RunIdentity, runVariables } from './system-variables.ts';
import { closeOpenRecords, type RecordWrite, runTopic, writeRecords } from './timeline.ts';
import { addWait, cancelWait, removeWait, waitsTopic } from './waits.ts';

/** A run as loaded: its fixed parts and where it stands. */
export type LoadedRun = FixedRun & { readonly state: RunState };

/** What of a run never changes while it runs, its number aside. */
export type FixedRun = RunIdentity & { readonly info: RunInfo; readonly facts: RunFacts };

/** The shell around `decide`: loads a run, applies what an event makes of it in one transaction, tells who waits. */
export type Engine = {
  /** Queues a run and starts what can start. @returns its id; the run is committed */
  queue(input: QueueInput): Promise<LoadedRun>;
  /** Applies an event; does nothing for a run that is over. */
  apply(runId: number, event: RunEvent): Promise<void>;
  /** As `apply`, with more work in the same transaction; `work` says whether the event still counts. */
  applyIf(runId: number, event: RunEvent, work: (writer: Writer<DevopsTables>) => Promise<boolean>): Promise<boolean>;
  /** Gives a run another number, visible at once. */
  rename(runId: number, number: string): Promise<void>;
  load(runId: number): Promise<LoadedRun | undefined>;
  loadPlan(planId: string): Promise<LoadedRun | undefined>;
  /** As `loadPlan` without where the run stands: for the many requests that only need to know whose they are. */
  findPlan(planId: string): Promise<FixedRun | undefined>;
  /** The pool that jobs of a plan go to. */
  readonly poolId: number;
};

/** Published when a run gets a new deadline, so that the sweep looks sooner. */
export const deadlinesTopic = 'devops/deadlines';

/** Makes the engine. @param poolId the pool of the embedded agents */
export function createEngine(deps: DevopsDeps, feed: Feed, poolId: number): Engine {
  const { store, vault } = deps;
  // Plans never change: the last few are kept parsed.
  const fixed = new Map<number, FixedRun>();
  const remember = (runId: number, value: FixedRun) => {
    if (fixed.size >= 50) fixed.delete(fixed.keys().next().value as number);
    fixed.set(runId, value);
  };
  const collectionUri = () => `${deps.baseUrl()}/${ORGANISATION}/`;

  const loadFixed = async (
    reader: Pick<Writer<DevopsTables>, 'selectFrom'>,
    runId: number,
  ): Promise<FixedRun | undefined> => {
    const known = fixed.get(runId);
    if (known) return known;
    const row = await reader.selectFrom('devops_runs').selectAll().where('id', '=', runId).executeTakeFirst();
    if (!row) return undefined;
    const info = openDocument<RunInfo>(vault, row.info);
    const identity: RunIdentity = {
      runId,
      planId: row.plan_id,
      number: row.number,
      collectionUri: collectionUri(),
      queuedAt: row.queue_time,
    };
    const facts: RunFacts = {
      plan: openDocument<Plan>(vault, row.plan),
      system: runVariables(identity, info),
      variables: info.variables,
      groups: info.groups ?? {},
    };
    const value = { ...identity, info, facts };
    remember(runId, value);
    return value;
  };
  const loadState = async (reader: Pick<Writer<DevopsTables>, 'selectFrom'>, runId: number): Promise<RunState> => {
    const row = await reader
      .selectFrom('devops_run_states')
      .select('state')
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow();
    return openDocument<RunState>(vault, row.state);
  };

  const load = async (runId: number): Promise<LoadedRun | undefined> => {
    const value = await loadFixed(store.read, runId);
    return value && { ...value, state: await loadState(store.read, runId) };
  };

  /** Carries transitions out in the transaction; answers what is to be done after the commit. */
  const carryOut = async (
    writer: Writer<DevopsTables>,
    run: FixedRun,
    at: string,
    transitions: readonly Transition[],
  ): Promise<(() => void)[]> => {
    const after: (() => void)[] = [];
    const job = (jobId: string) => ({ runId: run.runId, planId: run.planId, jobId, at });
    const records = transitions.flatMap((one) => (one.kind === 'record' ? [one.update as RecordWrite] : []));
    for (const group of batches(records))
      await writeRecords(writer, vault, run.planId, at, group, { appendIssues: true });
    for (const one of transitions) {
      switch (one.kind) {
        case 'record':
          break;
        case 'start':
          if (planJob(run.facts, one.leg.stage, one.leg.job).pool.kind === 'server') {
            await addWait(writer, job(one.leg.jobId));
            after.push(() => deps.events.publish(waitsTopic));
          } else {
            await enqueue(writer, { ...job(one.leg.jobId), poolId });
            // Told now too: an agent that waits claims the job behind this work, in the same commit.
            deps.events.publish(poolTopic(poolId));
            after.push(() => {
              deps.events.publish(poolTopic(poolId));
              deps.onJobQueued?.(poolId);
            });
          }
          break;
        case 'cancel': {
          await cancelWait(writer, run.planId, one.leg.jobId, at);
          const session = await sendCancellation(writer, run.planId, one.leg.jobId, one.seconds);
          after.push(() => {
            if (session) deps.events.publish(sessionTopic(session));
            deps.events.publish(waitsTopic);
          });
          break;
        }
        case 'withdraw':
          await finish(writer, run.planId, one.leg.jobId, at, one.result);
          await removeWait(writer, run.planId, one.leg.jobId);
          if (one.result === 'abandoned' || one.result === 'canceled')
            await closeOpenRecords(writer, vault, run.planId, one.leg.jobId, at, one.result as TimelineResult);
          break;
        case 'completed':
          after.push(() => {
            feed.drop(run.runId);
            deps.onRunEnded?.();
          });
          break;
      }
    }
    return after;
  };

  const saveState = async (writer: Writer<DevopsTables>, runId: number, state: RunState) => {
    await writer
      .updateTable('devops_run_states')
      .set({ state: sealDocument(vault, state) })
      .where('run_id', '=', runId)
      .execute();
    await writer
      .updateTable('devops_runs')
      .set({ state: state.state, result: state.result ?? null, next_due: nextDeadline(state) ?? null })
      .where('id', '=', runId)
      .execute();
  };

  const tell = (runId: number, after: readonly (() => void)[]) => {
    for (const action of after) action();
    // Who watches reads much: the agent or client whose event this was is answered first.
    setImmediate(() => {
      deps.events.publish(runTopic(runId));
      deps.events.publish(feedTopic(runId));
      deps.events.publish(deadlinesTopic);
    });
  };

  const applyIf: Engine['applyIf'] = async (runId, event, work) => {
    let after: (() => void)[] = [];
    const counted = await store.write(async (writer) => {
      if (!(await work(writer))) return false;
      const run = await loadFixed(writer, runId);
      if (!run) return false;
      const before = await loadState(writer, runId);
      const { state, transitions } = decide(run.facts, before, event);
      if (state === before) return true;
      after = await carryOut(writer, run, event.at, transitions);
      await saveState(writer, runId, state);
      return true;
    });
    if (counted) tell(runId, after);
    return counted;
  };

  const runOfPlan = async (planId: string): Promise<number | undefined> => {
    for (const run of fixed.values()) if (run.planId === planId) return run.runId;
    const row = await store.read
      .selectFrom('devops_timelines')
      .select('run_id')
      .where('plan_id', '=', planId)
      .executeTakeFirst();
    return row?.run_id;
  };

  return {
    poolId,
    load,
    applyIf,
    async loadPlan(planId) {
      const runId = await runOfPlan(planId);
      return runId === undefined ? undefined : load(runId);
    },
    async findPlan(planId) {
      const runId = await runOfPlan(planId);
      return runId === undefined ? undefined : loadFixed(store.read, runId);
    },
    async rename(runId, number) {
      await store.write((writer) =>
        writer.updateTable('devops_runs').set({ number }).where('id', '=', runId).execute(),
      );
      fixed.delete(runId);
    },
    async apply(runId, event) {
      await applyIf(runId, event, async () => true);
    },
    async queue(input) {
      const at = deps.clock.now();
      const queuedAt = at.toISOString();
      const planId = newGuid();
      let after: (() => void)[] = [];
      const loaded = await store.write(async (writer) => {
        const { runId, number } = await numberOfRun(writer, input, at);
        const identity: RunIdentity = { runId, planId, number, collectionUri: collectionUri(), queuedAt };
        const system = runVariables(identity, { ...input.info, variables: {} });
        const variables = await rootVariables(writer, input, system);
        const info: RunInfo = { ...input.info, variables };
        const run: FixedRun = {
          ...identity,
          info,
          facts: { plan: input.plan, system, variables, groups: info.groups ?? {} },
        };
        const { state, transitions } = decide(run.facts, initialState(input.plan), { kind: 'queued', at: queuedAt });
        await writer
          .insertInto('devops_runs')
          .values({
            id: runId,
            project_id: info.project.id,
            definition_id: info.definition.id,
            plan_id: planId,
            number,
            state: state.state,
            result: state.result ?? null,
            queue_time: queuedAt,
            next_due: nextDeadline(state) ?? null,
            info: sealDocument(vault, info),
            plan: sealDocument(vault, input.plan),
          })
          .execute();
        await writer
          .insertInto('devops_timelines')
          .values({ plan_id: planId, run_id: runId, change_id: 0, last_log: 0 })
          .execute();
        await writer
          .insertInto('devops_run_states')
          .values({ run_id: runId, state: sealDocument(vault, state) })
          .execute();
        const records = initialRecords(input.plan).map((update) => ({ kind: 'record', update }) as const);
        after = await carryOut(writer, run, queuedAt, [...records, ...transitions]);
        remember(runId, run);
        return { ...run, state };
      });
      tell(loaded.runId, after);
      return loaded;
    },
  };
}

/** Databases limit the parameters of one statement: records are written a hundred at a time. */
function batches<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / 100) }, (_, index) => all.slice(index * 100, index * 100 + 100));
}
