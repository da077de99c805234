import { conflict, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Store, Writer } from '../../store/index.ts';
import { nextNumber } from '../counters.ts';
import type { DevopsTables } from '../tables.ts';

/** The pool of the embedded agents. Jobs that name a hosted image, or no pool, go there. */
export const DEFAULT_POOL = { id: 1, name: 'Default' };

/** Makes sure that the default pool is there. */
export async function ensureDefaultPool(store: Store<DevopsTables>, at: string): Promise<void> {
  const row = await store.read
    .selectFrom('devops_pools')
    .select('id')
    .where('id', '=', DEFAULT_POOL.id)
    .executeTakeFirst();
  if (row) return;
  await store.write((writer) =>
    writer
      .insertInto('devops_pools')
      .values({ ...DEFAULT_POOL, document: JSON.stringify({ createdOn: at }) })
      .execute(),
  );
}

/** What an agent tells of itself when it opens a session. */
export type AgentDescription = {
  readonly name: string;
  readonly version: string;
  readonly osDescription?: string;
  readonly capabilities: Readonly<Record<string, string>>;
};

/** Opens a session; the agent is registered at its first one, and an older session of the same agent that runs nothing ends. */
export async function openSession(
  writer: Writer<DevopsTables>,
  poolId: number,
  agent: AgentDescription,
  at: string,
): Promise<{ sessionId: string; agentId: number }> {
  const pool = await writer.selectFrom('devops_pools').select('id').where('id', '=', poolId).executeTakeFirst();
  if (!pool) throw notFound(`There is no agent pool ${poolId}.`);
  const known = await writer
    .selectFrom('devops_agents')
    .select('id')
    .where('pool_id', '=', poolId)
    .where('name', '=', agent.name)
    .executeTakeFirst();
  const agentId = known?.id ?? (await nextNumber(writer, 'agent'));
  const document = JSON.stringify({ ...agent, createdOn: at });
  if (known) await writer.updateTable('devops_agents').set({ document }).where('id', '=', agentId).execute();
  else
    await writer
      .insertInto('devops_agents')
      .values({ id: agentId, pool_id: poolId, name: agent.name, document })
      .execute();
  const busy = await writer
    .selectFrom('devops_requests')
    .innerJoin('devops_sessions', 'devops_sessions.id', 'devops_requests.session_id')
    .select('devops_requests.id')
    .where('devops_sessions.agent_id', '=', agentId)
    .where('devops_requests.state', '=', 'running')
    .executeTakeFirst();
  if (busy)
    throw conflict(
      `Agent '${agent.name}' runs a job already. Give the second agent another name, or wait for the job's end.`,
    );
  const old = await writer.deleteFrom('devops_sessions').where('agent_id', '=', agentId).returning('id').execute();
  for (const { id } of old) await releaseSession(writer, id);
  const sessionId = newGuid();
  await writer
    .insertInto('devops_sessions')
    .values({ id: sessionId, pool_id: poolId, agent_id: agentId, agent_name: agent.name, created_on: at })
    .execute();
  return { sessionId, agentId };
}

/** Ends a session. What it was given and never acknowledged goes back to the queue; what it runs goes on until its claim expires. */
export async function closeSession(writer: Writer<DevopsTables>, sessionId: string): Promise<void> {
  await releaseSession(writer, sessionId);
  await writer.deleteFrom('devops_sessions').where('id', '=', sessionId).execute();
}

async function releaseSession(writer: Writer<DevopsTables>, sessionId: string): Promise<void> {
  await writer
    .updateTable('devops_requests')
    .set({ state: 'queued', session_id: null, agent_name: null, lock_hash: null, locked_until: null, message_id: null })
    .where('session_id', '=', sessionId)
    .where('state', '=', 'assigned')
    .execute();
  await writer.deleteFrom('devops_messages').where('session_id', '=', sessionId).execute();
}
