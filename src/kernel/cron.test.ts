import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cron, cronFires, nextFire, readCron } from './cron.ts';

const at = (text: string) => Date.parse(`${text}Z`);
function read(text: string): Cron {
  const cron = readCron(text);
  if (typeof cron === 'string') assert.fail(cron);
  return cron;
}

test('values, lists, ranges, steps and names', () => {
  const cron = read('0,30 8-18/2 1-7 jan,March-MAY Mon-Fri');
  assert.deepEqual([...cron.minutes], [0, 30]);
  assert.deepEqual([...cron.hours], [8, 10, 12, 14, 16, 18]);
  assert.deepEqual([...cron.months], [1, 3, 4, 5]);
  assert.deepEqual([...cron.weekdays], [1, 2, 3, 4, 5]);
  assert.deepEqual([...read('*/20 5/9 * * Sunday').minutes], [0, 20, 40]);
  assert.deepEqual([...read('* 5/9 * * 0').hours], [5, 14, 23]);
});

test('what is no schedule is said, by its field', () => {
  for (const [text, fault] of [
    ['0 0 * *', /has 4 fields instead of five/],
    ['', /has 0 fields/],
    ['60 0 * * *', /'60' is no minute \(0 to 59\)/],
    ['0 24 * * *', /'24' is no hour/],
    ['0 0 0 * *', /'0' is no day of the month/],
    ['0 0 * 13 *', /'13' is no month/],
    ['0 0 * * 7', /'7' is no day of the week/],
    ['0 0 * * Mo', /'Mo' is no day of the week/],
    ['*/0 0 * * *', /no minute/],
    ['5-1 0 * * *', /no minute/],
    ['1-2-3 0 * * *', /no minute/],
    ['1, 0 * * *', /no minute/],
  ] as const) {
    const cron = readCron(text);
    assert.match(typeof cron === 'string' ? cron : 'it was read', fault, text);
  }
});

test('a schedule starts in its minute, in UTC; a day must fit both of its fields', () => {
  const cron = read('30 6 1-7 * Mon');
  assert.equal(cronFires(cron, at('2026-03-02T06:30:59')), true);
  assert.equal(cronFires(cron, at('2026-03-02T06:31:00')), false);
  assert.equal(cronFires(cron, at('2026-03-03T06:30:00')), false);
  assert.equal(cronFires(cron, at('2026-03-09T06:30:00')), false);
});

test('the next time is after the given minute, over the ends of days, months and leap years', () => {
  const next = (text: string, after: string) => {
    const found = nextFire(read(text), at(after));
    return found === undefined ? undefined : new Date(found).toISOString().slice(0, 16);
  };
  assert.equal(next('0 6 * * *', '2026-03-01T06:00:30'), '2026-03-02T06:00');
  assert.equal(next('0 6 * * *', '2026-03-01T05:59:59'), '2026-03-01T06:00');
  assert.equal(next('15,45 * * * *', '2026-12-31T23:50:00'), '2027-01-01T00:15');
  assert.equal(next('0 0 29 2 *', '2026-03-01T00:00:00'), '2028-02-29T00:00');
  assert.equal(next('0 0 30 2 *', '2026-03-01T00:00:00'), undefined);
});
