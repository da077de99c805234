import { expireClaims, poolTopic } from '../agents/queue.ts';
import type { Renewals } from '../agents/renewals.ts';
import type { DevopsDeps } from '../deps.ts';
import { deadlinesTopic, type Engine } from './engine.ts';
import type { ServerJobs } from './server-jobs.ts';
import { waitsTopic } from './waits.ts';

/** The one timer of the engine: it rings at the earliest deadline of anything and looks at what is due. */
export type Sweep = {
  /** Recovers what a former process left: claims get their full time anew, waiting server jobs are looked at. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Looks now; for tests and for agents known to have ended. */
  run(): Promise<void>;
};

/** How long the sweep sleeps when nothing is due: the safety net under the events. */
const IDLE_MS = 30_000;
const SHORTEST_MS = 20;
/** What is due and can't be done now (a full disk) is tried again after this long. */
const PAUSE_MS = 1000;

/** Makes the sweep. */
export function createSweep(deps: DevopsDeps, engine: Engine, serverJobs: ServerJobs, renewals: Renewals): Sweep {
  const { store, clock } = deps;
  let stopped = true;
  let cancelTimer = () => {};
  let running: Promise<void> | undefined;
  let again = false;
  /** Something is due that had to be left. */
  let paused = false;
  const work = new Set<Promise<void>>();

  const look = async () => {
    const at = clock.now().toISOString();
    const due = await store.read
      .selectFrom('devops_runs')
      .select('id')
      .where('state', '!=', 'completed')
      .where('next_due', '<=', at)
      .execute();
    for (const { id } of due) await engine.apply(id, { kind: 'tick', at });
    await expire(at);
    const waits = await store.read
      .selectFrom('devops_waits')
      .select(['plan_id', 'job_id'])
      .where('next_look', '<=', at)
      .execute();
    for (const wait of waits) {
      // Each job on its own: a slow answer for one must not hold up the others.
      const one = serverJobs
        .work(wait.plan_id, wait.job_id)
        .catch((error: unknown) => deps.log.error({ error, jobId: wait.job_id }, 'a server job could not go on'))
        .finally(() => work.delete(one));
      work.add(one);
    }
  };

  const expire = async (at: string) => {
    const overdue = await store.read
      .selectFrom('devops_requests')
      .select('id')
      .where('state', 'in', ['assigned', 'running'])
      .where('locked_until', '<=', at)
      .limit(1)
      .executeTakeFirst();
    if (!overdue) return;
    const { lost, requeued } = await store.write((writer) => expireClaims(writer, at));
    for (const request of lost) {
      if (renewals.holds(request.id, at)) {
        paused = true;
        continue;
      }
      await engine.applyIf(
        request.run_id,
        {
          kind: 'jobCompleted',
          jobId: request.job_id,
          at,
          result: 'abandoned',
          outputs: {},
          message: `Agent ${request.agent_name} stopped answering while it ran the job. The job is not run again by itself: start a new run.`,
        },
        // Renewed in the meantime: the claim holds.
        async (writer) =>
          (await writer
            .selectFrom('devops_requests')
            .select('id')
            .where('id', '=', request.id)
            .where('state', '=', 'running')
            .where('locked_until', '<=', at)
            .executeTakeFirst()) !== undefined,
      );
    }
    for (const poolId of new Set(requeued.map((request) => request.pool_id))) {
      deps.events.publish(poolTopic(poolId));
      deps.onJobQueued?.(poolId);
    }
  };

  const nextTime = async (): Promise<string | undefined> => {
    const { min } = store.read.fn;
    const runs = await store.read
      .selectFrom('devops_runs')
      .select(min('next_due').as('at'))
      .where('state', '!=', 'completed')
      .executeTakeFirst();
    const claims = await store.read
      .selectFrom('devops_requests')
      .select(min('locked_until').as('at'))
      .where('state', 'in', ['assigned', 'running'])
      .executeTakeFirst();
    const waits = await store.read
      .selectFrom('devops_waits')
      .select(['plan_id', 'job_id', 'next_look'])
      .where('next_look', 'is not', null)
      .orderBy('next_look')
      .execute();
    // What is being worked on rings by itself when the work ends.
    const wait = waits.find((one) => !serverJobs.isBusy(one.plan_id, one.job_id));
    return [runs?.at, claims?.at, wait?.next_look].filter((at) => typeof at === 'string').sort()[0];
  };

  const run = (): Promise<void> => {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      do {
        again = false;
        paused = false;
        await look().catch((error: unknown) => {
          paused = true;
          deps.log.error({ error }, 'the sweep failed');
        });
      } while (again && !stopped);
      running = undefined;
      await schedule();
    })();
    return running;
  };

  const schedule = async () => {
    if (stopped) return;
    const next = await nextTime().catch(() => undefined);
    const left = next === undefined ? IDLE_MS : Date.parse(next) - clock.now().getTime();
    cancelTimer();
    if (!stopped)
      cancelTimer = clock.after(Math.min(IDLE_MS, Math.max(paused ? PAUSE_MS : SHORTEST_MS, left)), () => void run());
  };

  let unsubscribe: (() => void)[] = [];
  return {
    run,
    async start() {
      stopped = false;
      const now = clock.now();
      // While no server ran, no agent could renew its claim.
      const until = new Date(now.getTime() + (deps.lockSeconds ?? 30) * 1000).toISOString();
      await store.write(async (writer) => {
        await writer
          .updateTable('devops_requests')
          .set({ locked_until: until })
          .where('state', 'in', ['assigned', 'running'])
          .execute();
        await writer.updateTable('devops_waits').set({ next_look: now.toISOString() }).execute();
      });
      unsubscribe = [
        deps.events.subscribe(waitsTopic, () => void (stopped ? undefined : run())),
        deps.events.subscribe(deadlinesTopic, () => void (running || stopped ? undefined : schedule())),
      ];
      await run();
      const queued = await store.read
        .selectFrom('devops_requests')
        .select('pool_id')
        .distinct()
        .where('state', '=', 'queued')
        .execute();
      for (const { pool_id } of queued) deps.onJobQueued?.(pool_id);
    },
    async stop() {
      stopped = true;
      cancelTimer();
      for (const end of unsubscribe) end();
      await running;
      await Promise.allSettled([...work]);
    },
  };
}
