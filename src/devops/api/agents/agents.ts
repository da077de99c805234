import type { FastifyInstance } from 'fastify';
import { conflict, notFound } from '../../../kernel/errors.ts';
import { closeSession, openSession } from '../../agents/pools.ts';
import { poolTopic } from '../../agents/queue.ts';
import { requirePool, requireUser } from '../../wire/access.ts';
import { list, lowerFirst } from '../../wire/list.ts';
import { readVariables } from '../../wire/timeline.ts';
import type { ApiContext } from '../context.ts';

const POOLS = '/:organisation/_apis/distributedtask/pools';
const poolIdOf = (params: unknown) => Number((params as { poolId: string }).poolId);

/** Pools and the agents' pull protocol: sessions, messages, claims. */
export function addAgentRoutes(service: FastifyInstance, { deps, messages, renewals }: ApiContext): void {
  const { store } = deps;
  const poolWire = (row: { id: number; name: string }) => ({
    id: row.id,
    name: row.name,
    isHosted: false,
    poolType: 'automation',
    isLegacy: false,
    size: 1,
  });

  service.get(POOLS, async (request) => {
    requireUser(request);
    return list(
      (await store.read.selectFrom('devops_pools').select(['id', 'name']).orderBy('id').execute()).map(poolWire),
    );
  });
  service.get(`${POOLS}/:poolId`, async (request) => {
    requireUser(request);
    const id = poolIdOf(request.params);
    const row = await store.read
      .selectFrom('devops_pools')
      .select(['id', 'name'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) throw notFound(`There is no agent pool ${id}.`);
    return poolWire(row);
  });
  service.get(`${POOLS}/:poolId/agents`, async (request) => {
    requireUser(request);
    const rows = await store.read
      .selectFrom('devops_agents')
      .leftJoin('devops_sessions', 'devops_sessions.agent_id', 'devops_agents.id')
      .select(['devops_agents.id', 'devops_agents.name', 'devops_sessions.id as session'])
      .where('devops_agents.pool_id', '=', poolIdOf(request.params))
      .execute();
    return list(
      rows.map((row) => ({
        id: row.id,
        name: row.name,
        enabled: true,
        status: row.session === null ? 'offline' : 'online',
      })),
    );
  });

  service.post(`${POOLS}/:poolId/sessions`, async (request) => {
    const poolId = poolIdOf(request.params);
    requirePool(request, poolId);
    const body = lowerFirst(request.body);
    const agent = lowerFirst(body['agent']);
    const { principal } = request;
    const name = principal.kind === 'agent' ? principal.name : String(agent['name'] ?? '');
    const capabilities = Object.entries(readVariables((body['systemCapabilities'] as object | undefined) ?? {}));
    const at = deps.clock.now().toISOString();
    const opened = await store.write((writer) =>
      openSession(
        writer,
        poolId,
        {
          name,
          version: String(agent['version'] ?? ''),
          capabilities: Object.fromEntries(capabilities.map(([key, one]) => [key, one.value])),
        },
        at,
      ),
    );
    // What an older session of this agent had not begun is free again.
    deps.events.publish(poolTopic(poolId));
    return { sessionId: opened.sessionId, ownerName: body['ownerName'], agent: { id: opened.agentId, name } };
  });
  service.delete(`${POOLS}/:poolId/sessions/:sessionId`, async (request, reply) => {
    const poolId = poolIdOf(request.params);
    requirePool(request, poolId);
    await store.write((writer) => closeSession(writer, (request.params as { sessionId: string }).sessionId));
    deps.events.publish(poolTopic(poolId));
    return reply.code(204).send();
  });

  service.get(`${POOLS}/:poolId/messages`, async (request, reply) => {
    requirePool(request, poolIdOf(request.params));
    const query = request.query as { sessionId?: string; lastMessageId?: string };
    const gone = new AbortController();
    const close = () => gone.abort();
    request.raw.socket.once('close', close);
    try {
      const message = await messages.next(query.sessionId ?? '', Number(query.lastMessageId ?? 0) || 0, gone.signal);
      return message ?? reply.code(200).send();
    } finally {
      request.raw.socket.off('close', close);
    }
  });
  service.delete(`${POOLS}/:poolId/messages/:messageId`, async (request, reply) => {
    requirePool(request, poolIdOf(request.params));
    const { sessionId = '' } = request.query as { sessionId?: string };
    await messages.acknowledge(sessionId, Number((request.params as { messageId: string }).messageId));
    return reply.code(204).send();
  });

  // Ours: what an agent that waits tells of the empty job by which it gets ready (`src/agent/rehearsal.ts`).
  service.post(`${POOLS}/:poolId/rehearsals`, async (request, reply) => {
    requirePool(request, poolIdOf(request.params));
    return reply.code(204).send();
  });

  service.patch(`${POOLS}/:poolId/jobrequests/:requestId`, async (request) => {
    requirePool(request, poolIdOf(request.params));
    const requestId = Number((request.params as { requestId: string }).requestId);
    const { lockToken = '' } = request.query as { lockToken?: string };
    const lockedUntil = await renewals.renew(requestId, lockToken, deps.clock.now(), deps.lockSeconds ?? 30);
    if (lockedUntil === undefined)
      throw conflict(
        `The claim on job request ${requestId} is gone: it expired, was canceled or has ended. Stop the job.`,
      );
    return { requestId, lockedUntil };
  });
}
