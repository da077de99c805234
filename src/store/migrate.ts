import { type Kysely, sql } from 'kysely';
import { invalid } from '../kernel/errors.ts';

/** One step forward of a slice's tables. The name is `<slice>/<number>-<what>`; once released it never changes. */
export type Migration = {
  readonly name: string;
  /** Statements valid on SQLite and PostgreSQL alike (TEXT, INTEGER, BIGINT; no database's own words). */
  readonly statements: readonly string[];
};

/**
 * Applies the migrations that the database has not seen, each in its own transaction, in the order given.
 * @throws invalid when the database holds a migration that this version does not know: it was written by a newer one
 */
// biome-ignore lint/suspicious/noExplicitAny: the migrator works below any table type
export async function migrate(database: Kysely<any>, migrations: readonly Migration[]): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS store_migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)`.execute(
    database,
  );
  const rows = await database.selectFrom('store_migrations').select('name').execute();
  const applied = new Set(rows.map((row) => row.name as string));
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = [...applied].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw invalid(
      `The data was written by a newer Millrace (${unknown[0]} is not known here). Update Millrace, or use another data directory.`,
    );
  }
  for (const migration of migrations) {
    if (applied.has(migration.name)) continue;
    await database.transaction().execute(async (transaction) => {
      for (const statement of migration.statements) await sql.raw(statement).execute(transaction);
      await transaction
        .insertInto('store_migrations')
        .values({ name: migration.name, applied_at: new Date().toISOString() })
        .execute();
    });
  }
}
