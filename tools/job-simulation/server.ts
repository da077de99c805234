import { silentLog } from '../../src/kernel/log.ts';
import { type ActiveJob, runJob } from '../../src/ml/jobs/active-job.ts';
import type { DataReferences } from '../../src/ml/jobs/data-reference.ts';
import { readLoopItems } from '../../src/ml/jobs/loop-items.ts';
import { hasNamedOutputs } from '../../src/ml/jobs/register-outputs.ts';
import { outputOf } from '../../src/ml/jobs/run-values.ts';
import type { RunValue, Workspace } from '../../src/ml/types.ts';
import { execute, saidBy, takeUp, type World, write } from './world.ts';

export const WORKSPACE: Workspace = {
  id: 'w',
  subscriptionId: 's',
  resourceGroup: 'g',
  name: 'ws',
  location: 'eastus',
  storageAccount: 'a',
  createdAt: '2026-01-01T00:00:00.000Z',
};

/** Places are all that a simulated run needs of its data. */
export const DATA: DataReferences = {
  resolve: async (_workspace, uri) => ({ uri }),
  resolveOutput: async (_workspace, uri) => ({ uri }),
  localPath: async (_workspace, uri) => uri,
  withLocal: (_workspace, uri, _signal, use) => use(uri, false),
};

/** Something that a server waits for, and that the schedule lets happen. */
export type Pending = {
  readonly kind: 'step' | 'commit' | 'timer' | 'ended';
  /** Does it, and lets the server go on. */
  happen(): void | Promise<void>;
  /** Lets it fail, where it can. */
  fail?(): void;
  /** Does it without the server's hearing of it. */
  unheard?(): void | Promise<void>;
};

export type Server = {
  readonly pending: Pending[];
  readonly jobs: Map<string, ActiveJob>;
  /** Takes up a job whose rows are there. */
  open(job: string, recovered: boolean): void;
};

/** A server on a world. To kill it, forget it: what it waits for never comes. */
export function startServer(world: World, now: () => Date): Server {
  const pending: Pending[] = [];
  const jobs = new Map<string, ActiveJob>();
  const wait = (kind: Pending['kind'], act: () => void | Promise<void>, canFail = false) =>
    new Promise<void>((resolve, reject) => {
      pending.push({
        kind,
        async happen() {
          await act();
          resolve();
        },
        unheard: act,
        ...(canFail ? { fail: () => reject(new Error('the disk is full')) } : {}),
      });
    });
  const step = () => wait('step', () => {});
  const leave = new AbortController().signal;
  const gather = async (
    uri: (name: string) => string | undefined,
    values: Record<string, (RunValue | undefined)[]>,
  ) => {
    const outputs: Record<string, RunValue> = {};
    for (const [name, list] of Object.entries(values)) {
      const place = uri(name) as string;
      world.data.set(place, list.map((value) => (value && saidBy(world, value)) ?? '').join('+'));
      outputs[name] = { kind: 'asset', type: 'mltable', uri: place };
    }
    return outputs;
  };
  return {
    pending,
    jobs,
    open(job, recovered) {
      const active = runJob(
        {
          clock: {
            now,
            after(_milliseconds, wake) {
              const timer: Pending = { kind: 'timer', happen: wake };
              pending.push(timer);
              return () => {
                const at = pending.indexOf(timer);
                if (at >= 0) pending.splice(at, 1);
              };
            },
          },
          log: silentLog,
          tracking: { ensureRuns: async () => ({ experimentId: 'e' }), setStatuses: async () => {} },
          commit: (_workspace, name, change) => {
            // As it is now: what happens until the write is another's.
            const now = { ...change, states: new Map(change.states), added: [...change.added] };
            return wait('commit', () => write(world, name, now), true);
          },
          execute: (run) => execute(world, run, step),
          wasLaunched: async (plan) => {
            await step();
            return world.launches.has(plan.launchId);
          },
          lead: async () => ({ status: 'Failed' }),
          register: (_workspace, plan, outputs) =>
            hasNamedOutputs(plan) ? wait('step', () => world.assets.register({ plan, state: { outputs } })) : step(),
          async findReusable(_workspace, key) {
            await step();
            const row = world.rows.get(world.reusable.get(key) ?? '');
            return row;
          },
          readItems: (workspace, text, body) => readLoopItems(DATA, workspace, text, body),
          async gather(_workspace, loop, iterations) {
            await step();
            const last = iterations.at(-1);
            if (loop.work.kind !== 'parallel_for' || !last) {
              const names = Object.keys(loop.outputs).map((name) => [name, outputOf(last, name)] as const);
              return Object.fromEntries(names.filter((entry): entry is [string, RunValue] => entry[1] !== undefined));
            }
            const names = Object.keys(loop.outputs);
            return gather(
              (name) => loop.outputs[name]?.uri,
              Object.fromEntries(names.map((name) => [name, iterations.map((run) => outputOf(run, name))])),
            );
          },
          resolve: async (_workspace, uri) => uri,
          leave,
        },
        WORKSPACE,
        job,
        takeUp(world, job),
        recovered,
        () =>
          wait('ended', () => {
            world.ended.add(job);
          }),
      );
      jobs.set(job, active);
      active.post({ kind: 'advance' });
    },
  };
}
