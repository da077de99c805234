import type { Insertable, Selectable } from 'kysely';
import { conflict, invalid, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Writer } from '../../store/index.ts';
import { artifactUri } from './artifact-uri.ts';
import type { Call } from './call.ts';
import { parseFilter, parseOrders } from './search/filter.ts';
import { EXPERIMENT_SEARCH } from './search/grammar.ts';
import { matches, type Searchable, sortBy } from './search/match.ts';
import type { TrackingTables } from './tables.ts';
import { integer, key, list, pageOffset, pageToken, pairs, text, texts } from './wire.ts';

type Row = Selectable<TrackingTables['mltrack_experiments']>;

/** The experiment that every tracking service begins with. */
const DEFAULT_EXPERIMENT = { id: '0', name: 'Default' };
const NAME_LIMIT = 500;
const TAG_LIMIT = 5000;

/** The experiment of a name, made when it isn't there; a deleted one is brought back, since a new run is being put into it. */
export async function ensureExperiment(
  writer: Writer<TrackingTables>,
  workspaceId: string,
  name: string,
  now: number,
): Promise<string> {
  const found = await writer
    .selectFrom('mltrack_experiments')
    .select(['experiment_id', 'lifecycle'])
    .where('workspace_id', '=', workspaceId)
    .where('name', '=', name)
    .executeTakeFirst();
  if (found) {
    if (found.lifecycle !== 'active')
      await writer
        .updateTable('mltrack_experiments')
        .set({ lifecycle: 'active', updated: now })
        .where('workspace_id', '=', workspaceId)
        .where('experiment_id', '=', found.experiment_id)
        .execute();
    return found.experiment_id;
  }
  const id = name === DEFAULT_EXPERIMENT.name ? DEFAULT_EXPERIMENT.id : newGuid();
  await insert(writer, { workspace_id: workspaceId, experiment_id: id, name, created: now, tags: '{}' });
  return id;
}

/** The experiment of an id, which a request names as `experiment_id`. @throws not-found; invalid for one that was deleted */
export async function activeExperiment(call: Call, id = text(call.fields, 'experiment_id')): Promise<Row> {
  const row = await experimentRow(call, id);
  if (row.lifecycle !== 'active')
    throw invalid(`The experiment ${row.experiment_id} is deleted: restore it first.`, { target: 'experiment_id' });
  return row;
}

/** @throws not-found */
export async function experimentRow(call: Call, id: string): Promise<Row> {
  if (id === DEFAULT_EXPERIMENT.id) await ensureDefault(call);
  const row = await call.deps.store.read
    .selectFrom('mltrack_experiments')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`No experiment with id '${id}' in workspace '${call.workspace.name}'.`);
  return row;
}

async function ensureDefault(call: Call): Promise<void> {
  const there = await call.deps.store.read
    .selectFrom('mltrack_experiments')
    .select('experiment_id')
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', '=', DEFAULT_EXPERIMENT.id)
    .executeTakeFirst();
  if (!there)
    await call.deps.store.write((writer) =>
      ensureExperiment(writer, call.workspace.id, DEFAULT_EXPERIMENT.name, nowOf(call)),
    );
}

async function byName(call: Call, name: string): Promise<Row | undefined> {
  if (name === DEFAULT_EXPERIMENT.name) await ensureDefault(call);
  return call.deps.store.read
    .selectFrom('mltrack_experiments')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('name', '=', name)
    .executeTakeFirst();
}

async function insert(
  writer: Writer<TrackingTables>,
  row: Omit<Insertable<TrackingTables['mltrack_experiments']>, 'lifecycle' | 'updated'>,
): Promise<void> {
  await writer
    .insertInto('mltrack_experiments')
    .values({ ...row, lifecycle: 'active', updated: row.created })
    .execute();
}

const nowOf = (call: Call) => call.deps.clock.now().getTime();

function wire(call: Call, row: Row) {
  return {
    experiment_id: row.experiment_id,
    name: row.name,
    artifact_location: artifactUri(call, { kind: 'experiment', experimentId: row.experiment_id }),
    lifecycle_stage: row.lifecycle,
    creation_time: row.created,
    last_update_time: row.updated,
    tags: pairs(JSON.parse(row.tags)),
  };
}

export async function createExperiment(call: Call) {
  const name = text(call.fields, 'name', { limit: NAME_LIMIT });
  if (name.trim() === '') throw invalid("Parameter 'name' is empty.", { target: 'name' });
  const tags = Object.fromEntries(
    list(call.fields, 'tags', 100).map((tag) => [key(tag), text(tag, 'value', { fallback: '', limit: TAG_LIMIT })]),
  );
  if (await byName(call, name))
    throw conflict(
      `Experiment '${name}' already exists in workspace '${call.workspace.name}' (maybe as a deleted one).`,
    );
  const id = newGuid();
  await call.deps.store.write((writer) =>
    insert(writer, {
      workspace_id: call.workspace.id,
      experiment_id: id,
      name,
      created: nowOf(call),
      tags: JSON.stringify(tags),
    }),
  );
  return { experiment_id: id };
}

export async function getExperiment(call: Call) {
  return { experiment: wire(call, await experimentRow(call, text(call.fields, 'experiment_id'))) };
}

export async function getExperimentByName(call: Call) {
  const name = text(call.fields, 'experiment_name');
  const row = await byName(call, name);
  if (!row) throw notFound(`Could not find experiment with name '${name}'.`);
  return { experiment: wire(call, row) };
}

async function change(call: Call, set: (row: Row) => Partial<Row>): Promise<Record<string, never>> {
  const row = await experimentRow(call, text(call.fields, 'experiment_id'));
  const values = set(row);
  await call.deps.store.write((writer) =>
    writer
      .updateTable('mltrack_experiments')
      .set({ ...values, updated: nowOf(call) })
      .where('workspace_id', '=', call.workspace.id)
      .where('experiment_id', '=', row.experiment_id)
      .execute(),
  );
  return {};
}

export const deleteExperiment = (call: Call) => change(call, () => ({ lifecycle: 'deleted' }));
export const restoreExperiment = (call: Call) => change(call, () => ({ lifecycle: 'active' }));

export async function updateExperiment(call: Call) {
  const name = text(call.fields, 'new_name', { limit: NAME_LIMIT });
  const taken = await byName(call, name);
  if (taken && taken.experiment_id !== text(call.fields, 'experiment_id'))
    throw conflict(`Experiment '${name}' already exists.`);
  return change(call, () => ({ name }));
}

export const setExperimentTag = (call: Call) =>
  change(call, (row) => ({
    tags: JSON.stringify({
      ...JSON.parse(row.tags),
      [key(call.fields)]: text(call.fields, 'value', { fallback: '', limit: TAG_LIMIT }),
    }),
  }));

export const deleteExperimentTag = (call: Call) =>
  change(call, (row) => {
    const { [key(call.fields)]: _gone, ...rest } = JSON.parse(row.tags) as Record<string, string>;
    return { tags: JSON.stringify(rest) };
  });

export async function searchExperiments(call: Call) {
  await ensureDefault(call);
  const clauses = parseFilter(text(call.fields, 'filter', { fallback: '' }), EXPERIMENT_SEARCH);
  const orders = parseOrders(texts(call.fields, 'order_by'), EXPERIMENT_SEARCH);
  const size = Math.min(50_000, Math.max(1, integer(call.fields, 'max_results', 1000)));
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const wanted = viewType(text(call.fields, 'view_type', { fallback: 'ACTIVE_ONLY' }));
  const rows = await call.deps.store.read
    .selectFrom('mltrack_experiments')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .execute();
  const view = (row: Row): Searchable => ({
    metrics: {},
    params: {},
    tags: JSON.parse(row.tags),
    attributes: {
      name: row.name,
      experiment_id: row.experiment_id,
      creation_time: row.created,
      last_update_time: row.updated,
    },
    datasets: [],
  });
  const found = rows.filter((row) => wanted(row.lifecycle) && matches(view(row), clauses));
  const sorted = sortBy(
    found,
    view,
    orders,
    (a, b) => b.created - a.created || (a.experiment_id < b.experiment_id ? 1 : -1),
  );
  const page = sorted.slice(offset, offset + size);
  return {
    experiments: page.map((row) => wire(call, row)),
    ...(offset + size < sorted.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

/** `ACTIVE_ONLY`, `DELETED_ONLY`, `ALL` (or their numbers 1, 2, 3 in a query). */
export function viewType(value: string): (lifecycle: string) => boolean {
  switch (value.toUpperCase()) {
    case 'ALL':
    case '3':
      return () => true;
    case 'DELETED_ONLY':
    case '2':
      return (lifecycle) => lifecycle === 'deleted';
    case 'ACTIVE_ONLY':
    case '1':
    case '':
      return (lifecycle) => lifecycle === 'active';
    default:
      throw invalid(`'${value}' is not a view type: use ACTIVE_ONLY, DELETED_ONLY or ALL.`);
  }
}
