import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CompiledQuery, type Kysely, type Transaction } from 'kysely';

/** Works of one commit: enough to share its fsync, few enough that none waits long for the others. */
const MOST_WORKS = 64;

const savepoint = CompiledQuery.raw('savepoint work');
const release = CompiledQuery.raw('release work');
const rollback = CompiledQuery.raw('rollback to work');

type Work<Tables> = {
  run(writer: Transaction<Tables>): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
};

/**
 * Runs works one at a time, in order, each wholly or not at all; those that wait at one time share a commit, because a commit's
 * fsync costs more than what most of them do. A work's promise settles only when the commit has: what was told to a client is on disk.
 * @returns runs `work`; rejects with what it threw, after nothing of it was kept, or with what the commit failed with; refuses one that a
 * work asks for while it runs: it would wait for itself, and all later ones with it
 */
export function createGroupCommit<Tables>(
  database: Kysely<Tables>,
): <T>(work: (writer: Transaction<Tables>) => Promise<T>) => Promise<T> {
  const waiting: Work<Tables>[] = [];
  const within = new AsyncLocalStorage<{ isOver: boolean }>();
  let running = false;

  const commitGroup = async () => {
    const settle: (() => void)[] = [];
    const members: Work<Tables>[] = [];
    let cause: unknown;
    try {
      await database.transaction().execute(async (writer) => {
        for (let work = waiting.shift(); work; work = members.length < MOST_WORKS ? waiting.shift() : undefined) {
          const { run, resolve, reject } = work;
          members.push(work);
          // The first has nothing before it that its failure must leave alone: most works are the only one, and need no savepoint.
          const isFirst = members.length === 1;
          if (!isFirst) await writer.executeQuery(savepoint);
          const place = { isOver: false };
          try {
            const value = await within
              .run(place, () => run(writer))
              .finally(() => {
                place.isOver = true;
              });
            if (!isFirst) await writer.executeQuery(release);
            settle.push(() => resolve(value));
          } catch (error) {
            if (isFirst) throw error;
            await writer.executeQuery(rollback).catch(() => {
              // The database has rolled everything back by itself, as on a full disk: the whole group has failed, for this reason.
              cause = error;
              throw error;
            });
            await writer.executeQuery(release);
            settle.push(() => reject(error));
          }
          // What other connections have sent by now comes in before the fsync, not after it.
          if (waiting.length === 0) await nextTurn();
        }
      });
    } catch (error) {
      // Where no transaction could begin at all, as in a database that is closed, none will begin for those that wait either.
      const failed = members.length > 0 ? members : waiting.splice(0);
      for (const { reject } of failed) reject(cause ?? error);
      return;
    }
    for (const one of settle) one();
  };
  const drain = async () => {
    running = true;
    while (waiting.length > 0) await commitGroup();
    running = false;
  };

  return <T>(run: (writer: Transaction<Tables>) => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      if (within.getStore()?.isOver === false)
        throw new Error('A write was asked for inside another one. Use the writer that the outer one was given.');
      waiting.push({ run, resolve: (value) => resolve(value as T), reject });
      if (!running) void drain();
    });
}
