import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../kernel/errors.ts';
import { hiddenTag, noteTag, propertyTags, WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import type { RunView, Workspace } from '../types.ts';
import { flagField, textField } from '../wire-fields.ts';
import { type DataPlaneDeps, findRun, parameter, RUN_PATHS, shownRuns } from './deps.ts';
import { wireRun } from './run-wire.ts';

const BASE = `/history/v1.0${WORKSPACE_PATH}`;
const BATCH_LIMIT = 1000;
const KEY_LIMIT = 250;
const TAG_LIMIT = 8000;
const RUN_ID = /^[A-Za-z0-9_][\w.-]{0,254}$/;

/** The states that events tell of, in MLflow's words. */
const EVENT_STATES: Readonly<Record<string, string>> = {
  'microsoft.machinelearning.run.start': 'RUNNING',
  'microsoft.machinelearning.run.completed': 'FINISHED',
  'microsoft.machinelearning.run.failed': 'FAILED',
  'microsoft.machinelearning.run.canceled': 'KILLED',
};

/**
 * What clients change of a run: its name, description, tags, and properties, which are added once; the runs that scripts make and the events by which
 * these tell their state. A job's own state is the engine's alone: events of it change nothing.
 */
export function registerRunChanges(service: FastifyInstance, deps: DataPlaneDeps): void {
  const { records } = deps.tracking;
  const now = () => deps.clock.now().toISOString();

  /** The name of the experiment in the path; undefined where the path names none. */
  const experimentOf = async (workspace: Workspace, request: FastifyRequest): Promise<string | undefined> => {
    const asked = parameter(request, 'experiment');
    if (asked === '') return undefined;
    if (/\/experiments\//i.test(request.routeOptions.url ?? '')) return asked;
    const found = (await records.experiments(workspace.id)).find((one) => one.experimentId === asked);
    if (!found)
      throw notFound(`There is no experiment with the id '${asked}'.`, {
        wire: 'ExperimentNotFound',
        target: 'experimentId',
      });
    return found.name;
  };

  const addOrModify = async (
    workspace: Workspace,
    runId: string,
    body: unknown,
    experiment: string | undefined,
  ): Promise<RunView> => {
    const [known] = await shownRuns(deps, workspace, [runId]);
    const name = textField(body, 'displayName') ?? (known ? undefined : textField(body, 'name'));
    if (!known) {
      if (experiment === undefined) return findRun(deps, workspace, runId);
      if (!RUN_ID.test(runId) || runId.includes('..'))
        throw invalid(
          `'${runId.slice(0, 80)}' is not a run's id: up to 255 letters, digits, hyphens, underscores and dots.`,
        );
      await records.create(workspace.id, { runId, experiment, name: name ?? runId, userId: '' });
    }
    const properties = textsOf(body, 'properties');
    for (const [key, value] of Object.entries(properties)) {
      const before = known?.properties[key];
      if (before !== undefined && before !== value)
        throw invalid(`The property '${key}' of run ${runId} is '${before.slice(0, 200)}': a property is set once.`, {
          target: 'properties',
        });
    }
    const description = textField(body, 'description');
    const parent = textField(body, 'parentRunId');
    // The newest SDK archives jobs by it (seen).
    const hidden = flagField(body, 'hidden');
    await records.change(workspace.id, runId, {
      ...(name === undefined ? {} : { name }),
      setTags: {
        ...ownTagsOf(textsOf(body, 'tags')),
        ...propertyTags(properties),
        ...(description === undefined ? {} : noteTag(description)),
        ...(hidden === undefined ? {} : hiddenTag(hidden)),
        ...(known || parent === undefined ? {} : { 'mlflow.parentRunId': parent }),
      },
    });
    return findRun(deps, workspace, runId);
  };

  const oneRun = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const experiment = (await experimentOf(workspace, request)) ?? textField(request.body, 'experimentName');
    return wireRun(await addOrModify(workspace, parameter(request, 'runId'), request.body, experiment), now());
  };
  const changeTags = async (request: FastifyRequest, set: Record<string, string>, remove: readonly string[]) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const run = await findRun(deps, workspace, parameter(request, 'runId'));
    await records.change(workspace.id, run.runId, { setTags: ownTagsOf(set), removeTags: remove.filter(isOwn) });
    return wireRun(await findRun(deps, workspace, run.runId), now());
  };
  const tell = async (workspace: Workspace, runId: string, event: unknown) => {
    const run = await findRun(deps, workspace, runId);
    const status = EVENT_STATES[textField(event, 'name')?.toLowerCase() ?? ''];
    const time = Date.parse(textField(event, 'timestamp') ?? '');
    const at = Number.isNaN(time) ? deps.clock.now().getTime() : time;
    if (status !== undefined && run.kind === 'tracked')
      await records.change(workspace.id, runId, {
        status,
        ...(status === 'RUNNING' ? { started: at } : { ended: at }),
      });
  };

  for (const path of RUN_PATHS) {
    service.patch(`${BASE}${path}`, oneRun);
    service.patch(`${BASE}${path}/tags`, (request) =>
      changeTags(request, textsOf(request.body, 'tagsToModify'), listOf(request.body, 'tagsToDelete')),
    );
    service.delete(`${BASE}${path}/tags`, (request) => changeTags(request, {}, listOf(request.body, 'tags')));
    service.post(`${BASE}${path}/events`, async (request, reply) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      await tell(workspace, parameter(request, 'runId'), request.body);
      return reply.code(200).send();
    });
  }
  service.post(`${BASE}/runs/:runId`, oneRun);
  for (const experiments of ['experiments', 'experimentids'])
    service.patch(`${BASE}/${experiments}/:experiment/batch/runs`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const experiment = await experimentOf(workspace, request);
      const runs: Record<string, unknown> = {};
      for (const body of objectsOf(request.body, 'runs')) {
        const runId = textField(body, 'runId');
        if (runId === undefined) throw invalid("Each entry of 'runs' has a 'runId'.", { target: 'runs' });
        runs[runId] = wireRun(await addOrModify(workspace, runId, body, experiment), now());
      }
      return { runs, errors: {} };
    });
}

/** MLflow's own tags are no tags of run history. */
const isOwn = (key: string) => !key.startsWith('mlflow.');
const ownTagsOf = (tags: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => isOwn(key)));

function textsOf(body: unknown, name: string): Record<string, string> {
  const given = (body as Record<string, unknown> | null | undefined)?.[name];
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object' || Array.isArray(given))
    throw invalid(`The body's '${name}' is an object of texts.`, { target: name });
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => {
      if (key === '' || key.length > KEY_LIMIT)
        throw invalid(`A key of '${name}' has 1 to ${KEY_LIMIT} characters.`, { target: name });
      const text = value === null ? '' : String(value);
      if (text.length > TAG_LIMIT)
        throw invalid(`'${key}' of '${name}' has more than ${TAG_LIMIT} characters.`, { target: name });
      return [key, text];
    }),
  );
}

function listOf(body: unknown, name: string): string[] {
  const given = (body as Record<string, unknown> | null | undefined)?.[name] ?? [];
  if (!Array.isArray(given) || given.length > BATCH_LIMIT || given.some((one) => typeof one !== 'string'))
    throw invalid(`The body's '${name}' is a list of at most ${BATCH_LIMIT} texts.`, { target: name });
  return given as string[];
}

function objectsOf(body: unknown, name: string): unknown[] {
  const given = (body as Record<string, unknown> | null | undefined)?.[name];
  if (!Array.isArray(given) || given.length > BATCH_LIMIT)
    throw invalid(`The body's '${name}' is a list of at most ${BATCH_LIMIT} entries.`, { target: name });
  return given;
}
