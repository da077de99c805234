import type { AssetVersion } from '../../versions.ts';
import type { Call } from '../call.ts';
import { runOf, sourceOf, tagsOf, wireVersion } from '../model-versions.ts';
import { pageSize, searchedKind } from '../registry-fields.ts';
import { changedAt, type RegisteredModel, readRegistered } from '../registry-store.ts';
import { pageOffset, pageToken, text, texts } from '../wire.ts';
import { parseFilter, parseOrders } from './filter.ts';
import { MODEL_VERSION_SEARCH } from './grammar.ts';
import { matches, type Searchable, sortBy } from './match.ts';

type Found = { readonly model: RegisteredModel; readonly asset: AssetVersion };

export async function searchModelVersions(call: Call) {
  const filter = parseFilter(text(call.fields, 'filter', { fallback: '' }), MODEL_VERSION_SEARCH);
  const { kind, clauses } = searchedKind(filter);
  const orders = parseOrders(texts(call.fields, 'order_by'), MODEL_VERSION_SEARCH);
  const size = pageSize(call, 10_000, 200_000);
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const models = (await readRegistered(call)).filter((model) => model.kind === kind);
  const all = models.flatMap((model) => model.versions.map((asset) => ({ model, asset })));
  const found = all.filter((one) => matches(view(one), clauses));
  const byName = (a: Found, b: Found) =>
    a.model.name === b.model.name ? versionNumber(b) - versionNumber(a) : a.model.name < b.model.name ? -1 : 1;
  // Without an order: last changed first (server source).
  const fallback =
    orders.length > 0 ? byName : (a: Found, b: Found) => changedAt(b.asset) - changedAt(a.asset) || byName(a, b);
  const sorted = sortBy(found, view, orders, fallback);
  const page = sorted.slice(offset, offset + size);
  return {
    model_versions: page.map(({ model, asset }) => wireVersion(model, asset)),
    ...(offset + size < sorted.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

const versionNumber = ({ asset }: Found) => Number(asset.version) || 0;

function view({ model, asset }: Found): Searchable {
  return {
    metrics: {},
    params: {},
    tags: tagsOf(asset),
    attributes: {
      name: model.name,
      version_number: Number(asset.version),
      run_id: runOf(asset) || undefined,
      source_path: sourceOf(asset),
      creation_timestamp: Date.parse(asset.createdAt),
      last_updated_timestamp: changedAt(asset),
    },
    datasets: [],
  };
}
