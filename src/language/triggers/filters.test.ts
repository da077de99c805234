import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgePath, judgeRef, nameMatches, pathMatches } from './filters.ts';
import { wildcardMatches } from './wildcards.ts';

test('in names * crosses slashes and ? is one character; case matters', () => {
  for (const [pattern, name, fits] of [
    ['main', 'main', true],
    ['main', 'Main', false],
    ['main', 'main2', false],
    ['releases/*', 'releases/1/x', true],
    ['releases/*', 'releases/', true],
    ['releases/*', 'releases', false],
    ['releases/old*', 'releases/older', true],
    ['feature/*-working', 'feature/a/b-working', true],
    ['v?.0', 'v1.0', true],
    ['v?.0', 'v10.0', false],
    ['*', 'a/b', true],
    ['a.b', 'axb', false],
    ['(a|b)+', 'a', false],
  ] as const)
    assert.equal(nameMatches(pattern, name), fits, `${pattern} ${name}`);
});

test('in paths * stays within a name, ** crosses folders, a name without wildcards names all below', () => {
  for (const [pattern, path, fits] of [
    ['docs', 'docs/a/b.md', true],
    ['/docs/', 'docs/a.md', true],
    ['docs', 'docs2/a.md', false],
    ['docs/README.md', 'docs/README.md', true],
    ['Docs', 'docs/a.md', false],
    ['docs/*.md', 'docs/a.md', true],
    ['docs/*.md', 'docs/a/b.md', false],
    ['docs/**', 'docs/a/b.md', true],
    ['**/*.md', 'a.md', true],
    ['**/*.md', 'a/b/c.md', true],
    ['src/**/test/*', 'src/test/a', true],
    ['src/**/test/*', 'src/a/b/test/c', true],
    ['src/**/test/*', 'src/atest/c', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['*', 'a/b/c', true],
    ['/', 'a', true],
  ] as const)
    assert.equal(pathMatches(pattern, path), fits, `${pattern} ${path}`);
});

test('an excluded branch stays out; without an inclusion everything else is in; refs/heads/ makes no difference', () => {
  const filter = { include: ['main', 'refs/heads/releases/*'], exclude: ['releases/old*'] };
  assert.deepEqual(judgeRef(filter, 'refs/heads/releases/1'), {
    passes: true,
    by: 'include',
    pattern: 'refs/heads/releases/*',
  });
  assert.deepEqual(judgeRef(filter, 'refs/heads/releases/old/1'), {
    passes: false,
    by: 'exclude',
    pattern: 'releases/old*',
  });
  assert.deepEqual(judgeRef(filter, 'refs/heads/x'), { passes: false, by: 'none' });
  assert.deepEqual(judgeRef({ include: [], exclude: ['x'] }, 'refs/heads/y'), { passes: true, by: 'all' });
});

test('a path that is included deeper than what excludes it counts, in any order', () => {
  const judged = (path: string) =>
    judgePath({ include: ['src', 'tools/run', 'docs'], exclude: ['tools', 'docs/old/*'] }, path);
  for (const [path, by, pattern] of [
    ['src/a', 'include', 'src'],
    ['tools/run/a', 'include', 'tools/run'],
    ['tools/a', 'exclude', 'tools'],
    ['docs/old/a', 'exclude', 'docs/old/*'],
    ['docs/new/a', 'include', 'docs'],
    ['other', 'none', undefined],
  ] as const) {
    const verdict = judged(path);
    assert.deepEqual([verdict.by, 'pattern' in verdict ? verdict.pattern : undefined], [by, pattern], path);
  }
  assert.equal(judgePath({ include: [], exclude: ['docs'] }, 'a').passes, true);
  assert.equal(judgePath({ include: ['docs'], exclude: ['docs'] }, 'docs/a').passes, false);
});

test('no pattern takes long, and matching agrees with a regular expression', () => {
  assert.equal(wildcardMatches(`${'*a'.repeat(200)}b`, 'a'.repeat(20_000), 'anywhere'), false);
  const letters = fc.stringMatching(/^[ab/*?]{0,8}$/);
  fc.assert(
    fc.property(letters, fc.stringMatching(/^[ab/]{0,8}$/), (pattern, text) => {
      const anywhere = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      assert.equal(wildcardMatches(pattern, text, 'anywhere'), anywhere.test(text));
      const words = pattern.match(/\*\*\/|\*+|./gs) ?? [];
      const folders = words.map((one) =>
        one === '**/' ? '(?:.*/)?' : one === '*' ? '[^/]*' : one.startsWith('*') ? '.*' : one === '?' ? '[^/]' : one,
      );
      assert.equal(wildcardMatches(pattern, text, 'in-folders'), new RegExp(`^${folders.join('')}$`).test(text));
    }),
    { seed: 3, numRuns: 3000 },
  );
});
