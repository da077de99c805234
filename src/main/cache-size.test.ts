import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheSize } from './cache-size.ts';

test('the size of a cache is a number of gigabytes, or the default', () => {
  assert.equal(cacheSize({ X: '0.5' }, 'X'), 512 * 1024 * 1024);
  assert.equal(cacheSize({ X: '0' }, 'X'), 0);
  assert.equal(cacheSize({ X: ' ' }, 'X'), undefined);
  assert.equal(cacheSize({}, 'X'), undefined);
  for (const text of ['-1', '10GB', 'NaN']) assert.throws(() => cacheSize({ X: text }, 'X'), /number of gigabytes/);
});
