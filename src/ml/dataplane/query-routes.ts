import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../kernel/errors.ts';
import { type ExperimentRecord, WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import type { RunView, Workspace } from '../types.ts';
import { countField, textField } from '../wire-fields.ts';
import { type DataPlaneDeps, parameter, shownRuns } from './deps.ts';
import { type FieldValue, parseQueryFilter } from './query-filter.ts';
import { runType, wireRun } from './run-wire.ts';

const BASE = `/history/v1.0${WORKSPACE_PATH}`;
const PAGE = 100;
const LARGEST_PAGE = 1000;
/** As MLflow's experiments have it. */
const EXPERIMENT_NAME_LIMIT = 500;

/** Runs and experiments asked for by what they are like, and experiments by name or id. */
export function registerQueries(service: FastifyInstance, deps: DataPlaneDeps): void {
  const { records } = deps.tracking;
  const now = () => deps.clock.now().toISOString();

  const experimentOf = async (workspace: Workspace, request: FastifyRequest): Promise<ExperimentRecord> => {
    const asked = parameter(request, 'experiment');
    const byName = /\/experiments\//i.test(request.routeOptions.url ?? '');
    const found = (await records.experiments(workspace.id)).find((one) =>
      byName ? one.name === asked : one.experimentId === asked,
    );
    if (!found)
      throw notFound(`There is no experiment '${asked.slice(0, 200)}' in workspace '${workspace.name}'.`, {
        wire: 'ExperimentNotFound',
        target: byName ? 'experimentName' : 'experimentId',
      });
    return found;
  };

  /** The first generation's SDK makes one before its runs, and asks for it first (client source). */
  service.post(`${BASE}/experiments/:experiment`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const name = parameter(request, 'experiment');
    if (name === '' || name.length > EXPERIMENT_NAME_LIMIT)
      throw invalid(`An experiment's name has 1 to ${EXPERIMENT_NAME_LIMIT} characters.`, { target: 'experimentName' });
    await records.ensureExperiment(workspace.id, name);
    return wireExperiment(workspace, await experimentOf(workspace, request));
  });
  for (const kind of ['experiments', 'experimentids']) {
    service.get(`${BASE}/${kind}/:experiment`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      return wireExperiment(workspace, await experimentOf(workspace, request));
    });
    service.post(`${BASE}/${kind}/:experiment/runs::query`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const { experimentId } = await experimentOf(workspace, request);
      const listed = (await records.list(workspace.id, { experimentId })).filter((record) => !record.isDeleted);
      const runs = await shownRuns(
        deps,
        workspace,
        listed.map((record) => record.runId),
      );
      const { value, continuationToken } = queried(request.body, runs, runField, isRunTime);
      return { value: value.map((run) => wireRun(run, now())), continuationToken, nextLink: null };
    });
    service.post(`${BASE}/${kind}/:experiment/runs/runIds`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const { experimentId } = await experimentOf(workspace, request);
      const ids = (request.body as { runIds?: unknown } | undefined)?.runIds;
      if (!Array.isArray(ids) || ids.length > LARGEST_PAGE || ids.some((id) => typeof id !== 'string'))
        throw invalid(`The body's 'runIds' is a list of at most ${LARGEST_PAGE} ids.`, { target: 'runIds' });
      const runs = await shownRuns(deps, workspace, ids as string[]);
      const found = runs.filter((run) => run.experimentId === experimentId);
      return { runs: Object.fromEntries(found.map((run) => [run.runId, wireRun(run, now())])), errors: {} };
    });
  }
  service.post(`${BASE}/experiments::query`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const view = (textField(request.body, 'viewType') ?? 'Default').toLowerCase();
    const shown = (await records.experiments(workspace.id)).filter(
      (one) => view === 'all' || one.isDeleted === (view === 'archivedonly'),
    );
    const { value, continuationToken } = queried(request.body, shown, experimentField, (name) => /utc$/i.test(name));
    return { value: value.map((one) => wireExperiment(workspace, one)), continuationToken, nextLink: null };
  });
}

/** A page of what a query's filter lets through, in its order. */
function queried<T>(
  body: unknown,
  all: readonly T[],
  field: (entry: T, name: string) => FieldValue,
  isTime: (name: string) => boolean,
): { value: T[]; continuationToken: string | null } {
  const filter = textField(body, 'filter')?.trim();
  const wanted = filter ? parseQueryFilter(filter, isTime) : undefined;
  let found = wanted ? all.filter((entry) => wanted((name) => field(entry, name))) : [...all];
  const order = /^([\w/]+)(?:\s+(asc|desc))?$/i.exec(textField(body, 'orderBy')?.trim() ?? '');
  if (order) {
    const sign = order[2]?.toLowerCase() === 'desc' ? -1 : 1;
    const key = (entry: T) => field(entry, order[1] as string) ?? '';
    found = found.toSorted((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0));
  }
  const size = Math.min(LARGEST_PAGE, Math.max(1, countField(body, 'top') ?? PAGE));
  const offset = Number(textField(body, 'continuationToken') ?? 0) || 0;
  return {
    value: found.slice(offset, offset + size),
    continuationToken: offset + size < found.length ? String(offset + size) : null,
  };
}

const isRunTime = (name: string) => /^(created|starttime|endtime)utc$/i.test(name);

function runField(run: RunView, name: string): FieldValue {
  const time = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
  const inner = /^(tags|properties)\/(.+)$/i.exec(name);
  if (inner) return (inner[1]?.toLowerCase() === 'tags' ? run.tags : run.properties)[inner[2] as string];
  switch (name.toLowerCase()) {
    case 'runid':
      return run.runId;
    case 'parentrunid':
      return run.parentRunId;
    case 'rootrunid':
      return run.rootRunId;
    case 'experimentid':
      return run.experimentId;
    case 'status':
      return run.status;
    case 'runtype':
      return runType(run) ?? undefined;
    case 'name':
      return run.name;
    case 'displayname':
      return run.displayName;
    case 'target':
      return run.computeName;
    case 'createdutc':
      return time(run.createdAt);
    case 'starttimeutc':
      return time(run.startedAt);
    case 'endtimeutc':
      return time(run.endedAt);
    default:
      throw invalid(
        `Runs cannot be asked for by '${name.slice(0, 80)}'. Known: RunId, ParentRunId, RootRunId, ExperimentId, Status, RunType, Name, DisplayName, Target, CreatedUtc, StartTimeUtc, EndTimeUtc, Tags/…, Properties/….`,
        { target: 'filter' },
      );
  }
}

function experimentField(experiment: ExperimentRecord, name: string): FieldValue {
  const tag = /^tags\/(.+)$/i.exec(name)?.[1];
  if (tag !== undefined) return experiment.tags[tag];
  switch (name.toLowerCase()) {
    case 'name':
      return experiment.name;
    case 'experimentid':
      return experiment.experimentId;
    case 'createdutc':
      return experiment.created;
    default:
      throw invalid(
        `Experiments cannot be asked for by '${name.slice(0, 80)}'. Known: Name, ExperimentId, CreatedUtc, Tags/….`,
        { target: 'filter' },
      );
  }
}

function wireExperiment(workspace: Workspace, experiment: ExperimentRecord) {
  return {
    experimentId: experiment.experimentId,
    name: experiment.name,
    description: experiment.tags['mlflow.note.content'] ?? null,
    createdUtc: new Date(experiment.created).toISOString(),
    tags: Object.fromEntries(Object.entries(experiment.tags).filter(([key]) => !key.startsWith('mlflow.'))),
    archivedTime: null,
    retainForLifetimeOfWorkspace: false,
    artifactLocation: `aml://${workspace.name}/ExperimentRun`,
  };
}
