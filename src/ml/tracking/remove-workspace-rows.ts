import type { Writer } from '../../store/index.ts';
import type { TrackingTables } from './tables.ts';

/** Every table that has a workspace's rows; points hang on their series. */
const TABLES: readonly Exclude<keyof TrackingTables, 'mltrack_points'>[] = [
  'mltrack_assessments',
  'mltrack_dataset_records',
  'mltrack_datasets',
  'mltrack_experiments',
  'mltrack_gateway_bindings',
  'mltrack_gateway_budgets',
  'mltrack_gateway_endpoints',
  'mltrack_gateway_guardrails',
  'mltrack_gateway_guards',
  'mltrack_gateway_mappings',
  'mltrack_gateway_models',
  'mltrack_gateway_secrets',
  'mltrack_issues',
  'mltrack_label_schemas',
  'mltrack_models',
  'mltrack_online_scoring',
  'mltrack_params',
  'mltrack_prompt_optimizations',
  'mltrack_registered',
  'mltrack_review_items',
  'mltrack_review_queues',
  'mltrack_runs',
  'mltrack_scorers',
  'mltrack_series',
  'mltrack_tags',
  'mltrack_trace_links',
  'mltrack_traces',
  'mltrack_webhooks',
];

/** Removes all that is tracked of a workspace, secrets among it. */
export async function removeWorkspaceRows(writer: Writer<TrackingTables>, workspaceId: string): Promise<void> {
  const series = writer.selectFrom('mltrack_series').select('series_id').where('workspace_id', '=', workspaceId);
  await writer.deleteFrom('mltrack_points').where('series_id', 'in', series).execute();
  for (const table of TABLES) await writer.deleteFrom(table).where('workspace_id', '=', workspaceId).execute();
}
