import type { Clock } from '../../kernel/clock.ts';
import type { Store } from '../../store/index.ts';
import { type MlTables, nextSequence } from '../tables.ts';
import type { Json } from '../wire-fields.ts';

/** A schedule as it is kept. */
export type ScheduleRecord = {
  readonly workspaceId: string;
  readonly name: string;
  /** `properties` as the client sent them. */
  readonly properties: Json;
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly modifiedAt?: string;
  /** Milliseconds since 1970; absent when it never fires. */
  readonly nextFire?: number;
  /** Why its last job was not begun. */
  readonly fault?: string;
  readonly sequence: number;
};

/** A job that a schedule owes: chosen and committed before it is submitted, so that it is submitted once, whatever happens in between. */
export type Firing = {
  readonly workspaceId: string;
  readonly schedule: string;
  /** The job's name. */
  readonly job: string;
  /** ISO-8601: the time that the schedule named. */
  readonly at: string;
};

type Row = {
  workspace_id: string;
  name: string;
  document: string;
  enabled: number;
  next_fire: number | null;
  sequence: number;
};

const COLUMNS = ['workspace_id', 'name', 'document', 'enabled', 'next_fire', 'sequence'] as const;

function recordOf(row: Row): ScheduleRecord {
  return {
    workspaceId: row.workspace_id,
    name: row.name,
    ...(JSON.parse(row.document) as Pick<
      ScheduleRecord,
      'properties' | 'createdAt' | 'createdBy' | 'modifiedAt' | 'fault'
    >),
    enabled: row.enabled === 1,
    ...(row.next_fire === null ? {} : { nextFire: Number(row.next_fire) }),
    sequence: Number(row.sequence),
  };
}

const documentOf = (record: Omit<ScheduleRecord, 'workspaceId' | 'name' | 'enabled' | 'sequence'>) => {
  const { properties, createdAt, createdBy, modifiedAt, fault } = record;
  return JSON.stringify({ properties, createdAt, createdBy, modifiedAt, fault });
};

export type ScheduleRows = ReturnType<typeof createScheduleRows>;

/** The rows of schedules and of what they owe. */
export function createScheduleRows(deps: { store: Store<MlTables>; clock: Clock }) {
  const { store, clock } = deps;
  const find = async (workspaceId: string, name: string): Promise<ScheduleRecord | undefined> => {
    const row = await store.read
      .selectFrom('ml_schedules')
      .select(COLUMNS)
      .where('workspace_id', '=', workspaceId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row && recordOf(row);
  };
  return {
    find,
    /** Newest first, at most `limit`, after the sequence of the last one seen. */
    async list(
      workspaceId: string,
      query: { readonly enabled?: boolean; readonly after?: number; readonly limit: number },
    ): Promise<readonly ScheduleRecord[]> {
      let rows = store.read
        .selectFrom('ml_schedules')
        .select(COLUMNS)
        .where('workspace_id', '=', workspaceId)
        .orderBy('sequence', 'desc')
        .limit(query.limit);
      if (query.enabled !== undefined) rows = rows.where('enabled', '=', query.enabled ? 1 : 0);
      if (query.after !== undefined) rows = rows.where('sequence', '<', query.after);
      return (await rows.execute()).map(recordOf);
    },
    /** Makes it or sets it anew; its creation stays. */
    async put(record: Omit<ScheduleRecord, 'sequence'>): Promise<void> {
      const values = {
        document: documentOf(record),
        enabled: record.enabled ? 1 : 0,
        next_fire: record.nextFire ?? null,
      };
      await store.write((writer) =>
        writer
          .insertInto('ml_schedules')
          .values({
            workspace_id: record.workspaceId,
            name: record.name,
            ...values,
            sequence: nextSequence(clock.now()),
          })
          .onConflict((found) => found.columns(['workspace_id', 'name']).doUpdateSet(values))
          .execute(),
      );
    },
    async remove(workspaceId: string, name: string): Promise<void> {
      await store.write(async (writer) => {
        await writer
          .deleteFrom('ml_schedules')
          .where('workspace_id', '=', workspaceId)
          .where('name', '=', name)
          .execute();
      });
    },
    /** Those that are enabled and have a time, the earliest first. */
    async waiting(): Promise<readonly ScheduleRecord[]> {
      const rows = await store.read
        .selectFrom('ml_schedules')
        .select(COLUMNS)
        .where('enabled', '=', 1)
        .where('next_fire', 'is not', null)
        .orderBy('next_fire')
        .execute();
      return rows.map(recordOf);
    },
    /**
     * Moves a schedule on from a time to the next, and with `firing` writes down the job that it owes for it, in one transaction.
     * @returns false when the schedule has changed in the meantime, and nothing is written
     */
    async moveOn(record: ScheduleRecord, next: number | undefined, firing?: Firing): Promise<boolean> {
      return store.write(async (writer) => {
        const moved = await writer
          .updateTable('ml_schedules')
          .set({ next_fire: next ?? null })
          .where('workspace_id', '=', record.workspaceId)
          .where('name', '=', record.name)
          .where('enabled', '=', 1)
          .where('next_fire', '=', record.nextFire ?? null)
          .returning('name')
          .executeTakeFirst();
        if (moved && firing) await writer.insertInto('ml_schedule_firings').values(firingRow(firing)).execute();
        return moved !== undefined;
      });
    },
    /** Writes down a job that is owed beside the schedule's own times. */
    async owe(firing: Firing): Promise<void> {
      await store.write((writer) => writer.insertInto('ml_schedule_firings').values(firingRow(firing)).execute());
    },
    async owed(): Promise<readonly Firing[]> {
      const rows = await store.read
        .selectFrom('ml_schedule_firings')
        .select(['workspace_id', 'schedule', 'job', 'at'])
        .orderBy('at')
        .execute();
      return rows.map((row) => ({ workspaceId: row.workspace_id, schedule: row.schedule, job: row.job, at: row.at }));
    },
    /** A job is no longer owed. @param fault why it was not begun */
    async settle(firing: Firing, fault?: string): Promise<void> {
      const found = await find(firing.workspaceId, firing.schedule);
      await store.write(async (writer) => {
        await writer
          .deleteFrom('ml_schedule_firings')
          .where('workspace_id', '=', firing.workspaceId)
          .where('job', '=', firing.job)
          .execute();
        if (!found || found.fault === fault) return;
        const { fault: _before, ...rest } = found;
        await writer
          .updateTable('ml_schedules')
          .set({ document: documentOf(fault === undefined ? rest : { ...rest, fault }) })
          .where('workspace_id', '=', firing.workspaceId)
          .where('name', '=', firing.schedule)
          .execute();
      });
    },
  };
}

const firingRow = (firing: Firing) => ({
  workspace_id: firing.workspaceId,
  schedule: firing.schedule,
  job: firing.job,
  at: firing.at,
});
