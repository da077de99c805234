// The public face of the DevOps side: the run engine, its REST API, the server's own tasks.
import type { FastifyInstance } from 'fastify';
import type { CallingJob } from '../contracts/caller.ts';
import { createService } from '../http/index.ts';
import { createMessages } from './agents/messages.ts';
import { DEFAULT_POOL, ensureDefaultPool } from './agents/pools.ts';
import { depthOf, expireAgent } from './agents/queue.ts';
import { createRenewals } from './agents/renewals.ts';
import { addApi } from './api/index.ts';
import { type AgentTaskCatalog, type DevopsDeps, ORGANISATION } from './deps.ts';
import { ensureDefaultProject } from './projects.ts';
import { createQueueRun } from './queue-run.ts';
import { createEngine } from './runs/engine.ts';
import { createFeed } from './runs/feed.ts';
import { variablesOfJob } from './runs/job-message.ts';
import { createLogs } from './runs/logs.ts';
import { writeNotice } from './runs/notices.ts';
import { createServerJobs } from './runs/server-jobs.ts';
import { findLeg } from './runs/state.ts';
import { createSweep } from './runs/sweep.ts';
import { serverTasks } from './servertasks/registry.ts';
import { devopsError } from './wire/errors.ts';

export { DEFAULT_POOL } from './agents/pools.ts';
export { type AgentTaskCatalog, type DevopsDeps, ORGANISATION, type RunForEnvironment } from './deps.ts';
export { type DevopsTables, devopsMigrations } from './tables.ts';

/** Manifests of the tasks that run on the server, for checking a pipeline without one. */
export const serverTaskManifests = serverTasks.map((task) => task.manifest);

/** The agents' tasks and the server's as one catalog: what a pipeline may name. */
export function withServerTasks(agents: AgentTaskCatalog): AgentTaskCatalog {
  const all = [...agents.all(), ...serverTaskManifests];
  return {
    all: () => all,
    serviceTask: agents.serviceTask,
    serviceTasks: agents.serviceTasks,
    find: (nameOrId, majorVersion) =>
      agents.find(nameOrId, majorVersion) ??
      serverTaskManifests.find(
        (one) =>
          [one.name.toLowerCase(), one.id.toLowerCase()].includes(nameOrId.toLowerCase()) &&
          String(one.version.Major) === majorVersion.split('.')[0],
      ),
  };
}

export type Devops = {
  readonly service: FastifyInstance;
  /** Goes on where the last server stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** How many runs have not ended. */
  activeRuns(): Promise<number>;
  /** The process of an agent is known to have ended: a job that it still held is lost now, not only when its claim runs out. */
  agentGone(name: string): Promise<void>;
  /** Says in the run of a job what was made because the job named it. Does nothing for a job that no run has. */
  notice(job: CallingJob, line: string): Promise<void>;
  /** Whether a run of `millrace run` was canceled and has ended: what its steps set going elsewhere is to end too. */
  wasInterrupted(planId: string): Promise<boolean>;
  /** How many jobs wait for an agent of the default pool. */
  queueDepth(): Promise<number>;
};

const HOSTS = /^(dev\.azure\.com|[a-z0-9-]+\.visualstudio\.com|vssps\.dev\.azure\.com)$/;

/** Whether the DevOps API is the one meant by a public host name. */
export const devopsHosts = (host: string): boolean => HOSTS.test(host) && !host.startsWith('dc.services.');

/** On a loopback address everything that no other service claims. */
export const devopsPrefixes = ['*'] as const;

/** Makes the DevOps side. */
export function createDevops(deps: DevopsDeps): Devops {
  const tasks = withServerTasks(deps.tasks);
  const feed = createFeed(deps.events);
  const logs = createLogs(deps.store, deps.files, () => deps.clock.now());
  const engine = createEngine(deps, feed, DEFAULT_POOL.id);
  const serverJobs = createServerJobs(deps, engine, logs, feed, serverTasks);
  const messages = createMessages(deps, engine);
  const queueRun = createQueueRun(deps, engine, tasks);
  const renewals = createRenewals(deps.store);
  const sweep = createSweep(deps, engine, serverJobs, renewals);
  const service = createService({
    name: 'devops',
    log: deps.log,
    authenticate: deps.authenticate,
    toWire: devopsError,
    unlisted: { paths: /\/_apis(\/|$)/i },
    headRoutes: false,
  });
  addApi(service, {
    deps,
    engine,
    logs,
    feed,
    messages,
    renewals,
    serverJobs,
    queueRun,
    tasks,
    collectionUri: () => `${deps.baseUrl()}/${ORGANISATION}/`,
  });
  return {
    service,
    async start() {
      const at = deps.clock.now().toISOString();
      await ensureDefaultProject(deps.store, at);
      await ensureDefaultPool(deps.store, at);
      await sweep.start();
      const depth = await depthOf(deps.store.read, DEFAULT_POOL.id);
      for (let job = 0; job < depth; job++) deps.onJobQueued?.(DEFAULT_POOL.id);
    },
    async stop() {
      await sweep.stop();
    },
    async activeRuns() {
      const row = await deps.store.read
        .selectFrom('devops_runs')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('state', '!=', 'completed')
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    async agentGone(name) {
      await deps.store.write((writer) => expireAgent(writer, name, deps.clock.now().toISOString()));
      await sweep.run();
    },
    async notice({ planId, jobId }, line) {
      const run = await engine.loadPlan(planId);
      if (run && findLeg(run.state, jobId)) await writeNotice(deps, run, jobId, line, variablesOfJob(run, jobId));
    },
    async wasInterrupted(planId) {
      const run = await engine.loadPlan(planId);
      return run?.state.state === 'completed' && run.state.result === 'canceled' && run.info.options.local === true;
    },
    queueDepth: () => depthOf(deps.store.read, DEFAULT_POOL.id),
  };
}
