import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIgnore, withoutCaches } from './ignore.ts';

const cases: [rules: string, excluded: string[], kept: string[]][] = [
  ['*.log', ['a.log', 'x/y/b.log'], ['a.log.txt', 'log']],
  ['build/', ['build/a', 'x/build/b'], ['build', 'builds/a']],
  ['/top.txt', ['top.txt'], ['x/top.txt']],
  ['a/b', ['a/b', 'a/b/c'], ['x/a/b']],
  ['a/**/z', ['a/z', 'a/b/c/z'], ['b/a/z', 'az']],
  ['**/cache', ['cache', 'x/cache/y'], ['caches']],
  ['data/**', ['data/a', 'data/b/c'], ['data']],
  ['**/', ['a/b'], ['a']],
  ['/**/', [], ['a', 'a/b']],
  ['*.txt\n!keep.txt', ['a.txt'], ['keep.txt', 'x/keep.txt']],
  ['!keep.txt\n*.txt', ['keep.txt'], []],
  ['# no\n\n\\#yes', ['#yes'], ['# no']],
  ['f?le.[ch]', ['file.c', 'fxle.h'], ['fle.c', 'file.o', 'f/le.c']],
  ['[!a]b', ['cb'], ['ab']],
  ['with\\ space', ['with space'], ['with']],
  ['trailing   ', ['trailing'], []],
  ['a+b(1).txt', ['a+b(1).txt'], ['aab1.txt']],
];

for (const [rules, excluded, kept] of cases) {
  test(`ignore rules: ${JSON.stringify(rules)}`, () => {
    const ignore = parseIgnore(rules);
    for (const path of excluded) assert.equal(ignore(path), true, `${path} should be left out`);
    for (const path of kept) assert.equal(ignore(path), false, `${path} should be kept`);
  });
}

test('component code leaves out Python caches at any depth', () => {
  const ignore = withoutCaches(parseIgnore('*.md'));
  assert.deepEqual(['a/__pycache__/m.pyc', '__pycache__', 'x.md', 'm.py'].map(ignore), [true, true, true, false]);
});
