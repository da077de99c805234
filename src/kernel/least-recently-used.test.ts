import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toEvict } from './least-recently-used.ts';

test('the longest unused goes first, never what is in use, and no more than must', () => {
  const kept = (name: string, bytes: number, usedAt: number, inUse = false) => ({ name, bytes, usedAt, inUse });
  const names = (limit: number) =>
    toEvict([kept('new', 10, 9), kept('old', 10, 1, true), kept('middle', 30, 5), kept('older', 10, 2)], limit).map(
      (one) => one.name,
    );
  assert.deepEqual(names(60), []);
  assert.deepEqual(names(50), ['older']);
  assert.deepEqual(names(45), ['older', 'middle']);
  assert.deepEqual(names(0), ['older', 'middle', 'new']);
});
