import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../kernel/clock.ts';
import { createBackpressure } from './backpressure.ts';
import { createLogQueue } from './log-queue.ts';
import type { PlanClient } from './plan-client.ts';

/** A queue and what reached the server; `during` is called while each request is under way. */
function open(during: (request: number) => void = () => {}) {
  const requests: (readonly string[])[] = [];
  const request = async (kind: string, lines: readonly string[]) => {
    requests.push([kind, ...lines]);
    // A queue that never comes to an end is told so, instead of being waited for.
    assert.ok(requests.length < 1000, 'a thousand requests in one round');
    during(requests.length);
  };
  const client: Partial<PlanClient> = {
    async createLogs(begun) {
      await request(
        `create ${begun.map(({ name }) => name).join(' and ')}`,
        begun.flatMap(({ lines }) => lines),
      );
      return begun.map(({ name }) => (name === 'job' ? 1 : 2));
    },
    appendLog: (logId, lines, before) => request(`append ${logId} after ${before}`, lines),
    postFeed: (recordId, lines, startLine) => request(`feed ${recordId} from ${startLine}`, lines),
  };
  const clock = fakeClock(0);
  const backpressure = createBackpressure(10_000);
  const logs = createLogQueue({
    client: client as PlanClient,
    clock,
    backpressure,
    jobRecordId: 'job',
    time: () => 'T',
    onMade: () => {},
  });
  return { logs, clock, requests, backpressure };
}

test('a round ends, and sends logs too, while a step prints on', async () => {
  const { logs, clock, requests } = open(() => logs.line('step', 'more'));
  logs.line('step', 'first');
  clock.advance(1000);
  await logs.send('due');
  const kinds = requests.map(([kind]) => kind);
  assert.deepEqual(
    kinds.filter((kind) => kind?.startsWith('feed')),
    ['feed step from 1'],
  );
  assert.deepEqual(kinds.filter((kind) => kind?.startsWith('create')).sort(), ['create step and job']);
  assert.ok(logs.hasLines('step'));
});

test('what has ended goes to its log alone; a later round appends after the lines that are there', async () => {
  const { logs, requests } = open();
  logs.line('step', 'one');
  logs.end('step');
  await logs.send('all');
  logs.line('job', 'two');
  await logs.send('all');
  assert.deepEqual(requests.sort(), [
    ['append 1 after 1', 'T two'],
    ['create step and job', 'T one', 'T one'],
  ]);
  assert.ok(logs.isEmpty());
});

test('who prints more than is sent waits for room', async () => {
  const { logs, backpressure } = open();
  assert.equal(backpressure.room(), undefined);
  logs.line('step', 'x'.repeat(6000));
  const room = backpressure.room();
  assert.ok(room);
  await logs.send('all');
  await room;
  assert.equal(backpressure.room(), undefined);
});
