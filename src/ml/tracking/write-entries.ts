import { invalid } from '../../kernel/errors.ts';
import type { Writer } from '../../store/index.ts';
import type { TrackingTables } from './tables.ts';

export type Pair = { readonly key: string; readonly value: string };
type Place = { readonly workspace_id: string; readonly run_id: string };

export async function writeParams(writer: Writer<TrackingTables>, run: Place, params: readonly Pair[]): Promise<void> {
  if (params.length === 0) return;
  const known = await writer
    .selectFrom('mltrack_params')
    .select(['key', 'value'])
    .where('workspace_id', '=', run.workspace_id)
    .where('run_id', '=', run.run_id)
    .where(
      'key',
      'in',
      params.map((param) => param.key),
    )
    .execute();
  for (const param of params) {
    const before = known.find((one) => one.key === param.key);
    if (before && before.value !== param.value) throw changedParam(param.key, before.value, param.value);
  }
  await writer
    .insertInto('mltrack_params')
    .values(params.map((param) => ({ workspace_id: run.workspace_id, run_id: run.run_id, ...param })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** A parameter is written once (documented). */
export function changedParam(name: string, before: string, after: string) {
  return invalid(
    `Changing param values is not allowed. Param '${name}' was already logged with value '${before.slice(0, 200)}'; attempted to log '${after.slice(0, 200)}'.`,
    { target: 'key' },
  );
}

export async function writeTags(writer: Writer<TrackingTables>, run: Place, tags: readonly Pair[]): Promise<void> {
  for (const tag of tags) {
    await writer
      .insertInto('mltrack_tags')
      .values({ workspace_id: run.workspace_id, run_id: run.run_id, ...tag })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'run_id', 'key']).doUpdateSet({ value: tag.value }))
      .execute();
    if (tag.key === 'mlflow.runName' && tag.value !== '')
      await writer
        .updateTable('mltrack_runs')
        .set({ name: tag.value })
        .where('workspace_id', '=', run.workspace_id)
        .where('run_id', '=', run.run_id)
        .execute();
  }
}
