import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readParallel } from './read-parallel.ts';

const node = { inputData: '$'.concat('{{inputs.data}}'), task: { type: 'run_function', entryScript: 's.py' } };
const sizeOf = (miniBatchSize: unknown) =>
  readParallel('n', { ...node, miniBatchSize }, {}, false).settings.miniBatchSize;

test('the size of mini-batches: files, bytes with a unit, and 0 or nothing for the default', () => {
  assert.deepEqual(['5', '10kb', 1, '0', 0, undefined].map(sizeOf), [5, 10_240, 1, 0, 0, 0]);
  for (const size of ['much', '0kb', '-1']) assert.throws(() => sizeOf(size), /the mini_batch_size/);
});
