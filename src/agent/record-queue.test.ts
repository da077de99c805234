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
  return { queue, requests };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Whether a promise has settled by the next turn of the loop. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.finally(() => {
    done = true;
  });
  await turn();
  return done;
}

test('changes of a record arrive in their order; what waits is merged', async () => {
  const { queue, requests } = open();
  queue.add({ id: 'a', state: 'inProgress' });
  const flushed = queue.flush();
  queue.add({ id: 'a', state: 'completed' });
  queue.add({ id: 'a', result: 'succeeded' });
  await turn();
  assert.equal(requests.length, 1);
  requests[0]?.answer();
  await turn();
  assert.deepEqual(requests[1]?.records, [{ id: 'a', state: 'completed', result: 'succeeded' }]);
  assert.equal(await settled(flushed), false);
  requests[1]?.answer();
  await flushed;
  assert.equal(queue.isEmpty(), true);
});

test('an announcement waits to be written, not to be answered, and takes along what waits', async () => {
  const { queue, requests } = open();
  queue.add({ id: 'a', state: 'pending' });
  const first = queue.announce({ id: 'b', state: 'inProgress' });
  assert.equal(await settled(first), false);
  assert.deepEqual(
    requests[0]?.records.map((record) => record.id),
    ['b', 'a'],
  );
  requests[0]?.sent();
  await first;
  // The first is not answered yet: the second goes beside it, and what is said of the first's record waits.
  queue.add({ id: 'b', state: 'completed' });
  const second = queue.announce({ id: 'c', state: 'inProgress' });
  requests[1]?.sent();
  await second;
  assert.deepEqual(requests[1]?.records, [{ id: 'c', state: 'inProgress' }]);
  const flushed = queue.flush();
  await turn();
  assert.equal(requests.length, 2);
  requests[0]?.answer();
  await turn();
  assert.deepEqual(requests[2]?.records, [{ id: 'b', state: 'completed' }]);
  requests[2]?.answer();
  assert.equal(await settled(flushed), false);
  requests[1]?.answer();
  await flushed;
});

test('an announcement of a record that is on its way comes after it', async () => {
  const { queue, requests } = open();
  queue.add({ id: 'a', state: 'pending' });
  const flushed = queue.flush();
  const announced = queue.announce({ id: 'a', state: 'inProgress' });
  await turn();
  assert.equal(requests.length, 1);
  requests[0]?.answer();
  await turn();
  assert.deepEqual(requests[1]?.records, [{ id: 'a', state: 'inProgress' }]);
  requests[1]?.sent();
  await announced;
  requests[1]?.answer();
  await flushed;
});

test('with many unanswered the next one waits; what fails for good lets all go on', async () => {
  const { queue, requests } = open();
  for (let index = 0; index < 8; index++) {
    const announced = queue.announce({ id: `${index}`, state: 'inProgress' });
    requests[index]?.sent();
    await announced;
  }
  const ninth = queue.announce({ id: 'ninth', state: 'inProgress' });
  assert.equal(await settled(ninth), false);
  assert.equal(requests.length, 8);
  requests[0]?.refuse(new Error('gone'));
  await turn();
  requests[8]?.refuse(new Error('gone'));
  await ninth;
});
