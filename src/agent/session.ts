import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentMessage, JobRequest } from '../contracts/agent.ts';
import type { Clock } from '../kernel/clock.ts';
import { type Connection, ServerRefusal, UNREACHABLE_MS } from './connection.ts';

/** The server holds a poll for about 50 s (inferred); a poll that takes longer is dead. */
const pollMs = 90_000;

/** An agent's session with its pool. */
export type Session = {
  /** Waits for the next message; `retryMs` is how long from the request on without an answer, default ten minutes. @throws ServerRefusal when the session is gone, which {@link openSession} mends */
  next(signal: AbortSignal, retryMs?: number): Promise<AgentMessage>;
  /** Tells the server that the message has come. @returns false when it isn't ours any more */
  acknowledge(messageId: number, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
};

export type SessionOptions = {
  readonly connection: Connection;
  readonly poolId: number;
  readonly name: string;
  readonly version: string;
  readonly capabilities: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** How long to try while nobody answers, in milliseconds. Default: ten minutes. */
  readonly retryMs?: number;
};

/** Opens a session. @throws ServerRefusal when the pool isn't there or the token isn't good for it */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { connection, poolId, name, version, capabilities, signal } = options;
  const pool = `/_apis/distributedtask/pools/${poolId}`;
  const { text } = await connection.send({
    method: 'POST',
    path: `${pool}/sessions?api-version=7.1`,
    json: { ownerName: `${name} (PID: ${process.pid})`, agent: { name, version }, systemCapabilities: capabilities },
    signal,
    ...(options.retryMs === undefined ? {} : { retryMs: options.retryMs }),
  });
  const sessionId = (JSON.parse(text) as { sessionId: string }).sessionId;
  const query = `sessionId=${encodeURIComponent(sessionId)}&api-version=7.1`;
  let last = 0;
  return {
    async next(pollSignal, retryMs = UNREACHABLE_MS) {
      for (;;) {
        const answer = await connection.send({
          method: 'GET',
          path: `${pool}/messages?${query}&lastMessageId=${last}`,
          timeoutMs: pollMs,
          retryMs,
          signal: pollSignal,
        });
        if (answer.text.trim() === '' || answer.text.trim() === 'null') {
          // A server that answers at once with nothing must not be asked in a tight loop.
          await sleep(20, undefined, { signal: pollSignal });
          continue;
        }
        const message = JSON.parse(answer.text) as AgentMessage;
        return message;
      }
    },
    async acknowledge(messageId, ackSignal) {
      try {
        await connection.send({ method: 'DELETE', path: `${pool}/messages/${messageId}?${query}`, signal: ackSignal });
        last = Math.max(last, messageId);
        return true;
      } catch (error) {
        if (error instanceof ServerRefusal) return false;
        throw error;
      }
    },
    async close() {
      // Best effort: a session that nobody closes ends by itself.
      await connection
        .send({ method: 'DELETE', path: `${pool}/sessions/${sessionId}?api-version=7.1`, retryMs: 0, timeoutMs: 2000 })
        .catch(() => {});
    },
  };
}

/**
 * Keeps a job's claim: renews it every third of its time, until stopped.
 * @param onLost called once when the server refuses, or can't be reached for ten minutes: the job is not this agent's any more
 * @returns what stops it
 */
export function keepClaim(
  connection: Connection,
  poolId: number,
  job: JobRequest,
  clock: Clock,
  onLost: (error: unknown) => void,
): () => void {
  const stop = new AbortController();
  let cancelTimer = () => {};
  const schedule = (lockedUntil: string) => {
    const left = Date.parse(lockedUntil) - clock.now().getTime();
    cancelTimer = clock.after(Math.max(100, Number.isNaN(left) ? 10_000 : left / 3), () => void renew());
  };
  const renew = async () => {
    try {
      const { text } = await connection.send({
        method: 'PATCH',
        path: `/_apis/distributedtask/pools/${poolId}/jobrequests/${job.requestId}?lockToken=${encodeURIComponent(job.lockToken)}&api-version=7.1`,
        json: { requestId: job.requestId },
        retryMs: UNREACHABLE_MS,
        timeoutMs: 15_000,
        signal: stop.signal,
      });
      const until = (JSON.parse(text) as { lockedUntil?: string }).lockedUntil;
      if (!stop.signal.aborted) schedule(until ?? '');
    } catch (error) {
      if (!stop.signal.aborted) onLost(error);
    }
  };
  schedule(job.lockedUntil);
  return () => {
    stop.abort();
    cancelTimer();
  };
}
