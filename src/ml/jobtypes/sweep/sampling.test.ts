import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { normalQuantile } from './random-numbers.ts';
import { gridSize, type Sampling, sampleTrial } from './sampling.ts';
import { readSearchSpace, type SearchSpace } from './search-space.ts';
import { SOBOL_DIMENSIONS, sobolPoint } from './sobol.ts';

const many = (sampling: Sampling, space: SearchSpace, count: number) =>
  Array.from({ length: count }, (_, index) => sampleTrial(sampling, space, index, []) ?? {});
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('random sampling', () => {
  const random: Sampling = { kind: 'random', rule: 'random', seed: 7 };

  test('the seed decides, and trials differ', () => {
    const space = readSearchSpace({ a: ['uniform', [0, 1]], b: ['choice', [['x', 'y', 'z']]] });
    assert.deepEqual(many(random, space, 20), many(random, space, 20));
    assert.notDeepEqual(many(random, space, 20), many({ ...random, seed: 8 }, space, 20));
    assert.equal(new Set(many(random, space, 50).map((one) => one['a'])).size, 50);
  });

  const draws = (distribution: unknown, count = 2000, logbase?: number) =>
    many({ ...random, ...(logbase === undefined ? {} : { logbase }) }, readSearchSpace({ p: distribution }), count).map(
      (one) => one['p'] as number,
    );

  test('every distribution gives what its formula says', () => {
    assert.deepEqual([...new Set(draws(['randint', [4]]))].sort(), [0, 1, 2, 3]);
    const uniform = draws(['uniform', [-1, 3]]);
    assert.ok(Math.min(...uniform) >= -1 && Math.max(...uniform) < 3 && Math.abs(mean(uniform) - 1) < 0.1);
    assert.deepEqual(
      [...new Set(draws(['quniform', [0, 1, 0.1]]))].sort(),
      [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    );
    const log = draws(['loguniform', [-3, 0]]).map(Math.log);
    assert.ok(Math.min(...log) >= -3 && Math.max(...log) < 0 && Math.abs(mean(log) + 1.5) < 0.1);
    const ten = draws(['loguniform', [-3, 0]], 2000, 10).map(Math.log10);
    assert.ok(Math.min(...ten) >= -3 && Math.abs(mean(ten) + 1.5) < 0.1);
    const normal = draws(['normal', [10, 2]]);
    assert.ok(Math.abs(mean(normal) - 10) < 0.2);
    assert.ok(Math.abs(Math.sqrt(mean(normal.map((value) => (value - 10) ** 2))) - 2) < 0.1);
    assert.ok(draws(['qnormal', [0, 10, 5]]).every((value) => value % 5 === 0));
    assert.ok(Math.abs(mean(draws(['lognormal', [0, 0.5]]).map(Math.log))) < 0.05);
    assert.ok(draws(['qlognormal', [3, 1, 2]]).every((value) => value >= 0 && value % 2 === 0));
    assert.ok(draws(['qloguniform', [0, 4, 4]]).every((value) => value % 4 === 0));
  });

  test('a choice is even', () => {
    const values = many(random, readSearchSpace({ c: ['choice', [['x', 'y']]] }), 2000).map((one) => one['c']);
    assert.ok(Math.abs(values.filter((value) => value === 'x').length - 1000) < 100);
  });

  test('the quantiles of the normal distribution are the tabled ones', () => {
    for (const [p, z] of [
      [0.5, 0],
      [0.975, 1.959964],
      [0.01, -2.326348],
      [0.0001, -3.719016],
    ] as const)
      assert.ok(Math.abs(normalQuantile(p) - z) < 1e-6, `${p}`);
  });
});

describe('Sobol sampling', () => {
  test('2^k points have one in each of 2^k parts of every dimension, whatever the seed', () => {
    for (const seed of [1, 99])
      for (let dimension = 0; dimension < SOBOL_DIMENSIONS; dimension += 1) {
        const parts = Array.from({ length: 64 }, (_, index) =>
          Math.floor((sobolPoint(index, dimension + 1, seed)[dimension] as number) * 64),
        );
        assert.equal(new Set(parts).size, 64, `dimension ${dimension}, seed ${seed}`);
      }
  });

  test('any two of the first dimensions fill the square evenly', () => {
    const points = Array.from({ length: 256 }, (_, index) => sobolPoint(index, 6, 3));
    for (let a = 0; a < 6; a += 1)
      for (let b = a + 1; b < 6; b += 1) {
        const cells = points.map(
          (one) => `${Math.floor((one[a] as number) * 4)},${Math.floor((one[b] as number) * 4)}`,
        );
        assert.equal(new Set(cells).size, 16, `dimensions ${a}, ${b}`);
      }
  });

  test('its values lie in the space, and the seed moves them', () => {
    const space = readSearchSpace({ a: ['uniform', [0, 1]], c: ['choice', [[1, 2, 3, 4]]] });
    const sobol: Sampling = { kind: 'random', rule: 'sobol', seed: 5 };
    const values = many(sobol, space, 8);
    assert.deepEqual(values.map((one) => one['c']).sort(), [1, 1, 2, 2, 3, 3, 4, 4]);
    assert.notDeepEqual(values, many({ ...sobol, seed: 6 }, space, 8));
  });
});

describe('grid sampling', () => {
  test('is the product of the choices, then over', () => {
    const space = readSearchSpace({ a: ['choice', [[1, 2]]], b: ['choice', [['x', 'y', 'z']]] });
    assert.equal(gridSize(space), 6);
    const points = Array.from({ length: 7 }, (_, index) => sampleTrial({ kind: 'grid' }, space, index, []));
    assert.deepEqual(points.slice(0, 4), [
      { a: 1, b: 'x' },
      { a: 1, b: 'y' },
      { a: 1, b: 'z' },
      { a: 2, b: 'x' },
    ]);
    assert.equal(points[6], undefined);
  });
});

describe('Bayesian sampling', () => {
  const space = readSearchSpace({
    x: ['uniform', [-5, 5]],
    y: ['quniform', [0, 10, 0.5]],
    kind: ['choice', [['a', 'b', 'c']]],
  });
  const loss = (one: Readonly<Record<string, unknown>>) =>
    ((one['x'] as number) - 2) ** 2 + ((one['y'] as number) - 7) ** 2 / 4 + (one['kind'] === 'b' ? 0 : 3);
  const best = (sampling: Sampling) => {
    const seen: { parameters: Readonly<Record<string, unknown>>; loss: number }[] = [];
    for (let index = 0; index < 30; index += 1) {
      const parameters = sampleTrial(sampling, space, index, seen) ?? {};
      seen.push({ parameters, loss: loss(parameters) });
    }
    return Math.min(...seen.map((one) => one.loss));
  };

  test('finds in thirty trials what random sampling does not', () => {
    const seeds = [1, 2, 3, 4, 5];
    const bayesian = mean(seeds.map((seed) => best({ kind: 'bayesian', seed })));
    const random = mean(seeds.map((seed) => best({ kind: 'random', rule: 'random', seed })));
    assert.ok(bayesian < random / 3, `${bayesian} is not well below ${random}`);
  });

  test('trials that run together differ', () => {
    const seen = Array.from({ length: 8 }, (_, index) => {
      const parameters = sampleTrial({ kind: 'bayesian', seed: 1 }, space, index, []) ?? {};
      return { parameters, loss: loss(parameters) };
    });
    const first = sampleTrial({ kind: 'bayesian', seed: 1 }, space, 8, seen) ?? {};
    const second = sampleTrial({ kind: 'bayesian', seed: 1 }, space, 9, [...seen, { parameters: first }]);
    assert.notDeepEqual(first, second);
  });
});
