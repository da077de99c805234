import type { Call } from '../call.ts';
import { type Fields, list, texts } from '../wire.ts';

/** As many as the reference server gives (its source). */
const SUMMARY_LIMIT = 1000;
const CONTEXT_TAG = 'mlflow.data.context';

/** `experiments/search-datasets`: the datasets that runs of the experiments were logged with, each once with each of its contexts. */
export async function searchDatasets(call: Call) {
  const experiments = [...new Set(texts(call.fields, 'experiment_ids'))].slice(0, 1000);
  const rows =
    experiments.length === 0
      ? []
      : await call.deps.store.read
          .selectFrom('mltrack_runs')
          .select(['experiment_id', 'inputs'])
          .where('workspace_id', '=', call.workspace.id)
          .where('experiment_id', 'in', experiments)
          .where('inputs', '!=', '[]')
          .orderBy('started', 'desc')
          .execute();
  const found = new Map<string, object>();
  for (const row of rows)
    for (const input of JSON.parse(row.inputs) as Fields[]) {
      const dataset = input.dataset as Fields | undefined;
      if (dataset === undefined) continue;
      const context = list(input, 'tags', 1000).find((tag) => tag.key === CONTEXT_TAG)?.value;
      const summary = {
        experiment_id: row.experiment_id,
        name: dataset.name,
        digest: dataset.digest,
        ...(context === undefined ? {} : { context }),
      };
      found.set(JSON.stringify(summary), summary);
      if (found.size === SUMMARY_LIMIT) return { dataset_summaries: [...found.values()] };
    }
  return { dataset_summaries: [...found.values()] };
}
