import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import { isRunName } from '../../../language/index.ts';
import { getDefinition } from '../../definitions.ts';
import type { LoadedRun } from '../../runs/engine.ts';
import { runTopic } from '../../runs/timeline.ts';
import { projectOf, requireRun, requireUser, requireViewer } from '../../wire/access.ts';
import { buildWire } from '../../wire/build.ts';
import { list, lowerFirst } from '../../wire/list.ts';
import type { ApiContext } from '../context.ts';

const BUILDS = '/:organisation/:project/_apis/build/builds';
const LONGEST_TAG = 256;

/** Builds: list, show, queue, cancel, rename; their tags. */
export function addBuildRoutes(service: FastifyInstance, context: ApiContext): void {
  const { deps, engine, queueRun } = context;
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

  service.post(BUILDS, async (request) => {
    requireUser(request);
    const project = await projectOf(context, request);
    const body = lowerFirst(request.body);
    const query = request.query as { definitionId?: string };
    const id = Number(lowerFirst(body['definition'])['id'] ?? query.definitionId);
    const definition = await getDefinition(store.read, project.id, id);
    const run = await queueRun.queue({
      project,
      directory: definition.directory,
      file: definition.file.slice(1),
      variables: readParameters(body['parameters']),
      templateParameters: (body['templateParameters'] as Record<string, unknown> | undefined) ?? {},
      // What comes by the public route is held to the public service's rules.
      options: { strict: true, cleanCheckout: true, az: 'embedded' },
      reason: 'Manual',
    });
    return wire(run);
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
      if (!isRunName(number))
        throw invalid(
          // The service's own words (recorded).
          `TF209010: The build number format ${number} contains invalid character(s), is too long, or ends with '.'. The maximum length of a build number is 255 characters. Characters which are not allowed include '"', '/', ':', '<', '>', '\\', '|', '?', '@', and '*'.`,
          { wire: 'BuildNumberFormatException' },
        );
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

/**
 * Queue-time variables as text of a JSON object; some clients write single quotes instead (client source).
 * @throws invalid for text that is neither
 */
function readParameters(given: unknown): Record<string, { value: string }> {
  if (given === undefined || given === null || given === '') return {};
  const text = String(given);
  const parsed = parseObject(text) ?? parseObject(pythonToJson(text));
  if (!parsed) throw invalid(`'parameters' is not the text of a JSON object: ${text.slice(0, 200)}`);
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, { value: String(value ?? '') }]));
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Rewrites the strings of a Python literal as JSON strings. */
function pythonToJson(text: string): string {
  return text.replace(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g, (_whole, single?: string, double?: string) =>
    JSON.stringify((single ?? double ?? '').replace(/\\(.)/g, '$1')),
  );
}
