import { createHash } from 'node:crypto';
import type { TimelineResult } from '../../contracts/agent.ts';
import { newSecret } from '../../kernel/ids.ts';
import type { Reader, Writer } from '../../store/index.ts';
import { nextNumber } from '../counters.ts';
import type { DevopsTables } from '../tables.ts';

/** A job request: one attempt of a job, waiting for an agent or with one. */
export type RequestRow = DevopsTables['devops_requests'];

export const poolTopic = (poolId: number) => `devops/pool/${poolId}`;
export const sessionTopic = (sessionId: string) => `devops/session/${sessionId}`;

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
/** A time some seconds after another, as the tables keep it. */
export const later = (at: Date, seconds: number): string => new Date(at.getTime() + seconds * 1000).toISOString();

/** Puts a job into a pool's queue. */
export async function enqueue(
  writer: Writer<DevopsTables>,
  job: { poolId: number; runId: number; planId: string; jobId: string; at: string },
): Promise<number> {
  const id = await nextNumber(writer, 'request');
  await writer
    .insertInto('devops_requests')
    .values({
      id,
      pool_id: job.poolId,
      run_id: job.runId,
      plan_id: job.planId,
      job_id: job.jobId,
      state: 'queued',
      session_id: null,
      agent_name: null,
      lock_hash: null,
      locked_until: null,
      message_id: null,
      queued_on: job.at,
      assigned_on: null,
      finished_on: null,
      result: null,
    })
    .execute();
  return id;
}

/** How many jobs of a pool wait for an agent. */
export async function depthOf(reader: Reader<DevopsTables>, poolId: number): Promise<number> {
  const row = await reader
    .selectFrom('devops_requests')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('pool_id', '=', poolId)
    .where('state', '=', 'queued')
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/**
 * Hands the oldest queued job of the pool to a session, or again the job that the session was given and has not acknowledged.
 * Each delivery has a new lock token; only its hash is stored.
 */
export async function claim(
  writer: Writer<DevopsTables>,
  session: { id: string; poolId: number; agentName: string },
  at: Date,
  lockSeconds: number,
): Promise<{ request: RequestRow; lockToken: string; messageId: number; lockedUntil: string } | undefined> {
  const own = await writer
    .selectFrom('devops_requests')
    .selectAll()
    .where('session_id', '=', session.id)
    .where('state', 'in', ['assigned', 'running'])
    .executeTakeFirst();
  if (own?.state === 'running') return undefined;
  const request =
    own ??
    (await writer
      .selectFrom('devops_requests')
      .selectAll()
      .where('pool_id', '=', session.poolId)
      .where('state', '=', 'queued')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst());
  if (!request) return undefined;
  const lockToken = newSecret();
  const lockedUntil = later(at, lockSeconds);
  const messageId = own?.message_id ?? (await nextNumber(writer, 'message'));
  await writer
    .updateTable('devops_requests')
    .set({
      state: 'assigned',
      session_id: session.id,
      agent_name: session.agentName,
      lock_hash: hashOf(lockToken),
      locked_until: lockedUntil,
      message_id: messageId,
      assigned_on: at.toISOString(),
    })
    .where('id', '=', request.id)
    .execute();
  return { request, lockToken, messageId, lockedUntil };
}

/** The agent has the job: from here on it counts as started. @returns the request, or undefined when the claim is gone */
export async function acknowledge(
  writer: Writer<DevopsTables>,
  sessionId: string,
  messageId: number,
  at: Date,
  lockSeconds: number,
): Promise<RequestRow | undefined> {
  return writer
    .updateTable('devops_requests')
    .set({ state: 'running', locked_until: later(at, lockSeconds) })
    .where('session_id', '=', sessionId)
    .where('message_id', '=', messageId)
    .where('state', '=', 'assigned')
    .returningAll()
    .executeTakeFirst();
}

/** Prolongs a claim. @returns the new expiry, or undefined when the token is stale */
export async function renew(
  writer: Writer<DevopsTables>,
  requestId: number,
  lockToken: string,
  at: Date,
  lockSeconds: number,
): Promise<string | undefined> {
  const lockedUntil = later(at, lockSeconds);
  const row = await writer
    .updateTable('devops_requests')
    .set({ locked_until: lockedUntil })
    .where('id', '=', requestId)
    .where('lock_hash', '=', hashOf(lockToken))
    .where('state', 'in', ['assigned', 'running'])
    .returning('id')
    .executeTakeFirst();
  return row && lockedUntil;
}

/** Whether a claim is still that of the agent which shows the token. */
export async function holdsClaim(reader: Reader<DevopsTables>, requestId: number, lockToken: string): Promise<boolean> {
  const row = await reader
    .selectFrom('devops_requests')
    .select('id')
    .where('id', '=', requestId)
    .where('lock_hash', '=', hashOf(lockToken))
    .where('state', 'in', ['assigned', 'running'])
    .executeTakeFirst();
  return row !== undefined;
}

/** The job is over: its claim ends. */
export async function finish(
  writer: Writer<DevopsTables>,
  planId: string,
  jobId: string,
  at: string,
  result: TimelineResult,
): Promise<void> {
  const rows = await writer
    .updateTable('devops_requests')
    .set({ state: 'finished', finished_on: at, result, lock_hash: null, locked_until: null })
    .where('plan_id', '=', planId)
    .where('job_id', '=', jobId)
    .where('state', '!=', 'finished')
    .returning(['id', 'session_id'])
    .execute();
  for (const row of rows) {
    if (row.session_id === null) continue;
    await writer
      .deleteFrom('devops_messages')
      .where('session_id', '=', row.session_id)
      .where('type', '=', 'JobCancellation')
      .execute();
  }
}

/** Leaves a message for the agent that runs the job. @returns its session, to be woken after the commit */
export async function sendCancellation(
  writer: Writer<DevopsTables>,
  planId: string,
  jobId: string,
  seconds: number,
): Promise<string | undefined> {
  const row = await writer
    .selectFrom('devops_requests')
    .select('session_id')
    .where('plan_id', '=', planId)
    .where('job_id', '=', jobId)
    .where('state', '=', 'running')
    .executeTakeFirst();
  if (!row?.session_id) return undefined;
  const id = await nextNumber(writer, 'message');
  await writer
    .insertInto('devops_messages')
    .values({
      id,
      session_id: row.session_id,
      type: 'JobCancellation',
      body: JSON.stringify({ jobId, timeout: seconds }),
    })
    .execute();
  return row.session_id;
}

/** Claims whose time has run out: unacknowledged ones go back to the queue, running ones are lost. */
export async function expireClaims(
  writer: Writer<DevopsTables>,
  at: string,
): Promise<{ lost: RequestRow[]; requeued: RequestRow[] }> {
  const requeued = await writer
    .updateTable('devops_requests')
    .set({ state: 'queued', session_id: null, agent_name: null, lock_hash: null, locked_until: null, message_id: null })
    .where('state', '=', 'assigned')
    .where('locked_until', '<=', at)
    .returningAll()
    .execute();
  const lost = await writer
    .selectFrom('devops_requests')
    .selectAll()
    .where('state', '=', 'running')
    .where('locked_until', '<=', at)
    .execute();
  return { lost, requeued };
}

/** Whether a completion is that of the agent which holds the job now. The token is checked where the agent gives it. */
export async function lockHolds(
  reader: Reader<DevopsTables>,
  planId: string,
  jobId: string,
  requestId: number | undefined,
  lockToken: string | undefined,
): Promise<boolean> {
  const row = await reader
    .selectFrom('devops_requests')
    .select(['id', 'lock_hash'])
    .where('plan_id', '=', planId)
    .where('job_id', '=', jobId)
    .where('state', '=', 'running')
    .executeTakeFirst();
  if (!row || (requestId !== undefined && requestId !== row.id)) return false;
  return lockToken === undefined || row.lock_hash === hashOf(lockToken);
}

/** Whether someone still works on a job, so that its records and logs may change. */
export async function isOpen(reader: Reader<DevopsTables>, planId: string, jobId: string): Promise<boolean> {
  const request = await reader
    .selectFrom('devops_requests')
    .select('id')
    .where('plan_id', '=', planId)
    .where('job_id', '=', jobId)
    .where('state', '=', 'running')
    .executeTakeFirst();
  if (request) return true;
  const wait = await reader
    .selectFrom('devops_waits')
    .select('job_id')
    .where('plan_id', '=', planId)
    .where('job_id', '=', jobId)
    .executeTakeFirst();
  return wait !== undefined;
}

/** The process of an agent has ended: what it ran is lost now, not only when its claim runs out. */
export async function expireAgent(writer: Writer<DevopsTables>, agentName: string, at: string): Promise<void> {
  await writer
    .updateTable('devops_requests')
    .set({ locked_until: at })
    .where('agent_name', '=', agentName)
    .where('state', 'in', ['assigned', 'running'])
    .execute();
}
