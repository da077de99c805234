import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AgentMessage, JobRequest } from '../contracts/agent.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { type Log, silentLog } from '../kernel/log.ts';
import { type Connection, openConnection, ServerRefusal, UNREACHABLE_MS } from './connection.ts';
import { type JobOptions, type PreparedJob, prepareJob, runJob } from './job.ts';
import type { Graces } from './processes.ts';
import { rehearseWhenIdle } from './rehearsal.ts';
import { keepClaim, openSession, type Session } from './session.ts';
import type { TaskLoader } from './task-loader.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

export type { TaskLoader } from './task-loader.ts';

export type AgentOptions = {
  /** The organisation's URL: `http://127.0.0.1:8460/millrace`. */
  readonly url: string;
  /** The server's own address file, read again for its URL and token when the server can't be reached. */
  readonly serverFile?: string;
  readonly token: string;
  readonly poolId: number;
  readonly name: string;
  readonly version?: string;
  /** Holds the folders of all jobs. One agent at a time uses it. */
  readonly workFolder: string;
  /** `Agent.HomeDirectory`: where Millrace is installed. */
  readonly homeFolder?: string;
  readonly tasks: TaskLoader;
  /** What steps inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends after one job. */
  readonly once: boolean;
  /** Asks the agent to end: a running job is canceled first. */
  readonly signal: AbortSignal;
  /** Called when a job has been acknowledged and begins: the agent is no longer free. */
  readonly onJob?: () => void;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly graces?: Graces;
  /** How long it stays without a server while it has no job, in milliseconds; for tests. */
  readonly idleAwayMs?: number;
};

/** Flushing the logs needs this much of a job's cancel time; a cancel time is never shorter than a minute (agent source). */
const flushMs = 15_000;
/**
 * How long an agent for one job stays without a server while it has no job, in milliseconds: the server started it, and the next
 * one starts its own. An agent with a job, or one that was set up to stay, waits for ten minutes.
 */
const idleAwayMs = 15_000;
const patienceOf = (options: AgentOptions) => options.idleAwayMs ?? (options.once ? idleAwayMs : UNREACHABLE_MS);
const shortestCancelMs = 60_000;

/**
 * Runs an agent: opens a session with its pool, waits for jobs, runs each, reports it, and after one job (`once`) or when
 * the signal aborts, ends.
 * @returns the exit code: 0 when it ended as asked, 1 when the server refused it or was away for ten minutes
 */
export async function runAgent(options: AgentOptions): Promise<number> {
  const log = options.log ?? silentLog;
  const workFolder = resolve(options.workFolder);
  mkdirSync(workFolder, { recursive: true });
  const connection = openConnection(options);
  const watchdog = startWatchdog();
  let session: Session | undefined;
  let callOff = () => {};
  try {
    session = await open(options, connection);
    callOff = rehearseWhenIdle({ ...jobSettings(options), workFolder, connection, poolId: options.poolId });
    for (;;) {
      const message = await nextMessage(options, connection, session, (fresh) => {
        session = fresh;
      });
      const isJob = message.messageType === 'PipelineAgentJobRequest';
      if (isJob) callOff();
      const [isOurs, read] = await Promise.all([
        session.acknowledge(message.messageId, options.signal),
        isJob ? readJob({ ...options, workFolder }, connection, watchdog, message) : undefined,
      ]);
      if (!isOurs) {
        log.info({ messageId: message.messageId }, 'a message was no longer for this agent');
        continue;
      }
      if (!read) continue;
      options.onJob?.();
      await runReadJob(options, read, session, log);
      if (options.once || options.signal.aborted) return 0;
    }
  } catch (error) {
    if (options.signal.aborted) return 0;
    log.error({ error: messageOf(error) }, 'the agent ends');
    return 1;
  } finally {
    callOff();
    await session?.close();
    watchdog.close();
    connection.close();
  }
}

/** What of an agent's settings each of its jobs runs with. */
function jobSettings(options: AgentOptions) {
  return {
    agentName: options.name,
    agentVersion: options.version ?? '0.0.0',
    workFolder: options.workFolder,
    homeFolder: options.homeFolder ?? options.workFolder,
    tasks: options.tasks,
    env: options.env,
    clock: options.clock ?? systemClock,
  };
}

function open(options: AgentOptions, connection: Connection): Promise<Session> {
  return openSession({
    connection,
    poolId: options.poolId,
    name: options.name,
    version: options.version ?? '0.0.0',
    capabilities: { 'Agent.Name': options.name, 'Agent.OS': process.platform === 'darwin' ? 'Darwin' : 'Linux' },
    signal: options.signal,
    retryMs: patienceOf(options),
  });
}

/** The next message; a session that the server has forgotten is opened anew. */
async function nextMessage(
  options: AgentOptions,
  connection: Connection,
  session: Session,
  replace: (fresh: Session) => void,
): Promise<AgentMessage> {
  let current = session;
  for (;;) {
    try {
      return await current.next(options.signal, patienceOf(options));
    } catch (error) {
      if (!(error instanceof ServerRefusal) || error.status !== 404) throw error;
      current = await open(options, connection);
      replace(current);
    }
  }
}

type ReadJob = {
  readonly settings: JobOptions;
  readonly prepared: PreparedJob;
  /** Aborts `settings.expired`. */
  readonly expired: AbortController;
};

/** Reads a job's message while the server hears that it has come; nothing of the job happens before that is answered. */
async function readJob(
  options: AgentOptions,
  connection: Connection,
  watchdog: Watchdog,
  message: AgentMessage,
): Promise<ReadJob> {
  // The acknowledgement leaves first.
  await nextTurn();
  const expired = new AbortController();
  const settings: JobOptions = {
    ...jobSettings(options),
    connection,
    job: JSON.parse(message.body) as JobRequest,
    watchdog,
    canceled: new AbortController(),
    lost: new AbortController(),
    expired: expired.signal,
    asked: options.signal,
    ...(options.graces ? { graces: options.graces } : {}),
  };
  return { settings, prepared: prepareJob(settings), expired };
}

/** Runs an acknowledged job, keeps its claim, and listens for its cancellation meanwhile. */
async function runReadJob(options: AgentOptions, read: ReadJob, session: Session, log: Log): Promise<void> {
  const { connection, job, clock, canceled, lost } = read.settings;
  const listening = new AbortController();
  const expire = (timeoutMs: number) => {
    const cancelMs = Math.max(shortestCancelMs, timeoutMs);
    clock.after(cancelMs - flushMs, () => read.expired.abort());
  };
  canceled.signal.addEventListener('abort', () => expire(cancelTime.milliseconds), { once: true });
  const cancelTime = { milliseconds: job.cancelTimeoutInMinutes * 60_000 };
  const stopClaim = keepClaim(connection, options.poolId, job, clock, (error) => {
    log.warn({ error: messageOf(error), jobId: job.jobId }, 'the claim on the job is lost: it stops');
    lost.abort();
  });
  const onEnd = () => canceled.abort();
  if (options.signal.aborted) canceled.abort();
  options.signal.addEventListener('abort', onEnd, { once: true });
  const cancellation = listenForCancellation(session, job.jobId, listening.signal, (timeoutSeconds) => {
    if (timeoutSeconds > 0) cancelTime.milliseconds = timeoutSeconds * 1000;
    canceled.abort();
  });
  try {
    const result = await runJob(read.settings, read.prepared);
    log.info({ jobId: job.jobId, result }, 'a job has ended');
  } catch (error) {
    log.error({ error: messageOf(error), jobId: job.jobId }, 'a job could not be reported');
  } finally {
    stopClaim();
    listening.abort();
    options.signal.removeEventListener('abort', onEnd);
    await cancellation;
  }
}

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

async function listenForCancellation(
  session: Session,
  jobId: string,
  signal: AbortSignal,
  onCancel: (timeoutSeconds: number) => void,
): Promise<void> {
  // Word of the first step leaves before the question.
  await nextTurn();
  while (!signal.aborted) {
    try {
      const message = await session.next(signal);
      if (message.messageType !== 'JobCancellation') return;
      await session.acknowledge(message.messageId, signal);
      const body = JSON.parse(message.body) as { jobId: string; timeout?: number };
      if (body.jobId === jobId) onCancel(body.timeout ?? 0);
    } catch (error) {
      // The session may be gone after a restart of the server: the claim decides then, and the job is canceled through it.
      if (error instanceof ServerRefusal || signal.aborted) return;
    }
  }
}
