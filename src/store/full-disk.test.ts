import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { storageFault } from '../kernel/storage-fault.ts';
import { openFiles, openStore } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-full-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a transaction that finds the disk full says so, keeps what was there, and the next one works when there is room', async () => {
  const store = await openStore(join(folder, 'data.db'), [
    { name: 'test/1-things', statements: ['CREATE TABLE test_things (what TEXT)'] },
  ]);
  // The database's own limit stands in for the disk's: SQLite answers both alike, and rolls back by itself.
  const limit = (pages: number) =>
    store.write(async (writer) => void (await sql.raw(`PRAGMA max_page_count = ${pages}`).execute(writer)));
  const add = (what: string) =>
    store.write(async (writer) => void (await writer.insertInto('test_things').values({ what }).execute()));
  await add('first');
  await limit(20);
  await assert.rejects(add('x'.repeat(1_000_000)), (error) => storageFault(error) === 'full');
  await limit(10_000);
  await add('second');
  const rows = await store.read.selectFrom('test_things').select('what').execute();
  assert.deepEqual(
    rows.map((row) => row.what),
    ['first', 'second'],
  );
  await store.close();
});

test('a file that cannot be written whole leaves nothing behind', async () => {
  const files = openFiles(join(folder, 'files'));
  await files.write('taken/below', 'x');
  // A folder in the file's place: the draft is written, its last step fails.
  await assert.rejects(files.write('taken', 'y'));
  assert.deepEqual(readdirSync(join(folder, 'files')), ['taken']);
});
