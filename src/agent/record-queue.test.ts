import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TimelineRecordUpdate } from '../contracts/agent.ts';
import { createRecordQueue } from './record-queue.ts';

/** A queue whose requests are answered by hand. */
function open() {
  const requests: {
    records: readonly TimelineRecordUpdate[];
    sent: () => void;
    answer: () => void;
    refuse: (error: Error) => void;
  }[] = [];
  const queue = createRecordQueue(
    (records, sent) => new Promise((answer, refuse) => requests.push({ records, sent, answer, refuse })),
  );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { queue, requests, turn };
}

/** Whether a promise has settled by the next turn of the loop. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.finally(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

test('one request at a time, in order; what waits is merged', async () => {
  const { queue, requests, turn } = open();
  queue.add({ id: 'a', state: 'inProgress' });
  const first = queue.flush();
  queue.add({ id: 'b', state: 'inProgress' });
  queue.add({ id: 'b', state: 'completed', result: 'succeeded' });
  await turn();
  assert.equal(requests.length, 1);
  requests[0]?.answer();
  await turn();
  assert.deepEqual(requests[1]?.records, [{ id: 'b', state: 'completed', result: 'succeeded' }]);
  assert.equal(await settled(first), false);
  requests[1]?.answer();
  await first;
  assert.equal(queue.isEmpty(), true);
});

test('sent: what was before it is acknowledged, and it is written, not answered', async () => {
  const { queue, requests, turn } = open();
  queue.add({ id: 'a', state: 'inProgress' });
  const first = queue.sent();
  assert.equal(await settled(first), false);
  requests[0]?.sent();
  await first;
  queue.add({ id: 'b', state: 'inProgress' });
  const second = queue.sent();
  assert.equal(await settled(second), false);
  assert.equal(requests.length, 1);
  requests[0]?.answer();
  await turn();
  requests[1]?.sent();
  await second;
});

test('sent resolves for what another flush has sent meanwhile, and when sending fails for good', async () => {
  const { queue, requests, turn } = open();
  queue.add({ id: 'a' });
  const flushed = queue.flush();
  queue.add({ id: 'b' });
  requests[0]?.answer();
  await turn();
  requests[1]?.answer();
  await flushed;
  await queue.sent();
  queue.add({ id: 'c' });
  const lost = queue.sent();
  await turn();
  requests[2]?.refuse(new Error('gone'));
  await lost;
});
