import type { Cron } from '../../kernel/cron.ts';
import type { Pattern, Trigger } from './trigger.ts';
import { instantOf, instantsOf, type WallTime, wallTimeOf } from './wall-time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No clock is put back further; a time on the wall that is earlier still has gone by. */
const LARGEST_SHIFT = 25 * HOUR;
const WEEK_DAYS = 7;
/** How many periods without a time are looked at: 29 February comes again after 96 months at the latest. */
const MOST_PERIODS = 100;

/**
 * The first instant after `after` at which a trigger fires. Nothing is counted up: what was missed is not made good (documented).
 * @param after milliseconds since 1970
 * @param madeAt when the schedule was made: the start of one that has none (documented)
 * @returns undefined when it never fires again
 */
export function nextFire(trigger: Trigger, after: number, madeAt: number): number | undefined {
  const start = trigger.start ?? madeAt;
  const from = Math.max(after, start - 1);
  const next =
    trigger.kind === 'cron' ? nextByCron(trigger.zone, trigger.cron, from) : nextRecurrence(trigger, start, from);
  return next === undefined || (trigger.end !== undefined && next > trigger.end) ? undefined : next;
}

const dayOf = (wall: WallTime) => Math.floor(wall / DAY);
/** 0 is Sunday; 1 January 1970 was a Thursday. */
const weekDayOf = (day: number) => (((day + 4) % WEEK_DAYS) + WEEK_DAYS) % WEEK_DAYS;

/** The earliest of some instants after `from`. */
function firstAfter(from: number, instants: readonly number[]): number | undefined {
  let best: number | undefined;
  for (const instant of instants) if (instant > from && (best === undefined || instant < best)) best = instant;
  return best;
}

function nextByCron(zone: string, cron: Cron, from: number): number | undefined {
  // With every hour allowed it fires by the hour, through the changes of the clock: in the repeated hour again, in the missing one not at all.
  const isHourly = cron.hours.size === 24;
  const fromWall = wallTimeOf(zone, from);
  const first = dayOf(fromWall) - 1;
  for (let day = first; day < first + 3 * WEEK_DAYS; day += 1) {
    if (!cron.weekdays.has(weekDayOf(day))) continue;
    const walls = timesOf(day, [...cron.hours], [...cron.minutes]).filter((wall) => wall > fromWall - LARGEST_SHIFT);
    const found = firstAfter(
      from,
      walls.flatMap((wall) => (isHourly ? instantsOf(zone, wall) : [instantOf(zone, wall)])),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

const timesOf = (day: number, hours: readonly number[], minutes: readonly number[]): WallTime[] =>
  hours.flatMap((hour) => minutes.map((minute) => day * DAY + hour * HOUR + minute * MINUTE));

type Recurrence = Extract<Trigger, { kind: 'recurrence' }>;

function nextRecurrence(trigger: Recurrence, start: number, from: number): number | undefined {
  const { zone, frequency, interval, pattern } = trigger;
  if (frequency === 'minute' || frequency === 'hour') {
    const step = interval * (frequency === 'minute' ? MINUTE : HOUR);
    return start + Math.max(0, Math.floor((from - start) / step) + 1) * step;
  }
  const startWall = wallTimeOf(zone, start);
  const fromWall = wallTimeOf(zone, from);
  const length = frequency === 'day' ? 1 : WEEK_DAYS;
  const period =
    frequency === 'month'
      ? Math.floor((monthOf(fromWall) - monthOf(startWall)) / interval)
      : Math.floor((dayOf(fromWall) - dayOf(startWall)) / (interval * length));
  // One period back: a clock that was put forward can push a time into the next day.
  for (let at = Math.max(0, period - 1); at < Math.max(0, period) + MOST_PERIODS; at += 1) {
    const days =
      frequency === 'month'
        ? daysOfMonth(monthOf(startWall) + at * interval, pattern, startWall)
        : frequency === 'week' && pattern && pattern.weekDays.length > 0
          ? daysOfWeek(dayOf(startWall), at * interval, pattern)
          : [dayOf(startWall) + at * interval * length];
    const walls = days.flatMap((day) =>
      pattern ? timesOf(day, pattern.hours, pattern.minutes) : [day * DAY + (startWall - dayOf(startWall) * DAY)],
    );
    const found = firstAfter(
      from,
      walls.map((wall) => instantOf(zone, wall)).filter((instant) => instant >= start),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Months since the year 0. */
function monthOf(wall: WallTime): number {
  const date = new Date(wall);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The days of the week that begins on the Sunday of or before a day, some weeks later. */
function daysOfWeek(startDay: number, weeks: number, pattern: Pattern): number[] {
  const sunday = startDay - weekDayOf(startDay) + weeks * WEEK_DAYS;
  return pattern.weekDays.map((weekDay) => sunday + weekDay);
}

/** A day that a month doesn't have is left out (documented). */
function daysOfMonth(month: number, pattern: Pattern | undefined, startWall: WallTime): number[] {
  const first = dayOf(Date.UTC(Math.floor(month / 12), month % 12, 1));
  const length = dayOf(Date.UTC(Math.floor((month + 1) / 12), (month + 1) % 12, 1)) - first;
  const all = Array.from({ length }, (_, index) => first + index);
  if (pattern && pattern.weekDays.length > 0 && pattern.monthDays.length === 0)
    return all.filter((day) => pattern.weekDays.includes(weekDayOf(day)));
  const wanted = pattern && pattern.monthDays.length > 0 ? pattern.monthDays : [new Date(startWall).getUTCDate()];
  const numbers = new Set(wanted.map((day) => (day < 0 ? length + 1 + day : day)));
  return all.filter((day) => numbers.has(day - first + 1));
}
