import assert from 'node:assert/strict';
import test from 'node:test';
import { openUpwards, parseRequirement, satisfies } from './requirement.ts';

test('release ranges follow PEP 440', () => {
  const cases: [string, string, boolean][] = [
    ['1.5.3', '~=1.5.3', true],
    ['1.5.9', '~=1.5.3', true],
    ['1.6.0', '~=1.5.3', false],
    ['1.9', '~=1.5', true],
    ['2.0', '~=1.5', false],
    ['3.10.13', '==3.10.*', true],
    ['3.1.0', '==3.10.*', false],
    ['3.10', '==3.10.0', true],
    ['3.10.13', '>=3.8,<3.11', true],
    ['3.11.0', '>=3.8,<3.11', false],
    ['1.22.4', '!=1.22.*', false],
    ['7', '', true],
    ['1.0', 'nonsense', false],
  ];
  for (const [version, specifier, expected] of cases)
    assert.equal(satisfies(version, specifier), expected, `${version} ${specifier}`);
});

test('a requirement line is read as name and range, anything else is left to the installer', () => {
  assert.deepEqual(parseRequirement('Scikit_Learn[alldeps] ~= 1.5.0 ; python_version > "3"'), {
    name: 'scikit-learn',
    specifier: '~=1.5.0',
    text: 'Scikit_Learn[alldeps] ~= 1.5.0 ; python_version > "3"',
  });
  assert.equal(parseRequirement('pkg @ https://example.org/pkg.whl'), undefined);
  assert.equal(parseRequirement('git+https://example.org/pkg'), undefined);
});

test('a range is opened upwards from its lower end', () => {
  const opened = (text: string) =>
    openUpwards(parseRequirement(text) as NonNullable<ReturnType<typeof parseRequirement>>);
  assert.equal(opened('pandas~=1.5.3'), 'pandas>=1.5.3');
  assert.equal(opened('torch==2.8.*'), 'torch>=2.8');
  assert.equal(opened('numpy<2,>=1.20'), 'numpy>=1.20');
  assert.equal(opened('mlflow<3'), undefined);
});
