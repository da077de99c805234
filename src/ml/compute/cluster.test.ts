import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fakeClock } from '../../kernel/clock.ts';
import { type Clusters, createClusters, machineSlots, type NodesRequest, type Release } from './cluster.ts';
import { PASS_LIMIT, priorityOf } from './queue.ts';

const scale = { minNodes: 0, maxNodes: 4, idleSeconds: 120 };
const never = new AbortController().signal;
const ask = (cluster: string, nodes = 1, more: Partial<NodesRequest> = {}): NodesRequest => ({
  cluster,
  scale,
  nodes,
  runId: 'run',
  experiment: 'e',
  priority: priorityOf(undefined, undefined),
  ...more,
});
const take = (clusters: Clusters, cluster: string, nodes = 1, more: Partial<NodesRequest> = {}) =>
  clusters.acquire(ask(cluster, nodes, more), never, assert.fail);
/** Asks, and notes in `served` when it is served. */
const line = (
  clusters: Clusters,
  served: string[],
  name: string,
  cluster: string,
  nodes = 1,
  more: Partial<NodesRequest> = {},
) => {
  let release: Release = () => {};
  const promise = clusters
    .acquire(ask(cluster, nodes, more), never, () => {})
    .then((given) => {
      served.push(name);
      release = given;
    });
  return { promise, release: () => release() };
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('clusters', () => {
  test('a cluster grows on demand and shrinks after its idle time', async () => {
    const clock = fakeClock();
    const clusters = createClusters(2, clock);
    assert.deepEqual(clusters.counts('c', scale), { current: 0, target: 0, running: 0, idle: 0 });
    const release = await take(clusters, 'c');
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
    const first = await take(clusters, 'a', 2);
    let waited = 0;
    const order: string[] = [];
    const second = clusters.acquire(ask('b'), never, () => {
      waited += 1;
    });
    const third = clusters.acquire(ask('a', 2), never, () => {});
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
    const release = await take(clusters, 'a');
    const controller = new AbortController();
    const waiting = clusters.acquire(ask('a'), controller.signal, () => {});
    controller.abort(new Error('cancelled'));
    await assert.rejects(waiting, /cancelled/);
    release();
    (await take(clusters, 'a'))();
  });

  test('nodes go to idle one by one, down to the minimum, and each is known by its id and its run', async () => {
    const clock = fakeClock();
    const clusters = createClusters(4, clock);
    const small = { ...scale, minNodes: 1 };
    const first = await take(clusters, 'c', 2, { scale: small, runId: 'one' });
    const second = await take(clusters, 'c', 1, { scale: small, runId: 'two' });
    assert.deepEqual(clusters.nodes('c', small), [
      { nodeId: 'node-0', runId: 'one' },
      { nodeId: 'node-1', runId: 'one' },
      { nodeId: 'node-2', runId: 'two' },
    ]);
    first();
    clock.advance(60_000);
    second();
    clock.advance(60_000);
    assert.deepEqual(clusters.nodes('c', small), [{ nodeId: 'node-2' }], 'the first two had their 120 seconds');
    clock.advance(1_000_000);
    assert.deepEqual(clusters.counts('c', small), { current: 1, target: 1, running: 0, idle: 1 });
    (await take(clusters, 'c', 1, { scale: small }))();
    assert.equal(clusters.nodes('c', small)[0]?.nodeId, 'node-2', 'an idle node is used again');
  });

  test('a lost node is gone at once, and the minimum is made up', async () => {
    const clusters = createClusters(4, fakeClock());
    const release = await take(clusters, 'c', 2, { scale: { ...scale, minNodes: 1 } });
    release('lost');
    assert.deepEqual(
      clusters.nodes('c', { ...scale, minNodes: 1 }).map((node) => node.nodeId),
      ['node-2'],
    );
  });

  test('new limits hold at once: what is idle above them goes, and who waits is served', async () => {
    const clusters = createClusters(8, fakeClock());
    const one = { ...scale, maxNodes: 1 };
    const served: string[] = [];
    const first = line(clusters, served, 'first', 'c', 1, { scale: one });
    const second = line(clusters, served, 'second', 'c', 1, { scale: one });
    await first.promise;
    assert.deepEqual(clusters.counts('c', one), { current: 1, target: 1, running: 1, idle: 0 });
    clusters.resize('c', scale);
    await second.promise;
    assert.deepEqual(clusters.counts('c', scale), { current: 2, target: 2, running: 2, idle: 0 });
    clusters.resize('c', one);
    first.release();
    assert.equal(clusters.counts('c', one).current, 1, 'the node above the maximum is not kept idle');
    clusters.resize('c', { ...scale, minNodes: 3 });
    assert.equal(clusters.counts('c', { ...scale, minNodes: 3 }).current, 3);
  });

  test('a job of a higher tier goes before those that wait; one experiment does not hold up another', async () => {
    const clusters = createClusters(1, fakeClock());
    const served: string[] = [];
    let held = await take(clusters, 'c', 1, { experiment: 'sweep' });
    const rest = ['trial 1', 'trial 2', 'trial 3'].map((name) =>
      line(clusters, served, name, 'c', 1, { experiment: 'sweep' }),
    );
    rest.push(line(clusters, served, 'spot', 'c', 1, { priority: priorityOf('Spot', undefined) }));
    rest.push(
      line(clusters, served, 'premium', 'c', 1, { priority: priorityOf('Premium', undefined), experiment: 'sweep' }),
    );
    for (const _ of rest) {
      held();
      await settled();
      const last = served.length - 1;
      const names = ['trial 1', 'trial 2', 'trial 3', 'spot', 'premium'];
      held = (rest[names.indexOf(served[last] as string)] as { release: () => void }).release;
    }
    assert.deepEqual(served, ['premium', 'trial 1', 'trial 2', 'trial 3', 'spot']);

    const fair = createClusters(2, fakeClock());
    const own: string[] = [];
    const running = [
      await take(fair, 'c', 1, { experiment: 'many' }),
      await take(fair, 'c', 1, { experiment: 'many' }),
    ];
    const waiting = ['m1', 'm2', 'm3'].map((name) => line(fair, own, name, 'c', 1, { experiment: 'many' }));
    const other = line(fair, own, 'other', 'c', 1, { experiment: 'few' });
    running[0]?.();
    await other.promise;
    assert.deepEqual(own, ['other'], 'it came last, and its experiment used no node');
    running[1]?.();
    await waiting[0]?.promise;
    assert.deepEqual(own, ['other', 'm1']);
  });

  test('a job of many nodes is not overtaken for ever', async () => {
    const clusters = createClusters(4, fakeClock());
    const served: string[] = [];
    const running = await Promise.all(Array.from({ length: 4 }, () => take(clusters, 'c')));
    const large = line(clusters, served, 'large', 'c', 4);
    const small = Array.from({ length: 30 }, (_, index) => line(clusters, served, `small ${index}`, 'c'));
    let before = 0;
    const active = [...running];
    while (!served.includes('large')) {
      (active.shift() as () => void)();
      await settled();
      for (const name of served.slice(before))
        if (name !== 'large') active.push((small[Number(name.slice(6))] as { release: () => void }).release);
      before = served.length;
    }
    assert.equal(served.indexOf('large'), PASS_LIMIT);
    await large.promise;
  });

  test('whatever comes, ends and is cancelled: the machine is never overfull, and everybody is served', async () => {
    const step = fc.record({
      cluster: fc.constantFrom('a', 'b'),
      nodes: fc.integer({ min: 1, max: 5 }),
      experiment: fc.constantFrom('x', 'y', 'z'),
      priority: fc.constantFrom(2, 12, 22, 32),
      ends: fc.nat({ max: 3 }),
      cancel: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clusters = createClusters(4, fakeClock());
        const running: Release[] = [];
        let open = 0;
        for (const { cancel, ends, ...one } of steps) {
          const controller = new AbortController();
          open += 1;
          clusters
            .acquire(
              ask(one.cluster, one.nodes, { ...one, scale: { ...scale, maxNodes: 3 } }),
              controller.signal,
              () => {},
            )
            .then(
              (release) => running.push(release),
              () => {
                open -= 1;
              },
            );
          if (cancel) controller.abort(new Error('cancelled'));
          await settled();
          const counts = ['a', 'b'].map((id) => clusters.counts(id, { ...scale, maxNodes: 3 }).running);
          assert.ok((counts[0] ?? 0) <= 3 && (counts[1] ?? 0) <= 3 && (counts[0] ?? 0) + (counts[1] ?? 0) <= 4);
          for (let count = 0; count < ends && running.length > 0; count += 1) {
            running.shift()?.();
            open -= 1;
            await settled();
          }
        }
        while (running.length > 0) {
          running.shift()?.();
          open -= 1;
          await settled();
        }
        assert.equal(open, 0);
      }),
      { numRuns: 60 },
    );
  });

  test('ten thousand that wait for the same cost no more than one each', async () => {
    const clusters = createClusters(1, fakeClock());
    let release = await take(clusters, 'c');
    const waiting = Array.from({ length: 10_000 }, () => clusters.acquire(ask('c'), never, () => {}));
    for (const next of waiting) {
      release();
      release = await next;
    }
    assert.equal(clusters.counts('c', scale).running, 1);
  });

  test('a slot is a core and a gibibyte', () => {
    assert.equal(machineSlots(8, 3.5 * 2 ** 30), 3);
    assert.equal(machineSlots(2, 2 ** 28), 1);
  });
});
