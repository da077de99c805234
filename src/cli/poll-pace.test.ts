import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace } from './poll-pace.ts';

/** Polls a server that answers each time after `answer` milliseconds, for `span` milliseconds; how often was it asked? */
function polls(answer: number, span: number): number {
  const pace = createPace();
  let count = 0;
  for (let now = 0; now < span; now += pace(now)) {
    count++;
    now += answer;
  }
  return count;
}

test('a run that seldom changes is asked again at once', () => {
  const pace = createPace();
  for (const now of [0, 400, 800, 1200, 1600, 2000]) assert.equal(pace(now), 0);
});

test('a short run is not slowed down', () => {
  const pace = createPace();
  for (const now of [0, 5, 10, 15, 20, 25]) assert.equal(pace(now), 0);
});

test('a run that changes all the time is asked about ten times a second', () => {
  const count = polls(1, 10_000);
  assert.ok(count >= 60 && count <= 150, `${count} polls in ten seconds`);
});
