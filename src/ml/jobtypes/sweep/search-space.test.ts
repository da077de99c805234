import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedParameters, readSearchSpace, textOfParameter } from './search-space.ts';

describe('a search space', () => {
  test('is read alike from a job and from a node of a pipeline', () => {
    const job = readSearchSpace({
      lr: ['loguniform', [-6, -1]],
      depth: ['choice', [[2, 4]]],
      units: ['quniform', [16, 64, 16]],
      layers: ['randint', [5]],
      noise: ['qnormal', [0, 1, 0.5]],
    });
    const node = readSearchSpace({
      lr: { type: 'loguniform', min_value: -6, max_value: -1 },
      depth: { type: 'choice', values: [2, 4] },
      units: { type: 'quniform', min_value: 16, max_value: 64, q: 16 },
      layers: { type: 'randint', upper: 5 },
      noise: { type: 'qnormal', mu: 0, sigma: 1, q: 0.5 },
    });
    assert.deepEqual(job, node);
    assert.deepEqual(job['units'], { kind: 'quniform', min: 16, max: 64, q: 16 });
  });

  test('an unknown distribution, a missing argument and an impossible one are refused by name', () => {
    assert.throws(() => readSearchSpace({}), /at least one parameter/);
    assert.throws(() => readSearchSpace({ x: ['poisson', [1]] }), /'x' has the type 'poisson'\. Known: choice, /);
    assert.throws(() => readSearchSpace({ x: ['uniform', [1]] }), /'x' is a uniform and needs the number 'max_value'/);
    assert.throws(() => readSearchSpace({ x: ['uniform', [2, 1]] }), /min_value \(2\) above its max_value \(1\)/);
    assert.throws(() => readSearchSpace({ x: ['choice', [[]]] }), /needs a list of values/);
    assert.throws(() => readSearchSpace({ x: ['quniform', [0, 1, 0]] }), /q above 0/);
    assert.throws(() => readSearchSpace({ x: 3 }), /neither/);
  });

  test('values are written as Python writes them', () => {
    assert.deepEqual([true, false, null, 0.1, 'adam', [1, 2]].map(textOfParameter), [
      'True',
      'False',
      'None',
      '0.1',
      'adam',
      '[1,2]',
    ]);
  });

  test('the fields of a nested choice have names of their own', () => {
    const space = readSearchSpace({ model: ['choice', [[{ name: 'tree', depth: ['randint', [3]] }, 'linear']]] });
    assert.deepEqual(space['model'], {
      kind: 'choice',
      values: [
        { kind: 'nested', fields: { name: { fixed: 'tree' }, depth: { kind: 'randint', upper: 3 } } },
        { kind: 'value', value: 'linear' },
      ],
    });
    assert.deepEqual(namedParameters({ model: { name: 'tree', depth: 2 } }), {
      model: '{"name":"tree","depth":2}',
      name: 'tree',
      depth: '2',
    });
  });
});
