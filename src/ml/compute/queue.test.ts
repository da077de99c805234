import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isPassed, nextServed, PASS_LIMIT, priorityOf, type Room, type Waiting } from './queue.ts';

const room = (free: number, clusters: Record<string, number> = {}, used: Record<string, number> = {}): Room => ({
  free,
  freeOf: (cluster) => clusters[cluster] ?? free,
  usedBy: (experiment) => used[experiment] ?? 0,
});
const one = (arrived: number, more: Partial<Waiting> = {}): Waiting => ({
  arrived,
  cluster: 'c',
  nodes: 1,
  priority: priorityOf(undefined, undefined),
  experiment: 'e',
  passed: 0,
  ...more,
});

describe('the queue for nodes', () => {
  test('tiers go before priorities, and nothing said is standard and medium', () => {
    const order = [
      priorityOf('Spot', '3'),
      priorityOf('basic', 'low'),
      priorityOf('Standard', '1'),
      priorityOf('Null', undefined),
      priorityOf(undefined, 'high'),
      priorityOf('premium', 'low'),
    ];
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    assert.equal(priorityOf(undefined, undefined), priorityOf('standard', 'medium'));
  });

  test('the higher tier is served first, then who came first', () => {
    const basic = one(0, { priority: priorityOf('Basic', undefined) });
    assert.equal(nextServed([basic, one(1), one(2)], room(1))?.arrived, 1);
    assert.equal(nextServed([basic], room(1)), basic);
    assert.equal(nextServed([basic], room(0)), undefined);
  });

  test('of equals, the experiment that uses the fewest nodes', () => {
    const waiting = [one(0, { experiment: 'large' }), one(1, { experiment: 'small' })];
    assert.equal(nextServed(waiting, room(1, {}, { large: 3, small: 0 }))?.experiment, 'small');
  });

  test('a large one lets small ones ahead, but not for ever: then what it waits for is kept for it', () => {
    const large = one(0, { nodes: 4 });
    assert.equal(nextServed([large, one(1)], room(2))?.arrived, 1);
    const overdue = { ...large, passed: PASS_LIMIT };
    assert.equal(nextServed([overdue, one(1)], room(2)), undefined);
    assert.equal(nextServed([overdue, one(1)], room(4)), overdue);
  });

  test('one whose own cluster is full keeps that cluster, not the machine', () => {
    const overdue = one(0, { cluster: 'small', nodes: 2, passed: PASS_LIMIT });
    const clusters = { small: 1, other: 4 };
    assert.equal(nextServed([overdue, one(1, { cluster: 'small' })], room(4, clusters)), undefined);
    assert.equal(nextServed([overdue, one(1, { cluster: 'other' })], room(4, clusters))?.cluster, 'other');
  });

  test('only those that came earlier and want the same are passed by', () => {
    const full = room(2, { full: 0 });
    assert.ok(isPassed(one(0, { nodes: 4, cluster: 'c' }), one(1), room(2, { c: 8 })));
    assert.ok(!isPassed(one(2), one(1), full));
    assert.ok(!isPassed(one(0, { cluster: 'full' }), one(1), full));
  });
});
