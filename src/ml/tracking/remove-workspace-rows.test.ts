import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openStore, type Store } from '../../store/index.ts';
import { removeWorkspaceRows } from './remove-workspace-rows.ts';
import { type TrackingTables, trackingMigrations } from './tables.ts';

test('of a workspace nothing stays in any table, and of others all', async () => {
  const store: Store<TrackingTables> = await openStore(':memory:', trackingMigrations);
  const left = await store.write(async (writer) => {
    const rows = async <T>(text: string) => (await sql.raw<T>(text).execute(writer)).rows;
    const columns = await rows<{ table: string; name: string }>(
      `SELECT m.name AS "table", c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.name LIKE 'mltrack_%'`,
    );
    const tables = Map.groupBy(columns, ({ table }) => table);
    // One row of each workspace in each table; a point hangs on its series by number.
    for (const [index, workspace] of ['gone', 'stays'].entries())
      for (const [table, names] of tables) {
        const values = names.map(({ name }) => (name === 'workspace_id' ? `'${workspace}'` : index + 1));
        await rows(`INSERT INTO ${table} (${names.map(({ name }) => name).join()}) VALUES (${values.join()})`);
      }
    await removeWorkspaceRows(writer, 'gone');
    const found: Record<string, unknown[]> = {};
    for (const [table, names] of tables)
      found[table] = (await rows<Record<string, unknown>>(`SELECT * FROM ${table}`)).map(
        (row) => row[names.some(({ name }) => name === 'workspace_id') ? 'workspace_id' : 'series_id'],
      );
    return found;
  });
  assert.ok(Object.keys(left).length > 25);
  for (const [table, of] of Object.entries(left))
    assert.deepEqual(of, [table === 'mltrack_points' ? 2 : 'stays'], table);
  await store.close();
});
