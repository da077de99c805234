import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { sqliteDialect } from './dialect.ts';
import { createGroupCommit } from './group-commit.ts';

async function open(context: { after(work: () => Promise<void>): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-commit-'));
  const file = join(folder, 'data.db');
  const queries: string[] = [];
  const database = new Kysely<{ numbers: { n: number } }>({
    dialect: sqliteDialect(file),
    log: (event) => void queries.push(event.query.sql),
  });
  await sql`create table numbers (n integer primary key)`.execute(database);
  const other = new DatabaseSync(file);
  context.after(async () => {
    other.close();
    await database.destroy();
    rmSync(folder, { recursive: true });
  });
  const write = createGroupCommit(database);
  return {
    write,
    commits: () => queries.filter((one) => one === 'commit').length,
    add: (n: number, then: () => void | Promise<void> = () => {}) =>
      write(async (writer) => {
        await writer.insertInto('numbers').values({ n }).execute();
        await then();
        return n;
      }),
    /** What another connection sees: committed rows alone. */
    seen: () =>
      other
        .prepare('select n from numbers order by n')
        .all()
        .map((row) => row['n']),
  };
}

test('works that wait share one commit, and are told of it after it', async (context) => {
  const { add, seen, commits } = await open(context);
  const told: unknown[] = [];
  await Promise.all([1, 2, 3].map((n) => add(n).then(() => told.push(seen()))));
  assert.deepEqual(told, [
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
  ]);
  assert.equal(commits(), 1);
});

test('a work that fails takes back its own changes and nothing else', async (context) => {
  const { add, seen } = await open(context);
  const ends = await Promise.allSettled([
    add(1),
    add(2, () => {
      throw new Error('no');
    }),
    add(1),
    add(3),
  ]);
  assert.deepEqual(
    ends.map((end) => end.status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.match(String((ends[1] as PromiseRejectedResult).reason), /no/);
  assert.deepEqual(seen(), [1, 3]);
});

test('a first work that fails is alone in it: those that wait behind it are kept', async (context) => {
  const { add, seen } = await open(context);
  const ends = await Promise.allSettled([
    add(1, () => {
      throw new Error('no');
    }),
    add(2),
    add(3),
  ]);
  assert.deepEqual(
    ends.map((end) => end.status),
    ['rejected', 'fulfilled', 'fulfilled'],
  );
  assert.deepEqual(seen(), [2, 3]);
});

test('when the database gives the transaction up by itself, nobody is told that anything was kept', async (context) => {
  const { add, write, seen } = await open(context);
  const ends = await Promise.allSettled([
    add(1),
    write(async (writer) => {
      // As a full disk does it: the whole transaction is gone when the error arrives.
      await sql`rollback`.execute(writer);
      throw new Error('the disk is full');
    }),
  ]);
  assert.deepEqual(
    ends.map((end) => String((end as PromiseRejectedResult).reason)),
    ['Error: the disk is full', 'Error: the disk is full'],
  );
  assert.deepEqual(seen(), []);
  await add(2);
  assert.deepEqual(seen(), [2]);
});

test('one work runs at a time, in the order of their coming', async (context) => {
  const { add } = await open(context);
  const order: string[] = [];
  const slow = (n: number) =>
    add(n, async () => {
      order.push(`begin ${n}`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`end ${n}`);
    });
  await Promise.all([slow(1), slow(2)]);
  assert.deepEqual(order, ['begin 1', 'end 1', 'begin 2', 'end 2']);
});

test('a write inside a write is refused, not waited for by both; one that a work leaves for later is done', async (context) => {
  const { write, add, seen } = await open(context);
  await assert.rejects(
    write(() => add(1)),
    /inside another one/,
  );
  let later: Promise<unknown> | undefined;
  await add(2, () => {
    later = new Promise(setImmediate).then(() => new Promise(setImmediate)).then(() => add(3));
  });
  await later;
  assert.deepEqual(seen(), [2, 3]);
});

test('works that no transaction can begin for are refused, all of them, and nothing spins', async () => {
  const database = new Kysely<{ numbers: { n: number } }>({ dialect: sqliteDialect(':memory:') });
  const write = createGroupCommit(database);
  assert.equal(await write(async () => 0), 0);
  await database.destroy();
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => write(async () => n)));
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
});
