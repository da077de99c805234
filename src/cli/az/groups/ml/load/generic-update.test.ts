import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Args } from '../../../command.ts';
import { applyUpdates } from './generic-update.ts';

const args = (lists: Record<string, string[]>, flags: readonly string[] = []): Args => ({
  text: () => undefined,
  need: () => '',
  flag: (name) => flags.includes(name),
  list: (name) => lists[name],
});
const original = { name: 'n', tags: { a: 'b' }, rules: [{ name: 'x', at: 1 }, { name: 'y' }] };

test('--set makes levels, takes JSON and Python’s words, finds items by index and by a member', () => {
  const set = ['tags.c=d', 'a.b=[1]', 'on=True', 'rules[0].at=2', 'rules[name=y].at=3', 'rules[-1].z=null'];
  assert.deepEqual(applyUpdates(original, args({ set })), {
    name: 'n',
    tags: { a: 'b', c: 'd' },
    a: { b: [1] },
    on: true,
    rules: [
      { name: 'x', at: 2 },
      { name: 'y', at: 3, z: null },
    ],
  });
  assert.deepEqual(applyUpdates(original, args({ set: ['n=1'] }, ['force_string'])), { ...original, n: '1' });
  assert.equal(original.rules[0]?.at, 1);
});

test('--add appends an object or values, --remove takes a property or an item away', () => {
  const added = applyUpdates(original, args({ add: ['rules', 'name=z', 'at=4'] }));
  assert.deepEqual((added['rules'] as unknown[])[2], { name: 'z', at: 4 });
  assert.deepEqual(applyUpdates(original, args({ remove: ['rules', '0'] }))['rules'], [{ name: 'y' }]);
  assert.deepEqual(applyUpdates(original, args({ remove: ['tags.a'] }))['tags'], {});
});

test('a path that leads nowhere says what is there', () => {
  assert.throws(() => applyUpdates(original, args({ remove: ['tags.x'] })), /Couldn't find 'x' in 'tags\.x'.*: a\./);
  assert.throws(() => applyUpdates(original, args({ set: ['rules[7].a=1'] })), /a list of 2/);
  assert.throws(() => applyUpdates(original, args({ add: ['name', 'x'] })), /this is no list/);
  assert.throws(() => applyUpdates(original, args({ set: ['__proto__.x=1'] })), /no property path/);
});
