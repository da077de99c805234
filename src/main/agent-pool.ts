import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../kernel/log.ts';
import type { AgentSettings } from './agent-settings.ts';
import { freeSlot, holdSlot, slotFolder } from './agent-slots.ts';
import type { Installation } from './installation.ts';

/** The embedded pool: agent processes on this machine, started on demand, one kept warm. */
export type AgentPool = {
  /** Starts the warm agent's process, which gets ready to hear where the server is: both starts at one time. */
  prepare(): void;
  /** The server answers: agents are told where, and what they may show it. */
  start(server: PoolServer): void;
  /** A job waits: starts an agent for every waiting job that no idle one is there to take, within the limit. */
  jobQueued(): void;
  /** Ends idle agents at once; busy ones go on, and find the next server by the server file. */
  stop(): void;
  /** Ends every agent, busy or not, and resolves when they are gone. */
  kill(): Promise<void>;
};

export type AgentPoolOptions = {
  readonly installation: Installation;
  readonly home: string;
  /** Agents at one time. */
  readonly limit: number;
  readonly env: NodeJS.ProcessEnv;
  /** Whether an agent that ends is followed by one that waits; else only when a job is there for it: a server that lives for one run. */
  readonly keepWarm: boolean;
};

/** The server whose jobs the agents run. */
export type PoolServer = {
  readonly url: string;
  readonly poolId: number;
  readonly log: Log;
  token(name: string): Promise<string>;
  /** How many jobs no agent has taken yet. */
  waitingJobs(): Promise<number>;
  /** An agent's process has ended, by itself or by force. */
  onExit(name: string): void;
};

type Agent = { readonly slot: number; readonly child: ChildProcess; state: 'idle' | 'busy' };

/** After a job was taken, the next warm agent waits this long, so that its start does not slow the job's. Milliseconds. */
const WARM_DELAY = 400;

/** Pauses between tries after an agent that could not be started. Milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 15_000;

/** Makes the pool. An agent runs one job and ends; it says `busy` on its third stream when it has taken one. */
export function createAgentPool(options: AgentPoolOptions): AgentPool {
  const agents = new Set<Agent>();
  const started = Promise.withResolvers<PoolServer>();
  let server: PoolServer | undefined;
  let stopping = false;
  let warmTimer: NodeJS.Timeout | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  /** Agents in a row that did not come to anything. */
  let failures = 0;
  const idle = () => [...agents].filter((agent) => agent.state === 'idle').length;

  const warm = (wanted: number) => {
    while (!stopping && retryTimer === undefined && idle() < wanted && agents.size < options.limit) {
      launch().catch(later);
    }
  };
  /** Starts an agent for each job that waits and that no idle one will take, as many as may run at one time. */
  const meetDemand = () => {
    if (stopping) return;
    server
      ?.waitingJobs()
      .then(warm, (error: unknown) => server?.log.error({ error }, 'jobs that wait were not looked for'));
  };
  /** Agents that end at once, or can't begin (a full disk), are tried again after a growing while, not in a tight loop. */
  const later = (error: unknown) => {
    failures++;
    void started.promise.then(({ log }) => log.error({ error, failures }, 'an agent could not be started'));
    retryTimer ??= setTimeout(
      () => {
        retryTimer = undefined;
        warm(1);
      },
      Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures),
    ).unref();
  };

  const launch = async () => {
    const slot = freeSlot(options.home, new Set([...agents].map((agent) => agent.slot)));
    const folder = slotFolder(options.home, slot);
    mkdirSync(folder, { recursive: true });
    const logFile = openSync(join(folder, 'agent.log'), 'a', 0o600);
    // Detached: a job outlives the server that gave it out, and reports to the next one.
    const child = spawn(
      process.execPath,
      [...options.installation.nodeOptions, options.installation.program('agent'), options.home],
      {
        detached: true,
        stdio: ['pipe', logFile, logFile, 'pipe'],
        env: options.env,
        cwd: folder,
      },
    );
    closeSync(logFile);
    const agent: Agent = { slot, child, state: 'idle' };
    agents.add(agent);
    if (child.pid !== undefined) holdSlot(options.home, slot, child.pid);
    child.on('error', (error) => {
      agents.delete(agent);
      if (!stopping) later(error);
    });
    child.on('exit', (code) => {
      agents.delete(agent);
      if (stopping) return;
      server?.onExit(`local-${slot}`);
      if (agent.state === 'idle' && code !== 0) return later(new Error(`agent ${slot} ended with ${code}`));
      failures = 0;
      if (options.keepWarm) warm(1);
      meetDemand();
    });
    const signals = child.stdio[3] as NodeJS.ReadableStream & { unref?: () => void };
    signals.on('data', () => {
      agent.state = 'busy';
      meetDemand();
      warmTimer ??= setTimeout(() => {
        warmTimer = undefined;
        warm(1);
      }, WARM_DELAY).unref();
    });
    child.unref();
    signals.unref?.();
    const name = `local-${slot}`;
    // The settings hold a token: by a pipe, so that no process list and no child's environment shows it.
    child.stdin?.on('error', () => {});
    const { url, poolId, token } = await started.promise;
    const settings: AgentSettings = {
      url,
      serverFile: join(options.home, 'server.json'),
      token: await token(name),
      poolId,
      name,
      workFolder: join(folder, '_work'),
    };
    child.stdin?.end(JSON.stringify(settings));
  };

  return {
    prepare: () => warm(1),
    start(running) {
      server = running;
      started.resolve(running);
      warm(1);
    },
    jobQueued() {
      warm(1);
      meetDemand();
    },
    stop() {
      stopping = true;
      clearTimeout(warmTimer);
      clearTimeout(retryTimer);
      for (const agent of agents) if (agent.state === 'idle') agent.child.kill('SIGTERM');
    },
    async kill() {
      stopping = true;
      clearTimeout(warmTimer);
      clearTimeout(retryTimer);
      await Promise.all(
        [...agents].map(
          (agent) =>
            new Promise<void>((resolve) => {
              agent.child.ref();
              if (agent.child.exitCode !== null || agent.child.signalCode !== null) return resolve();
              agent.child.once('exit', () => resolve());
              agent.child.kill('SIGTERM');
            }),
        ),
      );
    },
  };
}
