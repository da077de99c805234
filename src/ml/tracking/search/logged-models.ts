import { invalid } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import { type LoggedModelRow, type ModelPoint, metricsOf, wireLoggedModel } from '../logged-models.ts';
import { type Fields, integer, list, pageOffset, pageToken, text, texts } from '../wire.ts';
import { type OrderBy, parseFilter } from './filter.ts';
import { LOGGED_MODEL_SEARCH } from './grammar.ts';
import { matches, type Searchable, sortBy } from './match.ts';

/** A data set that a metric was measured on; without a digest, every one of the name. */
type DataSet = { readonly name: string; readonly digest: string };

export async function searchLoggedModels(call: Call) {
  const clauses = parseFilter(text(call.fields, 'filter', { fallback: '' }), LOGGED_MODEL_SEARCH);
  const orders = list(call.fields, 'order_by', 20).map(readOrder);
  const sets = list(call.fields, 'datasets', 100).map(readDataSet);
  const size = Math.min(1000, Math.max(1, integer(call.fields, 'max_results', 100)));
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const experiments = texts(call.fields, 'experiment_ids');
  if (experiments.length === 0) return { models: [] };
  const rows = await call.deps.store.read
    .selectFrom('mltrack_models')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('lifecycle', '=', 'active')
    .where('experiment_id', 'in', experiments.slice(0, 900))
    .execute();
  const metrics = new Map<string, readonly ModelPoint[]>();
  for (const row of rows) metrics.set(row.model_id, await metricsOf(call, row));
  const pointsOf = (row: LoggedModelRow) => metrics.get(row.model_id) ?? [];
  const asksMetrics = clauses.some((clause) => clause.entity === 'metric');
  const found = rows.filter((row) => {
    const measured = sets.length === 0 ? pointsOf(row) : pointsOf(row).filter((point) => sets.some(onSet(point)));
    // Data sets without a clause on metrics ask for models that were measured on them at all (server source).
    return (sets.length === 0 || asksMetrics || measured.length > 0) && matches(view(row, measured), clauses);
  });
  const sorted = orders.reduceRight(
    (models, { order, set }) =>
      sortBy(
        models,
        (row) => view(row, set ? pointsOf(row).filter((point) => onSet(point)(set)) : pointsOf(row)),
        [order],
        () => 0,
      ),
    found.toSorted((a, b) => b.created - a.created || (a.model_id < b.model_id ? -1 : 1)),
  );
  const page = sorted.slice(offset, offset + size);
  return {
    models: page.map((row) => wireLoggedModel(call, row, pointsOf(row))),
    ...(offset + size < sorted.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

const onSet = (point: ModelPoint) => (set: DataSet) =>
  point.dataset_name === set.name && (set.digest === '' || point.dataset_digest === set.digest);

function readDataSet(fields: Fields): DataSet {
  return { name: text(fields, 'dataset_name'), digest: text(fields, 'dataset_digest', { fallback: '' }) };
}

function readOrder(fields: Fields): { order: OrderBy; set: DataSet | undefined } {
  const name = text(fields, 'field_name').trim();
  const ascending = fields.ascending !== false;
  const digest = text(fields, 'dataset_digest', { fallback: '' });
  const named = text(fields, 'dataset_name', { fallback: '' });
  if (digest !== '' && named === '')
    throw invalid("'dataset_digest' is said without 'dataset_name'.", { target: 'order_by' });
  const set = named === '' ? undefined : { name: named, digest };
  if (name.startsWith('metrics.'))
    return { order: { entity: 'metric', key: name.slice('metrics.'.length), ascending }, set };
  const { attributes, aliases } = LOGGED_MODEL_SEARCH;
  const key = aliases[name] ?? name;
  if (!attributes.includes(key))
    throw invalid(`Invalid order by field name: ${name}. Use metrics.NAME or one of ${attributes.join(', ')}.`, {
      target: 'order_by',
    });
  return { order: { entity: 'attribute', key, ascending }, set };
}

function view(row: LoggedModelRow, metrics: readonly ModelPoint[]): Searchable {
  return {
    metrics: Object.fromEntries(metrics.map((point) => [point.key, Number(point.value)])),
    params: JSON.parse(row.params) as Record<string, string>,
    tags: JSON.parse(row.tags) as Record<string, string>,
    attributes: {
      model_id: row.model_id,
      name: row.name,
      // The filter says READY where the wire says LOGGED_MODEL_READY (client source).
      status: row.status.replace(/^LOGGED_MODEL_(UPLOAD_|STATUS_)?/, ''),
      model_type: row.model_type,
      source_run_id: row.source_run_id,
      experiment_id: row.experiment_id,
      creation_timestamp: row.created,
      last_updated_timestamp: row.updated,
    },
    datasets: [],
  };
}
