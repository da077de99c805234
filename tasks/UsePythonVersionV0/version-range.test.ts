import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, parseRange, parseVersion, type Version } from './version-range.ts';

const version = (text: string) => parseVersion(text) as Version;

test('ranges in the syntax of semantic versions', () => {
  const cases: [range: string, inside: string[], outside: string[]][] = [
    ['>=3.10', ['3.10.0', '3.12.4', '4.0.0'], ['3.9.18']],
    ['3.x', ['3.0.0', '3.14.1'], ['2.7.18', '4.0.0']],
    ['3.11', ['3.11.0', '3.11.9'], ['3.12.0', '3.1.1']],
    ['3.8 - 3.12', ['3.8.0', '3.12.9'], ['3.7.9', '3.13.0']],
    ['>= 3.8 <3.10', ['3.9.9'], ['3.10.0']],
    ['~3.9.2', ['3.9.2', '3.9.7'], ['3.9.1', '3.10.0']],
    ['^3.9', ['3.9.0', '3.14.0'], ['3.8.9', '4.0.0']],
    ['3.8 || 3.10.x', ['3.8.1', '3.10.3'], ['3.9.0']],
    ['*', ['2.7.0', '3.12.0'], []],
    ['>3.10', ['3.11.0'], ['3.10.9']],
    ['<=3.10', ['3.10.9'], ['3.11.0']],
  ];
  for (const [range, inside, outside] of cases) {
    const fits = parseRange(range);
    for (const one of inside) assert.equal(fits?.(version(one)), true, `${one} in ${range}`);
    for (const one of outside) assert.equal(fits?.(version(one)), false, `${one} not in ${range}`);
  }
  assert.equal(parseRange('three'), undefined);
});

test('a pre-release comes before its release', () => {
  const sorted = ['3.14.0', '3.14.0rc1', '3.9.1', '3.10.0+'].map(version).sort(compareVersions);
  assert.deepEqual(
    sorted.map((one) => [...one.numbers, one.pre].join('.')),
    ['3.9.1.', '3.10.0.', '3.14.0.rc1', '3.14.0.'],
  );
});
