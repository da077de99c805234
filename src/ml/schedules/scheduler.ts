import type { Clock } from '../../kernel/clock.ts';
import { DomainError, messageOf, notFound, notImplemented } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import { storageFault } from '../../kernel/storage-fault.ts';
import type { Workspace } from '../types.ts';
import { type Json, objectField } from '../wire-fields.ts';
import { nextFire } from './next-fire.ts';
import type { Firing, ScheduleRecord, ScheduleRows } from './schedule-rows.ts';
import { scheduledJob, sourceJobOf } from './scheduled-job.ts';
import { readTrigger } from './trigger.ts';
import { unbuiltAction } from './unbuilt-action.ts';

/** A time that has gone by for longer was missed. Milliseconds: enough for a server that is started anew. */
const LATE = 60_000;
/**
 * How long at most until the clock is looked at again. Timers count the time in which the machine was awake: one that slept through the night, or
 * whose clock was set, would come late by that, and the time would have been missed. Milliseconds.
 */
const LOOK_AGAIN = LATE / 2;

export type SchedulerDeps = {
  readonly rows: ScheduleRows;
  readonly clock: Clock;
  readonly log: Log;
  readonly workspace: (id: string) => Promise<Workspace | undefined>;
  /** `properties` of a job that is there. */
  readonly job: (workspace: Workspace, name: string) => Promise<Json | undefined>;
  /** @throws conflict when a job has the name already */
  readonly submit: (workspace: Workspace, name: string, properties: Json, createdBy: string) => Promise<void>;
};

export type Scheduler = {
  /** Keeps a schedule, and waits for its next time. @throws invalid for a trigger that can't be read */
  put(record: Omit<ScheduleRecord, 'sequence' | 'nextFire' | 'fault'>): Promise<void>;
  /** Begins a schedule's job now. @param at the time that it is begun for @returns the job's name */
  trigger(record: ScheduleRecord, at: Date): Promise<string>;
  /** A schedule or its workspace is gone. */
  changed(): void;
  /** Begins what the last server owed, and waits for the times to come. */
  start(): Promise<void>;
  /** Resolves when what was being begun is. */
  stop(): Promise<void>;
};

/**
 * Begins the jobs of schedules at their times. A time, the move to the next one and the name of the job that is owed are one transaction; the job
 * is submitted under that name, so that a server that dies at any moment begins it once. Times that went by while there was no server are not made
 * good (documented).
 */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  const { rows, clock, log } = deps;
  let cancelTimer: () => void = () => {};
  let stopped = true;
  /** One look after another. */
  let looking: Promise<void> = Promise.resolve();

  const begin = async (firing: Firing) => {
    const { workspaceId, schedule, job, at } = firing;
    try {
      const workspace = await deps.workspace(workspaceId);
      const record = await rows.find(workspaceId, schedule);
      if (workspace && record) {
        const action = objectField(record.properties, 'action');
        const unbuilt = unbuiltAction(action);
        if (unbuilt) throw notImplemented(unbuilt.what);
        const definition = objectField(action, 'jobDefinition');
        const named = sourceJobOf(definition);
        const source = named === undefined ? undefined : await deps.job(workspace, named);
        if (named !== undefined && source === undefined)
          throw notFound(`There is no job '${named}' for the schedule '${schedule}' to begin again.`);
        const properties = scheduledJob(definition, source, { schedule, job, at });
        await deps.submit(workspace, job, properties, record.createdBy);
      }
      await rows.settle(firing);
      log.info({ schedule, job, at }, 'a schedule began a job');
    } catch (error) {
      // It was begun, and the server died before it wrote that down.
      if (error instanceof DomainError && error.code === 'conflict') return rows.settle(firing);
      if (storageFault(error) || (error instanceof DomainError && error.code === 'unavailable')) throw error;
      log.warn({ schedule, job, at, error: messageOf(error) }, 'a schedule could not begin its job');
      await rows.settle(firing, `${at.replace(/\.\d+Z$/, 'Z')}: ${messageOf(error)}`);
    }
  };

  /** Moves a schedule whose time has come on, and writes down the job that it owes for it. */
  const moveOn = async (record: ScheduleRecord, due: number, now: number) => {
    const madeAt = Date.parse(record.createdAt);
    const trigger = readTrigger(record.properties['trigger']);
    // Of what went by, the first that isn't too long ago counts.
    const time = now - due > LATE ? nextFire(trigger, now - LATE - 1, madeAt) : due;
    if (time !== due)
      log.warn({ schedule: record.name, at: new Date(due).toISOString() }, 'a time of a schedule was missed');
    if (time === undefined || time > now) return rows.moveOn(record, time);
    const { workspaceId, name: schedule } = record;
    const firing = { workspaceId, schedule, job: jobName(schedule), at: new Date(time).toISOString() };
    return rows.moveOn(record, nextFire(trigger, time, madeAt), firing);
  };

  const look = async (now: number) => {
    for (const record of await rows.waiting()) {
      const due = record.nextFire as number;
      if (due > now) break;
      await moveOn(record, due, now).catch((error: unknown) => {
        if (!(error instanceof DomainError)) throw error;
        // A trigger that can't be read any more: the others go on.
        log.error({ schedule: record.name, error: messageOf(error) }, 'a schedule has no next time');
        return rows.moveOn(record, undefined);
      });
    }
    for (const firing of await rows.owed()) await begin(firing);
  };

  const wait = async () => {
    const [first] = await rows.waiting();
    if (stopped) return;
    cancelTimer();
    if (!first) return;
    const delay = (first.nextFire as number) - clock.now().getTime();
    if (delay <= 0) wake();
    else cancelTimer = clock.after(Math.min(delay, LOOK_AGAIN), wake);
  };

  function wake(): void {
    const now = clock.now().getTime();
    looking = looking
      .then(async () => {
        if (stopped) return;
        await look(now);
        await wait();
      })
      .catch((error: unknown) => {
        log.error({ error }, 'the schedules could not be looked at');
        if (!stopped) cancelTimer = clock.after(LATE / 4, wake);
      });
  }

  return {
    async put(record) {
      const trigger = readTrigger(record.properties['trigger']);
      const now = clock.now().getTime();
      const madeAt = Date.parse(record.createdAt);
      const isNew = (await rows.find(record.workspaceId, record.name)) === undefined;
      // The moment of its making counts for a new one: a recurrence without a start begins with it (documented).
      const next = record.enabled ? nextFire(trigger, isNew ? madeAt - 1 : now, madeAt) : undefined;
      await rows.put({ ...record, ...(next === undefined ? {} : { nextFire: next }) });
      wake();
    },
    async trigger(record, at) {
      const job = jobName(record.name);
      await rows.owe({ workspaceId: record.workspaceId, schedule: record.name, job, at: at.toISOString() });
      wake();
      await looking;
      return job;
    },
    changed: wake,
    async start() {
      stopped = false;
      wake();
      await looking;
    },
    async stop() {
      stopped = true;
      cancelTimer();
      await looking;
    },
  };
}

/** As the service names the jobs of a schedule (recorded). */
const jobName = (schedule: string) => `${schedule}-${newGuid()}`;
