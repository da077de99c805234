import type { AgentMessage } from '../../contracts/agent.ts';
import { notFound } from '../../kernel/errors.ts';
import type { DevopsDeps } from '../deps.ts';
import type { Engine } from '../runs/engine.ts';
import { buildJobRequest } from '../runs/job-message.ts';
import { findLeg } from '../runs/state.ts';
import { acknowledge, claim, poolTopic, type RequestRow, sessionTopic } from './queue.ts';

/** How long a poll is held when there is nothing to say, in milliseconds (inferred for the real service). */
const HOLD_MS = 50_000;

/** The agents' side of the queue. */
export type Messages = {
  /**
   * The next message for a session: a cancellation, or a job to run. Waits up to 50 s for one.
   * @param lastMessageId messages up to this one are known to the agent
   * @throws not-found for a session that isn't there any more: the agent opens another
   */
  next(sessionId: string, lastMessageId: number, signal: AbortSignal): Promise<AgentMessage | undefined>;
  /** The agent has the message. For a job this is the moment from which it counts as started. @throws not-found when the claim is gone */
  acknowledge(sessionId: string, messageId: number): Promise<void>;
};

/** Makes the message side of the agent protocol. */
export function createMessages(deps: DevopsDeps, engine: Engine): Messages {
  const lockSeconds = deps.lockSeconds ?? 30;

  /** Looks and claims in one write: woken while a job is being queued, it shares that commit. One that finds nothing writes nothing. */
  const look = async (sessionId: string, lastMessageId: number): Promise<AgentMessage | undefined> => {
    const found = await deps.store.write(async (writer) => {
      const session = await writer
        .selectFrom('devops_sessions')
        .selectAll()
        .where('id', '=', sessionId)
        .executeTakeFirst();
      if (!session) throw sessionGone(sessionId);
      const message = await writer
        .selectFrom('devops_messages')
        .selectAll()
        .where('session_id', '=', sessionId)
        .where('id', '>', lastMessageId)
        .orderBy('id')
        .executeTakeFirst();
      if (message) return { message };
      const claimant = { id: sessionId, poolId: session.pool_id, agentName: session.agent_name };
      return { given: await claim(writer, claimant, deps.clock.now(), lockSeconds) };
    });
    if (found.message) return { messageId: found.message.id, messageType: 'JobCancellation', body: found.message.body };
    return found.given && deliver(found.given);
  };

  const deliver = async (given: NonNullable<Awaited<ReturnType<typeof claim>>>): Promise<AgentMessage | undefined> => {
    const { request, lockToken, lockedUntil, messageId } = given;
    const run = await engine.load(request.run_id);
    if (!run || findLeg(run.state, request.job_id)?.leg.state !== 'queued') return undefined;
    try {
      const body = await buildJobRequest(deps, run, request.job_id, { requestId: request.id, lockToken, lockedUntil });
      return { messageId, messageType: 'PipelineAgentJobRequest', body: JSON.stringify(body) };
    } catch (error) {
      // A job that cannot be described would be offered for ever: it fails with the reason.
      await failUndeliverable(request, error);
      return undefined;
    }
  };

  const failUndeliverable = async (request: RequestRow, error: unknown) => {
    deps.log.error({ error, runId: request.run_id, jobId: request.job_id }, 'a job could not be prepared');
    await engine.apply(request.run_id, {
      kind: 'jobCompleted',
      jobId: request.job_id,
      at: deps.clock.now().toISOString(),
      result: 'failed',
      outputs: {},
      message: `The job could not be prepared: ${error instanceof Error ? error.message : String(error)}`,
    });
  };

  return {
    async next(sessionId, lastMessageId, signal) {
      const session = await deps.store.read
        .selectFrom('devops_sessions')
        .select('pool_id')
        .where('id', '=', sessionId)
        .executeTakeFirst();
      if (!session) throw sessionGone(sessionId);
      const end = deps.clock.now().getTime() + HOLD_MS;
      const topics = [poolTopic(session.pool_id), sessionTopic(sessionId)];
      for (;;) {
        const woken = waitForAny(deps, topics, signal, end - deps.clock.now().getTime());
        try {
          const message = await look(sessionId, lastMessageId);
          if (message) return message;
          if (!(await woken.promise)) return undefined;
        } finally {
          woken.stop();
        }
      }
    },
    async acknowledge(sessionId, messageId) {
      const at = deps.clock.now();
      const pending = await deps.store.read
        .selectFrom('devops_requests')
        .selectAll()
        .where('session_id', '=', sessionId)
        .where('message_id', '=', messageId)
        .executeTakeFirst();
      if (!pending) {
        const removed = await deps.store.write((writer) =>
          writer
            .deleteFrom('devops_messages')
            .where('session_id', '=', sessionId)
            .where('id', '=', messageId)
            .returning('id')
            .executeTakeFirst(),
        );
        if (removed) return;
      }
      // Told twice, because the first answer was lost.
      if (pending?.state === 'running') return;
      const taken =
        pending &&
        (await engine.applyIf(
          pending.run_id,
          {
            kind: 'jobStarted',
            jobId: pending.job_id,
            at: at.toISOString(),
            ...(pending.agent_name ? { workerName: pending.agent_name } : {}),
          },
          async (writer) => (await acknowledge(writer, sessionId, messageId, at, lockSeconds)) !== undefined,
        ));
      if (!taken)
        throw notFound(`Message ${messageId} is no longer this session's: its job was given back or canceled.`);
    },
  };
}

const sessionGone = (sessionId: string) => notFound(`There is no agent session ${sessionId}. Open a new one.`);

/** Resolves true at the first publish on any of the topics, false after `milliseconds` or when the signal aborts. Listens at once. */
function waitForAny(deps: DevopsDeps, topics: readonly string[], signal: AbortSignal, milliseconds: number) {
  const own = new AbortController();
  const both = AbortSignal.any([own.signal, signal]);
  const waits = topics.map((topic) => deps.events.wait(topic, Math.max(0, milliseconds), both));
  return { promise: Promise.race(waits), stop: () => own.abort() };
}
