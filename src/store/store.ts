import { Kysely, type Transaction } from 'kysely';
import { sqliteDialect } from './dialect.ts';
import { createGroupCommit } from './group-commit.ts';
import { type Migration, migrate } from './migrate.ts';

/** Reads only: what a query needs, and nothing that writes. */
export type Reader<Tables> = Pick<Kysely<Tables>, 'selectFrom' | 'fn' | 'selectNoFrom' | 'with'>;

/** Reads and writes inside one transaction. Never wait for the network while you hold one. */
export type Writer<Tables> = Transaction<Tables>;

/** The database of one data directory. `Tables` is the slice's own view of it; every slice prefixes its tables. */
export type Store<Tables> = {
  readonly read: Reader<Tables>;
  /**
   * Runs `work` wholly or not at all: kept when it resolves, taken back when it throws. One work runs at a time; those that wait
   * share a commit, and the promise resolves after it. Neither `read` nor `write` may be awaited inside a work; a `write` there is refused.
   */
  write<T>(work: (writer: Writer<Tables>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/**
 * Opens (and migrates forward) the database.
 * @param file path of the SQLite file, or `:memory:`
 * @param migrations every slice's migrations; their order within a slice is their number
 * @throws invalid when the file was written by a newer Millrace
 */
// biome-ignore lint/suspicious/noExplicitAny: each slice narrows the store to its own tables with `storeFor`
export async function openStore(file: string, migrations: readonly Migration[]): Promise<Store<any>> {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const database = new Kysely<any>({ dialect: sqliteDialect(file) });
  await migrate(database, migrations);
  return {
    read: database,
    write: createGroupCommit(database),
    close: () => database.destroy(),
  };
}
