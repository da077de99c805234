import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeClock } from '../../kernel/clock.ts';
import { createClusters, machineSlots } from './cluster.ts';

const scale = { minNodes: 0, maxNodes: 4, idleSeconds: 120 };
const never = new AbortController().signal;

describe('clusters', () => {
  test('a cluster grows on demand and shrinks after its idle time', async () => {
    const clock = fakeClock();
    const clusters = createClusters(2, clock);
    assert.deepEqual(clusters.counts('c', scale), { current: 0, target: 0, running: 0, idle: 0 });
    const release = await clusters.acquire('c', scale, 1, never, assert.fail);
    assert.deepEqual(clusters.counts('c', scale), { current: 1, target: 1, running: 1, idle: 0 });
    release();
    release();
    clock.advance(119_000);
    assert.equal(clusters.counts('c', scale).idle, 1);
    clock.advance(1_000);
    assert.equal(clusters.counts('c', scale).current, 0);
  });

  test('a job waits for a slot of the machine, in the order of asking', async () => {
    const clusters = createClusters(2, fakeClock());
    const first = await clusters.acquire('a', scale, 2, never, assert.fail);
    let waited = 0;
    const order: string[] = [];
    const second = clusters.acquire('b', scale, 1, never, () => {
      waited += 1;
    });
    const third = clusters.acquire('a', scale, 2, never, () => {});
    void second.then((release) => {
      order.push('second');
      release();
    });
    void third.then(() => order.push('third'));
    assert.equal(waited, 1);
    first();
    await third;
    assert.deepEqual(order, ['second', 'third']);
  });

  test('a cancelled job leaves the queue', async () => {
    const clusters = createClusters(1, fakeClock());
    const release = await clusters.acquire('a', scale, 1, never, assert.fail);
    const controller = new AbortController();
    const waiting = clusters.acquire('a', scale, 1, controller.signal, () => {});
    controller.abort(new Error('cancelled'));
    await assert.rejects(waiting, /cancelled/);
    release();
    (await clusters.acquire('a', scale, 1, never, assert.fail))();
  });

  test('a slot is a core and a gibibyte', () => {
    assert.equal(machineSlots(8, 3.5 * 2 ** 30), 3);
    assert.equal(machineSlots(2, 2 ** 28), 1);
  });
});
