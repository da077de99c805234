import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteDialect } from 'kysely';

/** How many prepared statements stay ready. Preparing costs ten times what a small query does. */
const PREPARED_LIMIT = 500;

/** Opens the embedded database as a Kysely dialect. `file` is a path or `:memory:`. */
export function sqliteDialect(file: string): SqliteDialect {
  const database = new DatabaseSync(file);
  // FULL: what was acknowledged survives the loss of power too, at one fsync a commit.
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 4000;',
  );
  const prepared = new Map<string, { statement: StatementSync; reader: boolean }>();
  const prepare = (sql: string) => {
    let found = prepared.get(sql);
    if (!found) {
      const statement = database.prepare(sql);
      found = { statement, reader: statement.columns().length > 0 };
      if (prepared.size >= PREPARED_LIMIT) prepared.delete(prepared.keys().next().value as string);
      prepared.set(sql, found);
    }
    return found;
  };
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql: string) {
        const { statement, reader } = prepare(sql);
        const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
        return {
          reader,
          all: (parameters) => statement.all(...values(parameters)),
          run(parameters) {
            // A full disk makes SQLite roll back by itself: the rollback that follows must not hide why.
            if (sql === 'rollback' && !database.isTransaction) return { changes: 0, lastInsertRowid: 0 };
            return statement.run(...values(parameters));
          },
          iterate: (parameters) => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
        };
      },
    },
  });
}
