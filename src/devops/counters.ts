import type { Writer } from '../store/index.ts';
import type { DevopsTables } from './tables.ts';

/** The next number of a named sequence; the first is `first`. Gaps appear only where a transaction was rolled back. */
export async function nextNumber(writer: Writer<DevopsTables>, name: string, first = 1): Promise<number> {
  const row = await writer
    .insertInto('devops_counters')
    .values({ name, value: first })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({ value: eb('devops_counters.value', '+', 1) })),
    )
    .returning('value')
    .executeTakeFirstOrThrow();
  return Number(row.value);
}
