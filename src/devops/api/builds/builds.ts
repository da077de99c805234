import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import type { LoadedRun } from '../../runs/engine.ts';
import { runTopic } from '../../runs/timeline.ts';
import { requireRun, requireViewer } from '../../wire/access.ts';
import { buildWire } from '../../wire/build.ts';
import { list, lowerFirst } from '../../wire/list.ts';
import type { ApiContext } from '../context.ts';

const BUILDS = '/:organisation/:project/_apis/build/builds';
const LONGEST_NUMBER = 255;
const LONGEST_TAG = 256;

/** Builds: list, show, cancel, rename; their tags. */
export function addBuildRoutes(service: FastifyInstance, { deps, engine }: ApiContext): void {
  const { store } = deps;
  const find = async (request: FastifyRequest): Promise<LoadedRun> => {
    const id = Number((request.params as { buildId: string }).buildId);
    const run = Number.isInteger(id) ? await engine.load(id) : undefined;
    if (!run) throw notFound(`The requested build ${id} could not be found.`, { wire: 'BuildNotFoundException' });
    return run;
  };
  const tagsOf = async (runId: number) =>
    (await store.read.selectFrom('devops_tags').select('tag').where('run_id', '=', runId).orderBy('tag').execute()).map(
      (row) => row.tag,
    );
  const wire = async (run: LoadedRun) => buildWire(run, deps.baseUrl(), await tagsOf(run.runId));

  service.get(BUILDS, async (request) => {
    requireViewer(request);
    const query = request.query as Record<string, string | undefined>;
    const top = Math.min(1000, Math.max(1, Number(query['$top'] ?? 100) || 100));
    const definitions = (query['definitions'] ?? '')
      .split(',')
      .filter((id) => id !== '')
      .map(Number);
    let rows = store.read.selectFrom('devops_runs').select('id').orderBy('id', 'desc').limit(top);
    if (definitions.length > 0) rows = rows.where('definition_id', 'in', definitions);
    const status = (query['statusFilter'] ?? '').toLowerCase();
    if (status === 'completed') rows = rows.where('state', '=', 'completed');
    else if (status === 'inprogress') rows = rows.where('state', '!=', 'completed');
    const ids = await rows.execute();
    const runs = await Promise.all(ids.map(({ id }) => engine.load(id)));
    return list(await Promise.all(runs.flatMap((run) => (run ? [wire(run)] : []))));
  });

  service.get(`${BUILDS}/:buildId`, async (request) => {
    requireViewer(request);
    return wire(await find(request));
  });

  service.patch(`${BUILDS}/:buildId`, async (request) => {
    const run = await find(request);
    requireRun(request, run.runId);
    const body = lowerFirst(request.body);
    const at = deps.clock.now().toISOString();
    if (body['status'] !== undefined) {
      if (!/^cancell?ing$/i.test(String(body['status'])) && body['status'] !== 4)
        throw invalid(`A build's status can only be set to 'cancelling', not '${String(body['status'])}'.`);
      await engine.apply(run.runId, { kind: 'cancelRequested', at });
    }
    if (typeof body['buildNumber'] === 'string') {
      const number = body['buildNumber'].trim();
      if (number === '' || number.length > LONGEST_NUMBER)
        throw invalid(`A build number has 1 to ${LONGEST_NUMBER} characters.`);
      await engine.rename(run.runId, number);
      deps.events.publish(runTopic(run.runId));
    }
    return wire((await engine.load(run.runId)) ?? run);
  });

  service.get(`${BUILDS}/:buildId/tags`, async (request) => {
    requireViewer(request);
    return list(await tagsOf((await find(request)).runId));
  });
  service.put(`${BUILDS}/:buildId/tags/:tag`, async (request) => {
    const run = await find(request);
    requireRun(request, run.runId);
    const tag = (request.params as { tag: string }).tag.trim();
    if (tag === '' || tag.length > LONGEST_TAG) throw invalid(`A tag has 1 to ${LONGEST_TAG} characters.`);
    await store.write((writer) =>
      writer
        .insertInto('devops_tags')
        .values({ run_id: run.runId, tag })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    return list(await tagsOf(run.runId));
  });
  service.delete(`${BUILDS}/:buildId/tags/:tag`, async (request) => {
    const run = await find(request);
    requireRun(request, run.runId);
    const { tag } = request.params as { tag: string };
    await store.write((writer) =>
      writer.deleteFrom('devops_tags').where('run_id', '=', run.runId).where('tag', '=', tag).execute(),
    );
    return list(await tagsOf(run.runId));
  });
}
