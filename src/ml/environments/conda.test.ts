import assert from 'node:assert/strict';
import test from 'node:test';
import { parseConda } from './conda.ts';

test('a conda file becomes an interpreter range and a list of index packages', () => {
  const spec = parseConda(`
name: training
channels: [conda-forge]
dependencies:
  - python=3.9
  - pip=23
  - pip
  - numpy=1.22
  - conda-forge::pandas=1.5.3=py39h_0
  - scipy==1.10.1
  - scikit-learn>=1.1, <1.6
  - pytorch
  - joblib 1.2.*
  - cudatoolkit=11.3
  - pip:
    - mlflow>=2  # the client
    - --extra-index-url https://packages.example.org/simple
    - "azure-identity~=1.12"
`);
  assert.equal(spec.python, '==3.9.*');
  assert.deepEqual(spec.requirements, [
    'pip==23.*',
    'numpy==1.22.*',
    'pandas==1.5.3.*',
    'scipy==1.10.1',
    'scikit-learn>=1.1,<1.6',
    'torch',
    'joblib==1.2.*',
    'mlflow>=2',
    'azure-identity~=1.12',
  ]);
  assert.deepEqual(spec.options, ['--extra-index-url https://packages.example.org/simple']);
  assert.equal(spec.notes.length, 1);
});

test('a list of packages in its place is read as a requirements file', () => {
  assert.deepEqual(parseConda('pandas==1.5.3  # pinned\nscikit-learn\n').requirements, [
    'pandas==1.5.3',
    'scikit-learn',
  ]);
  assert.deepEqual(parseConda('pandas==1.5.3 scikit-learn numpy<2').requirements, [
    'pandas==1.5.3',
    'scikit-learn',
    'numpy<2',
  ]);
  assert.throws(() => parseConda('-r other.txt\npandas'), /List the packages/);
});

test('the JSON that a service gives back is read as well', () => {
  const spec = parseConda('{"dependencies":["python=3.10.4",{"pip":["pandas"]}]}');
  assert.equal(spec.python, '==3.10.4.*');
  assert.deepEqual(spec.requirements, ['pandas']);
});

test('what cannot be carried into an environment is refused with its text', () => {
  const refused = (line: string, pattern: RegExp) =>
    assert.throws(() => parseConda(`dependencies:\n- pip:\n  - "${line}"`), pattern);
  refused('-r requirements.txt', /'-r requirements.txt'.*List the packages/);
  refused('-e .', /needs files/);
  refused('./wheels/a.whl', /path on some machine/);
  refused('a @ file:///etc/a.whl', /path on some machine/);
  assert.throws(() => parseConda('channels: [x]'), /no list 'dependencies'/);
  assert.throws(() => parseConda('a: [b'), /not YAML/);
  assert.throws(() => parseConda(`# ${'x'.repeat(1024 * 1024)}`), /1 MiB/);
});
