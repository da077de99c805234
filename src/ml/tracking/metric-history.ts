import type { Call } from './call.ts';
import { runRow } from './runs.ts';
import { integer, key, pageOffset, pageToken, text, texts, wireNumber } from './wire.ts';

const PAGE = 25_000;
const BULK_RUNS = 100;

export async function getMetricHistory(call: Call) {
  const run = await runRow(call);
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const asked = integer(call.fields, 'max_results', PAGE);
  const size = Math.min(PAGE, Math.max(1, asked));
  const rows = await call.deps.store.read
    .selectFrom('mltrack_metrics')
    .select(['key', 'value', 'timestamp', 'step', 'context'])
    .where('workspace_id', '=', run.workspace_id)
    .where('run_id', '=', run.run_id)
    .where('key', '=', key(call.fields, 'metric_key'))
    .orderBy('timestamp')
    .orderBy('step')
    .orderBy('value')
    .limit(size + 1)
    .offset(offset)
    .execute();
  return {
    metrics: rows.slice(0, size).map(({ context, ...row }) => ({
      ...row,
      value: wireNumber(row.value),
      ...(context === '' ? {} : JSON.parse(context)),
    })),
    ...(rows.length > size ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

/** Points of one metric of several runs, thinned to about `max_results` steps a run; the first and the last are always there. */
export async function getMetricHistoryBulkInterval(call: Call) {
  const name = key(call.fields, 'metric_key');
  const most = Math.min(2500, Math.max(1, integer(call.fields, 'max_results', 320)));
  const from = integer(call.fields, 'start_step', Number.MIN_SAFE_INTEGER);
  const to = integer(call.fields, 'end_step', Number.MAX_SAFE_INTEGER);
  const metrics: object[] = [];
  for (const runId of texts(call.fields, 'run_ids').slice(0, BULK_RUNS)) {
    const rows = await call.deps.store.read
      .selectFrom('mltrack_metrics')
      .select(['key', 'value', 'timestamp', 'step'])
      .where('workspace_id', '=', call.workspace.id)
      .where('run_id', '=', runId)
      .where('key', '=', name)
      .where('step', '>=', from)
      .where('step', '<=', to)
      .orderBy('step')
      .orderBy('timestamp')
      .execute();
    const every = Math.ceil(rows.length / most);
    for (const [at, row] of rows.entries()) {
      if (at % every === 0 || at === rows.length - 1)
        metrics.push({ ...row, value: wireNumber(row.value), run_id: runId });
    }
  }
  return { metrics };
}
