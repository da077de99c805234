import { newGuid } from '../../kernel/ids.ts';
import type { Writer } from '../../store/index.ts';
import type { DevopsDeps } from '../deps.ts';
import type { DevopsTables } from '../tables.ts';
import { type RecordWrite, runTopic, writeRecords } from './timeline.ts';
import type { WaitRow } from './waits.ts';

/** Access to the rows of server jobs: read, and changed only by who holds their token. */
export type WaitRows = {
  find(planId: string, jobId: string): Promise<WaitRow | undefined>;
  /** The row as it is now; the given one when it is gone. */
  fresh(row: WaitRow): Promise<WaitRow>;
  /**
   * Stores a change, and records with it, if the row's token is still the one that was read. The row then has a new token.
   * @returns the changed row, or undefined when someone else was faster
   */
  change(row: WaitRow, values: Partial<WaitRow>, records?: readonly RecordWrite[]): Promise<WaitRow | undefined>;
  /** The same inside a transaction of the caller's. */
  changeIn(
    writer: Writer<DevopsTables>,
    row: WaitRow,
    values: Partial<WaitRow>,
    records: readonly RecordWrite[],
  ): Promise<WaitRow | undefined>;
};

/** Makes the access. */
export function createWaitRows(deps: DevopsDeps): WaitRows {
  const { store, vault } = deps;
  const find: WaitRows['find'] = (planId, jobId) =>
    store.read
      .selectFrom('devops_waits')
      .selectAll()
      .where('plan_id', '=', planId)
      .where('job_id', '=', jobId)
      .executeTakeFirst();
  const changeIn: WaitRows['changeIn'] = async (writer, row, values, records) => {
    const next = await writer
      .updateTable('devops_waits')
      .set({ ...values, token: newGuid() })
      .where('plan_id', '=', row.plan_id)
      .where('job_id', '=', row.job_id)
      .where('token', '=', row.token)
      .returningAll()
      .executeTakeFirst();
    if (next) await writeRecords(writer, vault, row.plan_id, deps.clock.now().toISOString(), records);
    return next;
  };
  return {
    find,
    fresh: async (row) => (await find(row.plan_id, row.job_id)) ?? row,
    changeIn,
    async change(row, values, records = []) {
      const changed = await store.write((writer) => changeIn(writer, row, values, records));
      if (changed && records.length > 0) deps.events.publish(runTopic(row.run_id));
      return changed;
    },
  };
}
