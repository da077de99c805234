import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { nextFire } from './next-fire.ts';
import { readTrigger, type Trigger } from './trigger.ts';
import { wallTimeOf, zoneOf } from './wall-time.ts';
import { WINDOWS_ZONES } from './windows-zones.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const MADE = Date.UTC(2026, 0, 1);

/** The next times of a trigger's body after a moment, as UTC. */
function times(body: object, after: string, count: number, madeAt = after): string[] {
  const trigger = readTrigger(body);
  const found: string[] = [];
  let at = Date.parse(after);
  for (let n = 0; n < count; n += 1) {
    const next = nextFire(trigger, at, Date.parse(madeAt));
    if (next === undefined) break;
    found.push(new Date(next).toISOString().replace(':00.000Z', 'Z'));
    at = next;
  }
  return found;
}

const cron = (expression: string, more: object = {}) => ({ triggerType: 'Cron', expression, ...more });
const every = (frequency: string, interval: number, more: object = {}) => ({
  triggerType: 'Recurrence',
  frequency,
  interval,
  ...more,
});

describe('documented cases', () => {
  test('a cron fires at its minutes and days of the week in its time zone; days and months do not count', () => {
    assert.deepEqual(times(cron('15 16 * * 1'), '2026-03-02T00:00:00Z', 2), ['2026-03-02T16:15Z', '2026-03-09T16:15Z']);
    assert.deepEqual(times(cron('15 16 31 2 mon'), '2026-03-02T00:00:00Z', 1), ['2026-03-02T16:15Z']);
    assert.deepEqual(times(cron('0 9 * * *', { timeZone: 'Pacific Standard Time' }), '2026-03-07T00:00:00Z', 3), [
      '2026-03-07T17:00Z',
      '2026-03-08T16:00Z',
      '2026-03-09T16:00Z',
    ]);
  });

  test('every twelve hours from a start', () => {
    assert.deepEqual(times(every('hour', 12, { startTime: '2021-01-01T06:00:00' }), '2020-12-30T00:00:00Z', 3), [
      '2021-01-01T06:00Z',
      '2021-01-01T18:00Z',
      '2021-01-02T06:00Z',
    ]);
  });

  test('a start in the past gives the next computed time, never a backlog; an end is the last that counts', () => {
    const body = every('day', 2, { startTime: '2026-01-01 10:00:00', endTime: '2026-01-09T10:00:00' });
    assert.deepEqual(times(body, '2026-01-04T00:00:00Z', 9), [
      '2026-01-05T10:00Z',
      '2026-01-07T10:00Z',
      '2026-01-09T10:00Z',
    ]);
  });

  test('without a start the moment at which the schedule is made is repeated, and is the first', () => {
    const trigger = readTrigger(every('week', 1));
    assert.equal(nextFire(trigger, MADE - 1, MADE), MADE);
    assert.equal(nextFire(trigger, MADE, MADE), MADE + 7 * DAY);
  });

  test('a start with an offset is an instant; without one it is what the clock of the time zone shows', () => {
    const zone = { timeZone: 'Eastern Standard Time' };
    assert.deepEqual(times(every('day', 1, { startTime: '2022-05-10T10:15:00-04:00' }), '2022-05-01T00:00:00Z', 1), [
      '2022-05-10T14:15Z',
    ]);
    assert.deepEqual(times(every('day', 1, { startTime: '2022-05-10T10:15:00', ...zone }), '2022-05-01T00:00:00Z', 1), [
      '2022-05-10T14:15Z',
    ]);
  });

  test('patterns combine hours and minutes, days of the week and days of the month', () => {
    const schedule = { hours: [4, 16], minutes: [0, 30] };
    assert.deepEqual(times(every('Day', 1, { schedule }), '2026-05-01T05:00:00Z', 3), [
      '2026-05-01T16:00Z',
      '2026-05-01T16:30Z',
      '2026-05-02T04:00Z',
    ]);
    const week = every('week', 2, {
      schedule: { hours: [10], minutes: [0], weekDays: ['monday', 'Friday'] },
      startTime: '2026-05-06T00:00:00',
    });
    assert.deepEqual(times(week, '2026-05-01T00:00:00Z', 3), [
      '2026-05-08T10:00Z',
      '2026-05-18T10:00Z',
      '2026-05-22T10:00Z',
    ]);
    const month = every('month', 1, { schedule: { hours: [1], minutes: [0], monthDays: [31] } });
    assert.deepEqual(times(month, '2026-01-31T02:00:00Z', 2), ['2026-03-31T01:00Z', '2026-05-31T01:00Z']);
    const last = every('month', 1, { schedule: { hours: [1], minutes: [0], monthDays: [-1] } });
    assert.deepEqual(times(last, '2026-01-31T02:00:00Z', 2), ['2026-02-28T01:00Z', '2026-03-31T01:00Z']);
    assert.deepEqual(times(every('month', 1, { startTime: '2026-01-30T08:00:00' }), '2026-01-31T00:00:00Z', 2), [
      '2026-03-30T08:00Z',
      '2026-04-30T08:00Z',
    ]);
  });

  test('the hour that daylight saving leaves out moves on, the one that it repeats counts once; hourly ones go through', () => {
    const zone = { timeZone: 'W. Europe Standard Time' };
    const inGap = '2026-03-28T12:00:00Z';
    assert.deepEqual(times(cron('30 2 * * *', zone), inGap, 2), ['2026-03-29T01:30Z', '2026-03-30T00:30Z']);
    const repeated = '2026-10-24T12:00:00Z';
    assert.deepEqual(times(cron('30 2 * * *', zone), repeated, 2), ['2026-10-25T00:30Z', '2026-10-26T01:30Z']);
    assert.deepEqual(times(cron('30 * * * *', zone), '2026-10-24T23:45:00Z', 3), [
      '2026-10-25T00:30Z',
      '2026-10-25T01:30Z',
      '2026-10-25T02:30Z',
    ]);
    assert.deepEqual(times(cron('30 * * * *', zone), '2026-03-29T00:00:00Z', 2), [
      '2026-03-29T00:30Z',
      '2026-03-29T01:30Z',
    ]);
  });

  test('what cannot be read is refused with its key', () => {
    const refused = (body: object, target: string) =>
      assert.throws(
        () => readTrigger(body),
        (error: { target?: string; code?: string }) => error.target === target && error.code === 'invalid',
      );
    refused({}, 'triggerType');
    refused(cron('* * *'), 'expression');
    refused(cron('61 * * * *'), 'expression');
    refused(cron('* * * * *', { timeZone: 'Middle-earth Standard Time' }), 'timeZone');
    refused(cron('* * * * *', { startTime: '2026-02-30T00:00:00' }), 'startTime');
    refused(every('fortnight', 1), 'frequency');
    refused(every('day', 0), 'interval');
    refused(every('week', 1, { schedule: { weekDays: ['monday'] } }), 'schedule');
    refused(every('week', 1, { schedule: { hours: [1], minutes: [0], monthDays: [1] } }), 'monthDays');
    refused(every('day', 1, { schedule: { hours: [24], minutes: [0] } }), 'hours');
    refused(every('week', 1, { schedule: { hours: [1], minutes: [0], weekDays: ['someday'] } }), 'weekDays');
  });

  test('every documented time zone is known to this machine', () => {
    for (const name of Object.keys(WINDOWS_ZONES)) {
      const zone = zoneOf(name.toLowerCase());
      assert.ok(zone, name);
      wallTimeOf(zone, MADE);
    }
  });
});

describe('whatever the trigger', () => {
  const someZone = fc.constantFrom(
    'UTC',
    'Asia/Kolkata',
    'America/Los_Angeles',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'Pacific/Apia',
  );
  const steadyZone = fc.constantFrom('UTC', 'Asia/Kolkata', 'Asia/Tokyo', 'Asia/Kathmandu');
  const field = (least: number, most: number) =>
    fc.oneof(
      fc.constant('*'),
      fc
        .uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 })
        .map((values) => values.join(',')),
    );
  const someCron = (zone: fc.Arbitrary<string>) =>
    fc
      .record({ minutes: field(0, 59), hours: field(0, 23), days: field(0, 6), zone })
      .map(({ minutes, hours, days, zone }) =>
        readTrigger(cron(`${minutes} ${hours} * * ${days}`, { timeZone: zone })),
      );
  const number = (min: number, max: number) => fc.integer({ min, max });
  const list = (min: number, max: number) => fc.uniqueArray(number(min, max), { minLength: 1, maxLength: 3 });
  const someRecurrence = fc
    .record({
      frequency: fc.constantFrom('minute', 'hour', 'day', 'week', 'month'),
      interval: number(1, 15),
      timeZone: someZone,
      start: fc.option(number(0, 400)),
      pattern: fc.option(
        fc.record({ hours: list(0, 23), minutes: list(0, 59), weekDays: list(0, 6), monthDays: list(1, 28) }),
      ),
    })
    .map(({ frequency, interval, timeZone, start, pattern }) => {
      const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
      const schedule = pattern && {
        hours: pattern.hours,
        minutes: pattern.minutes,
        ...(frequency === 'week' ? { weekDays: pattern.weekDays.map((day) => names[day]) } : {}),
        ...(frequency === 'month' ? { monthDays: pattern.monthDays } : {}),
      };
      return readTrigger(
        every(frequency, interval, {
          timeZone,
          ...(schedule ? { schedule } : {}),
          ...(start === null ? {} : { startTime: new Date(MADE + start * DAY).toISOString() }),
        }),
      );
    });
  const someTime = number(0, 3 * 366 * 1440).map((minutes) => MADE + minutes * MINUTE + 17_000);

  test('the next time is later than what it follows, not before the start, and the first of its kind', () => {
    fc.assert(
      fc.property(fc.oneof(someCron(someZone), someRecurrence), someTime, (trigger: Trigger, after) => {
        const next = nextFire(trigger, after, MADE);
        assert.ok(next !== undefined && next > after);
        assert.ok(next >= (trigger.start ?? MADE));
        // Asked from anywhere in between, the answer is the same: none is lost, none comes twice.
        assert.equal(nextFire(trigger, next - 1, MADE), next);
        assert.equal(nextFire(trigger, after + Math.floor((next - after) / 2), MADE), next);
      }),
      { numRuns: 400 },
    );
  });

  test('a cron fires at the first minute that fits, found by looking at each', () => {
    fc.assert(
      fc.property(someCron(steadyZone), someTime, (trigger, after) => {
        assert.ok(trigger.kind === 'cron');
        const next = nextFire(trigger, after, MADE) ?? Number.NaN;
        for (let at = (Math.floor(after / MINUTE) + 1) * MINUTE; ; at += MINUTE) {
          const wall = new Date(wallTimeOf(trigger.zone, at));
          const fits =
            trigger.cron.minutes.has(wall.getUTCMinutes()) &&
            trigger.cron.hours.has(wall.getUTCHours()) &&
            trigger.cron.weekdays.has(wall.getUTCDay());
          if (!fits) continue;
          assert.equal(next, at);
          return;
        }
      }),
      { numRuns: 30 },
    );
  });

  test('what a recurrence fires at is in its pattern, and its periods are a whole number of intervals apart', () => {
    fc.assert(
      fc.property(someRecurrence, someTime, (trigger, after) => {
        assert.ok(trigger.kind === 'recurrence');
        const start = trigger.start ?? MADE;
        const next = nextFire(trigger, after, MADE) ?? Number.NaN;
        const [wall, first] = [new Date(wallTimeOf(trigger.zone, next)), new Date(wallTimeOf(trigger.zone, start))];
        const { pattern } = trigger;
        // Where the clock is put forward, a time that it leaves out is moved by what it was put forward.
        const moved =
          wallTimeOf(trigger.zone, next) - next !==
          wallTimeOf(trigger.zone, next - 2 * 60 * MINUTE) - (next - 2 * 60 * MINUTE);
        if (pattern && !moved) {
          assert.ok(pattern.hours.includes(wall.getUTCHours()) && pattern.minutes.includes(wall.getUTCMinutes()));
          if (pattern.weekDays.length > 0) assert.ok(pattern.weekDays.includes(wall.getUTCDay()));
          if (pattern.monthDays.length > 0) assert.ok(pattern.monthDays.includes(wall.getUTCDate()));
        }
        const days = Math.floor(wall.getTime() / DAY) - Math.floor(first.getTime() / DAY);
        const months = (wall.getUTCFullYear() - first.getUTCFullYear()) * 12 + wall.getUTCMonth() - first.getUTCMonth();
        if (trigger.frequency === 'minute') assert.equal((next - start) % (trigger.interval * MINUTE), 0);
        if (trigger.frequency === 'day') assert.equal(days % trigger.interval, 0);
        if (trigger.frequency === 'month') assert.equal(months % trigger.interval, 0);
        if (trigger.frequency === 'week')
          assert.equal(Math.floor((days + first.getUTCDay()) / 7) % trigger.interval, 0);
      }),
      { numRuns: 400 },
    );
  });
});
