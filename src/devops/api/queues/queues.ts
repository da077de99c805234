import type { FastifyInstance } from 'fastify';
import { notFound } from '../../../kernel/errors.ts';
import { projectOf, requireViewer } from '../../wire/access.ts';
import { list } from '../../wire/list.ts';
import type { ApiContext } from '../context.ts';

const QUEUES = '/:organisation/:project/_apis/distributedtask/queues';

/** Agent queues: a project's view of the pools; every pool is there under its own number and name. */
export function addQueueRoutes(service: FastifyInstance, context: ApiContext): void {
  const { store } = context.deps;
  const all = async (projectId: string) =>
    (await store.read.selectFrom('devops_pools').select(['id', 'name']).orderBy('id').execute()).map((pool) => ({
      id: pool.id,
      name: pool.name,
      projectId,
      pool: { id: pool.id, name: pool.name, isHosted: false, poolType: 'automation', size: 1, isLegacy: false },
    }));
  service.get(QUEUES, async (request) => {
    requireViewer(request);
    const { queueName } = request.query as { queueName?: string };
    const queues = await all((await projectOf(context, request)).id);
    return list(
      queues.filter((queue) => queueName === undefined || queue.name.toLowerCase() === queueName.toLowerCase()),
    );
  });
  service.get(`${QUEUES}/:queueId`, async (request) => {
    requireViewer(request);
    const { queueId } = request.params as { queueId: string };
    const found = (await all((await projectOf(context, request)).id)).find((queue) => String(queue.id) === queueId);
    if (!found) throw notFound(`There is no agent queue ${queueId.slice(0, 100)}.`);
    return found;
  });
}
