import { createHash, randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../kernel/errors.ts';
import type { Writer } from '../../store/index.ts';
import type { Call } from './call.ts';
import { experimentRow } from './experiments.ts';
import { pageSize } from './registry-fields.ts';
import { parseFilter, parseOrders } from './search/filter.ts';
import { DATASET_SEARCH } from './search/grammar.ts';
import { matches, type Searchable, sortBy } from './search/match.ts';
import type { TrackingTables } from './tables.ts';
import { fieldsOf, pageOffset, pageToken, REGISTRY_TAG_LIMIT, text, texts } from './wire.ts';

export type DatasetRow = Selectable<TrackingTables['mltrack_datasets']>;

const NAME_LIMIT = 255;
const EXPERIMENT_LIMIT = 1000;
/** The tag in which clients say who they are. */
export const USER_TAG = 'mlflow.user';

/** What tells two states of a dataset apart (reference server's source): of its name and the time of its last change. */
export const digestOf = (name: string, updated: number): string =>
  createHash('sha256').update(`${name}:${updated}`).digest('hex').slice(0, 8);

/** @throws not-found */
export async function readDataset(
  reader: Pick<Writer<TrackingTables>, 'selectFrom'>,
  call: Call,
  id = call.parameters.dataset_id ?? '',
): Promise<DatasetRow> {
  const row = await reader
    .selectFrom('mltrack_datasets')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('dataset_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`Evaluation dataset with id '${id}' not found`);
  return row;
}

function wire(row: DatasetRow) {
  return {
    dataset_id: row.dataset_id,
    name: row.name,
    tags: row.tags,
    ...(row.schema === '' ? {} : { schema: row.schema }),
    ...(row.records === 0 ? {} : { profile: JSON.stringify({ num_records: row.records }) }),
    digest: row.digest,
    created_time: row.created,
    last_update_time: row.updated,
    ...(row.created_by === '' ? {} : { created_by: row.created_by }),
    ...(row.updated_by === '' ? {} : { last_updated_by: row.updated_by }),
    experiment_ids: JSON.parse(row.experiments) as string[],
  };
}

/** Tags as the client sends them here: the JSON text of an object. A tag without a value is left as it was. */
function tagsOf(call: Call, fallback?: string): Record<string, string> {
  const sent = text(call.fields, 'tags', fallback === undefined ? {} : { fallback });
  let tags: unknown;
  try {
    tags = JSON.parse(sent);
  } catch {
    throw invalid("Parameter 'tags' is the JSON text of an object.", { target: 'tags' });
  }
  return Object.fromEntries(
    Object.entries(fieldsOf(tags))
      .filter(([, value]) => value !== null)
      .map(([name, value]) => {
        const found = typeof value === 'string' ? value : JSON.stringify(value);
        if (name === '' || name.length > 250 || found.length > REGISTRY_TAG_LIMIT)
          throw invalid(
            `The tag '${name.slice(0, 50)}' is too long: a key has up to 250 characters, a value ${REGISTRY_TAG_LIMIT}.`,
            { target: 'tags' },
          );
        return [name, found];
      }),
  );
}

/** @throws not-found for an experiment that isn't there; invalid for too many */
async function experimentsOf(call: Call): Promise<string[]> {
  const ids = [...new Set(texts(call.fields, 'experiment_ids'))];
  if (ids.length > EXPERIMENT_LIMIT)
    throw invalid(`A dataset belongs to at most ${EXPERIMENT_LIMIT} experiments, found ${ids.length}.`, {
      target: 'experiment_ids',
    });
  for (const id of ids) await experimentRow(call, id);
  return ids;
}

export async function createDataset(call: Call) {
  const name = text(call.fields, 'name', { limit: NAME_LIMIT });
  if (name.trim() === '') throw invalid('A dataset needs a name.', { target: 'name' });
  const tags = tagsOf(call, '{}');
  const now = call.deps.clock.now().getTime();
  const row: DatasetRow = {
    workspace_id: call.workspace.id,
    dataset_id: `d-${randomBytes(16).toString('hex')}`,
    name,
    tags: JSON.stringify(tags),
    schema: '',
    records: 0,
    digest: digestOf(name, now),
    experiments: JSON.stringify(await experimentsOf(call)),
    created: now,
    updated: now,
    created_by: tags[USER_TAG] ?? '',
    updated_by: tags[USER_TAG] ?? '',
  };
  await call.deps.store.write((writer) => writer.insertInto('mltrack_datasets').values(row).execute());
  return { dataset: wire(row) };
}

export async function getDataset(call: Call) {
  return { dataset: wire(await readDataset(call.deps.store.read, call)) };
}

/** Deletes a dataset with its records. One that isn't there is no error (reference server's source). */
export async function deleteDataset(call: Call) {
  const id = call.parameters.dataset_id ?? '';
  await call.deps.store.write(async (writer) => {
    for (const table of ['mltrack_dataset_records', 'mltrack_datasets'] as const)
      await writer
        .deleteFrom(table)
        .where('workspace_id', '=', call.workspace.id)
        .where('dataset_id', '=', id)
        .execute();
  });
  return {};
}

async function change(call: Call, set: (row: DatasetRow) => Partial<DatasetRow>): Promise<DatasetRow> {
  return call.deps.store.write(async (writer) => {
    const row = await readDataset(writer, call);
    const changed = { ...row, ...set(row) };
    const { workspace_id, dataset_id, ...values } = changed;
    await writer
      .updateTable('mltrack_datasets')
      .set(values)
      .where('workspace_id', '=', workspace_id)
      .where('dataset_id', '=', dataset_id)
      .execute();
    return changed;
  });
}

export async function setDatasetTags(call: Call) {
  const added = tagsOf(call);
  await change(call, (row) => ({ tags: JSON.stringify({ ...JSON.parse(row.tags), ...added }) }));
  return {};
}

export async function deleteDatasetTag(call: Call) {
  await change(call, (row) => {
    const { [call.parameters.key ?? '']: _gone, ...tags } = JSON.parse(row.tags) as Record<string, string>;
    return { tags: JSON.stringify(tags) };
  });
  return {};
}

export async function getDatasetExperimentIds(call: Call) {
  const row = await readDataset(call.deps.store.read, call);
  return { experiment_ids: JSON.parse(row.experiments) as string[] };
}

export async function addDatasetToExperiments(call: Call) {
  const added = await experimentsOf(call);
  const updated = call.deps.clock.now().getTime();
  const row = await change(call, (before) => {
    const experiments = [...new Set([...(JSON.parse(before.experiments) as string[]), ...added])];
    if (experiments.length > EXPERIMENT_LIMIT)
      throw invalid(`A dataset belongs to at most ${EXPERIMENT_LIMIT} experiments.`, { target: 'experiment_ids' });
    return { experiments: JSON.stringify(experiments), updated };
  });
  return { dataset: wire(row) };
}

export async function removeDatasetFromExperiments(call: Call) {
  const gone = texts(call.fields, 'experiment_ids');
  const updated = call.deps.clock.now().getTime();
  const row = await change(call, (before) => {
    const experiments = (JSON.parse(before.experiments) as string[]).filter((id) => !gone.includes(id));
    return { experiments: JSON.stringify(experiments), updated };
  });
  return { dataset: wire(row) };
}

export async function searchEvaluationDatasets(call: Call) {
  const clauses = parseFilter(text(call.fields, 'filter_string', { fallback: '' }), DATASET_SEARCH);
  const asked = texts(call.fields, 'order_by');
  // Without an order: the newest first (reference server's source).
  const orders = parseOrders(asked.length > 0 ? asked : ['created_time DESC'], DATASET_SEARCH);
  const size = pageSize(call, 1000, 50_000);
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const experiments = new Set(texts(call.fields, 'experiment_ids'));
  const rows = await call.deps.store.read
    .selectFrom('mltrack_datasets')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .execute();
  const view = (row: DatasetRow): Searchable => ({
    metrics: {},
    params: {},
    tags: JSON.parse(row.tags),
    attributes: {
      name: row.name,
      created_time: row.created,
      last_update_time: row.updated,
      created_by: row.created_by || undefined,
      last_updated_by: row.updated_by || undefined,
    },
    datasets: [],
  });
  const within = (row: DatasetRow) =>
    experiments.size === 0 || (JSON.parse(row.experiments) as string[]).some((id) => experiments.has(id));
  const found = rows.filter((row) => within(row) && matches(view(row), clauses));
  const sorted = sortBy(found, view, orders, (a, b) => (a.dataset_id < b.dataset_id ? 1 : -1));
  return {
    datasets: sorted.slice(offset, offset + size).map(wire),
    ...(offset + size < sorted.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}
