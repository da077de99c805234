import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import { serviceMessage } from '../../../language/index.ts';
import { ORGANISATION } from '../../deps.ts';
import type { QueueRequest } from '../../queue-run.ts';
import type { LoadedRun } from '../../runs/engine.ts';
import { secretHider } from '../../runs/run-secrets.ts';
import { hideSecrets } from '../../runs/secrets.ts';
import { projectOf, requireUser, requireViewer } from '../../wire/access.ts';
import { list, lowerFirst } from '../../wire/list.ts';
import { readVariables } from '../../wire/timeline.ts';
import type { ApiContext } from '../context.ts';

const PIPELINES = '/:organisation/:project/_apis/pipelines';

/** Pipelines that have run here, their runs, and the preview of what one expands to. */
export function addPipelineRoutes(service: FastifyInstance, context: ApiContext): void {
  const { deps, engine, queueRun } = context;
  const { store } = deps;
  const find = async (request: FastifyRequest) => {
    const project = await projectOf(context, request);
    const { pipelineId } = request.params as { pipelineId: string };
    const row = await store.read
      .selectFrom('devops_definitions')
      .selectAll()
      .where('project_id', '=', project.id)
      .where('id', '=', Number(pipelineId) || 0)
      .executeTakeFirst();
    if (!row) throw notFound(`The pipeline '${pipelineId}' does not exist`, { wire: 'PipelineNotFoundException' });
    const source = JSON.parse(row.document) as { directory: string; file: string };
    return { project, row, source };
  };
  const wire = (row: { id: number; name: string; path: string; revision: number }) => ({
    id: row.id,
    name: row.name,
    folder: row.path,
    revision: row.revision,
  });
  const runWire = (run: LoadedRun) => ({
    id: run.runId,
    name: run.number,
    state: run.state.state,
    // The pipelines API has no word for partial success (recorded enum).
    ...(run.state.result === undefined
      ? {}
      : { result: run.state.result === 'partiallySucceeded' ? 'succeeded' : run.state.result }),
    createdDate: run.queuedAt,
    ...(run.state.finishedAt === undefined ? {} : { finishedDate: run.state.finishedAt }),
    pipeline: { ...run.info.definition, folder: '\\' },
    resources: {
      repositories: {
        self: {
          repository: { id: run.info.source.repositoryId, type: 'git' },
          refName: run.info.source.branch,
          version: run.info.source.version,
        },
      },
    },
    ...secretHider(run)({
      variables: hideSecrets(run.info.queueVariables),
      templateParameters: run.info.templateParameters,
      ...(run.info.finalYaml === undefined ? {} : { finalYaml: run.info.finalYaml }),
    }),
    url: `${deps.baseUrl()}/${ORGANISATION}/${run.info.project.id}/_apis/pipelines/${run.info.definition.id}/runs/${run.runId}`,
  });
  const requestOf = async (request: FastifyRequest, text?: string): Promise<QueueRequest> => {
    const { project, source } = await find(request);
    const body = lowerFirst(request.body);
    return {
      project,
      directory: source.directory,
      file: source.file.replace(/^\/+/, ''),
      ...(text === undefined ? {} : { text }),
      variables: readVariables((body['variables'] as object | undefined) ?? {}),
      templateParameters: (body['templateParameters'] as Record<string, unknown> | undefined) ?? {},
      ...readResources(body['resources']),
      stagesToSkip: (Array.isArray(body['stagesToSkip']) ? body['stagesToSkip'] : []).map(String),
      // What comes by the public route is held to the public service's rules.
      options: { strict: true, cleanCheckout: true, az: 'embedded' },
      reason: 'Manual',
    };
  };
  const preview = async (request: FastifyRequest) => {
    requireUser(request);
    const { yamlOverride } = lowerFirst(request.body) as { yamlOverride?: unknown };
    const text = typeof yamlOverride === 'string' && yamlOverride !== '' ? yamlOverride : undefined;
    const compiled = await queueRun.compile(await requestOf(request, text));
    // The service's answer has these fields and no others (recorded).
    if (compiled.diagnostics.length > 0 || compiled.finalYaml === undefined)
      throw invalid(serviceMessage(compiled.diagnostics), { wire: 'PipelineValidationException' });
    return { finalYaml: compiled.finalYaml };
  };

  service.get(PIPELINES, async (request) => {
    requireViewer(request);
    const project = await projectOf(context, request);
    const rows = await store.read
      .selectFrom('devops_definitions')
      .selectAll()
      .where('project_id', '=', project.id)
      .orderBy('name')
      .execute();
    return list(rows.map(wire));
  });
  service.get(`${PIPELINES}/:pipelineId`, async (request) => {
    requireViewer(request);
    const { row, source } = await find(request);
    return {
      ...wire(row),
      configuration: { type: 'yaml', path: source.file, repository: { id: source.directory, type: 'git' } },
    };
  });
  service.get(`${PIPELINES}/:pipelineId/runs`, async (request) => {
    requireViewer(request);
    const { row } = await find(request);
    const ids = await store.read
      .selectFrom('devops_runs')
      .select('id')
      .where('definition_id', '=', row.id)
      .orderBy('id', 'desc')
      .limit(10_000)
      .execute();
    const runs = await Promise.all(ids.map(({ id }) => engine.load(id)));
    return list(runs.flatMap((run) => (run ? [runWire(run)] : [])));
  });
  service.get(`${PIPELINES}/:pipelineId/runs/:runId`, async (request) => {
    requireViewer(request);
    const run = await engine.load(Number((request.params as { runId: string }).runId) || 0);
    if (!run) throw notFound(`There is no run ${(request.params as { runId: string }).runId}.`);
    return runWire(run);
  });
  service.post(`${PIPELINES}/:pipelineId/runs`, async (request) => {
    requireUser(request);
    if (lowerFirst(request.body)['previewRun'] === true) return preview(request);
    return runWire(await queueRun.queue(await requestOf(request)));
  });
  service.post(`${PIPELINES}/:pipelineId/preview`, preview);
}

/**
 * Reads `resources.repositories`: which commit of the pipeline's own repository counts, and which refs of others. Builds, containers, packages and
 * pipelines change nothing in what a pipeline expands to.
 */
function readResources(given: unknown): Pick<QueueRequest, 'commit' | 'refs'> {
  const repositories = lowerFirst(lowerFirst(given)['repositories']);
  const chosen = Object.entries(repositories).map(([alias, one]) => {
    const { refName, version } = lowerFirst(one);
    const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
    return { alias, ...(isText(refName) ? { refName } : {}), ...(isText(version) ? { version } : {}) };
  });
  const self = chosen.find((one) => one.alias.toLowerCase() === 'self');
  const refs = chosen.flatMap(({ alias, refName, version }) => {
    const ref = version ?? refName;
    return alias.toLowerCase() === 'self' || ref === undefined ? [] : [[alias, ref] as const];
  });
  return { ...(self ? { commit: self } : {}), refs: Object.fromEntries(refs) };
}
