import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFiles, openStore, type Store, type Writer } from '../../store/index.ts';
import { type DevopsTables, devopsMigrations } from '../tables.ts';
import { createLogs } from './logs.ts';

async function open(context: { after(work: () => Promise<void>): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-logs-'));
  const store: Store<DevopsTables> = await openStore(':memory:', devopsMigrations);
  context.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  await store.write((writer) =>
    writer.insertInto('devops_timelines').values({ plan_id: 'p', run_id: 1, change_id: 0, last_log: 0 }).execute(),
  );
  const files = openFiles(folder);
  return { files, store, logs: createLogs(store, files, () => new Date()) };
}

test('lines come out as they went in, from any place, while the log grows', async (context) => {
  const { logs } = await open(context);
  const { id } = await logs.create(1, 'a');
  const written: string[] = [];
  for (let round = 0; round < 5; round++) {
    const lines = Array.from({ length: 7 }, (_, index) => `line ${round}.${index} ä€`);
    written.push(...lines);
    await logs.append(1, id, Buffer.from(lines.join('\n')));
    assert.deepEqual(await logs.lines(1, id, round * 7 + 1), lines);
    assert.deepEqual(await logs.lines(1, id, written.length + 1), []);
    assert.deepEqual(await logs.lines(1, id), written);
    assert.deepEqual(await logs.lines(1, id, 3, 5), written.slice(2, 5));
  }
  assert.equal((await logs.list(1))[0]?.lineCount, 35);
  await assert.rejects(logs.lines(1, 9), /no log 9/);
});

test('what a crash left in the file and nobody was told of is cut off', async (context) => {
  const { logs, files } = await open(context);
  const { id } = await logs.create(1, 'a');
  await logs.append(1, id, Buffer.from('one\n'));
  appendFileSync(files.pathOf(`runs/1/logs/${id}.log`), 'half of');
  await Promise.all([logs.append(1, id, Buffer.from('two\n')), logs.append(1, id, Buffer.from('three\n'))]);
  assert.deepEqual(await logs.lines(1, id), ['one', 'two', 'three']);
});

test('lines and what is stored with them count together or not at all', async (context) => {
  const { logs, store } = await open(context);
  const { id } = await logs.create(1, 'a');
  const changeTo = (change_id: number, holds: boolean) => (writer: Writer<DevopsTables>) =>
    writer
      .updateTable('devops_timelines')
      .set({ change_id })
      .execute()
      .then(() => holds);
  const dies = async (writer: Writer<DevopsTables>) => {
    await changeTo(9, true)(writer);
    throw new Error('the server dies');
  };
  await assert.rejects(logs.append(1, id, Buffer.from('lost\n'), dies), /dies/);
  await logs.append(1, id, Buffer.from('stale\n'), async () => false);
  await logs.append(1, id, Buffer.from('kept\n'), changeTo(2, true));
  assert.deepEqual(await logs.lines(1, id), ['kept']);
  const row = await store.read.selectFrom('devops_timelines').select('change_id').executeTakeFirstOrThrow();
  assert.equal(row.change_id, 2);
});

test('a log at its limit says so once and takes no more; whoever prints on is not refused', async (context) => {
  const { store, files } = await open(context);
  const logs = createLogs(store, files, () => new Date(), 100);
  const { id } = await logs.create(1, 'a');
  await logs.append(1, id, Buffer.from('first\n'));
  await logs.append(1, id, Buffer.from(`${'x'.repeat(100)}\n`));
  await logs.append(1, id, Buffer.from('late\n'));
  const lines = await logs.lines(1, id);
  assert.equal(lines.length, 2);
  assert.equal(lines[0], 'first');
  assert.match(lines[1] ?? '', /##\[warning\]This log has reached its limit/);
});
