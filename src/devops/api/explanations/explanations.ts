import type { FastifyInstance } from 'fastify';
import { notFound } from '../../../kernel/errors.ts';
import { explainRun } from '../../explain-run.ts';
import { readRecords } from '../../runs/timeline.ts';
import { requireUser } from '../../wire/access.ts';
import type { ApiContext } from '../context.ts';

/** Why the parts of a run came out as they did: what `millrace explain --run` asks for. */
export function addExplanationRoutes(service: FastifyInstance, context: ApiContext): void {
  const { deps, engine, tasks } = context;
  service.get('/:organisation/:project/_apis/millrace/runs/:runId/explanation', async (request) => {
    requireUser(request);
    const id = Number((request.params as { runId: string }).runId);
    const run = Number.isInteger(id) ? await engine.load(id) : undefined;
    if (!run) throw notFound(`There is no run ${id}.`, { wire: 'BuildNotFoundException' });
    const { at } = request.query as { at?: string };
    const records = await readRecords(deps.store.read, deps.vault, run.planId);
    return explainRun(run, records, tasks, at === '' ? undefined : at);
  });
}
