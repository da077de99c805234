import { artifactUri } from '../artifact-uri.ts';
import type { Call } from '../call.ts';
import { viewType } from '../experiments.ts';
import { type RunData, type RunRow, runData, wireRun } from '../runs.ts';
import { integer, pageOffset, pageToken, text, texts } from '../wire.ts';
import { parseFilter, parseOrderBy } from './filter.ts';
import { matches, type Searchable, sortBy } from './match.ts';

export async function searchRuns(call: Call) {
  const clauses = parseFilter(text(call.fields, 'filter', { fallback: '' }));
  const orders = texts(call.fields, 'order_by').map((order) => parseOrderBy(order));
  const size = Math.min(50_000, Math.max(1, integer(call.fields, 'max_results', 1000)));
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const wanted = viewType(text(call.fields, 'run_view_type', { fallback: 'ACTIVE_ONLY' }));
  const experiments = texts(call.fields, 'experiment_ids');
  if (experiments.length === 0) return { runs: [] };
  const rows = (
    await call.deps.store.read
      .selectFrom('mltrack_runs')
      .selectAll()
      .where('workspace_id', '=', call.workspace.id)
      .where('experiment_id', 'in', experiments.slice(0, 900))
      .execute()
  ).filter((row) => wanted(row.lifecycle));
  const data = await runData(
    call,
    rows.map((row) => row.run_id),
  );
  const views = new Map(rows.map((row) => [row.run_id, viewOf(call, row, data.get(row.run_id) as RunData)]));
  const view = (row: RunRow) => views.get(row.run_id) as Searchable;
  const found = rows.filter((row) => matches(view(row), clauses));
  const sorted = sortBy(
    found,
    view,
    orders,
    (a, b) => (b.started ?? 0) - (a.started ?? 0) || (a.run_id < b.run_id ? -1 : 1),
  );
  const page = sorted.slice(offset, offset + size);
  return {
    runs: page.map((row) => wireRun(call, row, data.get(row.run_id) as RunData)),
    ...(offset + size < sorted.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

function viewOf(call: Call, row: RunRow, data: RunData): Searchable {
  const inputs = JSON.parse(row.inputs) as {
    dataset?: { name?: string; digest?: string };
    tags?: { key: string; value: string }[];
  }[];
  return {
    metrics: Object.fromEntries(data.metrics.map((metric) => [metric.key, Number(metric.value)])),
    params: Object.fromEntries(data.params.map((param) => [param.key, param.value])),
    tags: Object.fromEntries(data.tags.map((tag) => [tag.key, tag.value])),
    attributes: {
      run_id: row.run_id,
      run_name: row.name,
      status: row.status,
      user_id: row.user_id,
      experiment_id: row.experiment_id,
      artifact_uri: artifactUri(call, { kind: 'run', experimentId: row.experiment_id, runId: row.run_id }),
      start_time: row.started ?? undefined,
      end_time: row.ended ?? undefined,
    },
    datasets: inputs
      .filter((input) => input.dataset)
      .map((input) => ({
        name: input.dataset?.name,
        digest: input.dataset?.digest,
        context: input.tags?.find((tag) => tag.key === 'mlflow.data.context')?.value,
      })),
  };
}
