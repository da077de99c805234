import { drawAll } from './draw.ts';
import { numbersOf } from './random-numbers.ts';
import type { Parameters, SearchSpace } from './search-space.ts';

/** An earlier trial. `loss` is smaller for better ones; absent while the trial has not ended. */
export type Observation = { readonly parameters: Parameters; readonly loss?: number };

/** Random trials before the model is asked. */
const FIRST_RANDOM = 5;
const CANDIDATES = 400;
/** The model costs the cube of this. */
const MODEL_LIMIT = 150;
const NOISE = 1e-3;
const LENGTHS = [0.1, 0.2, 0.4, 0.8];

/**
 * The next parameters by a Gaussian process over the trials so far and the expected improvement of random candidates; trials under way count
 * with the mean, so that those that run together differ.
 */
export function proposeNext(
  space: SearchSpace,
  seed: number,
  index: number,
  observations: readonly Observation[],
): Parameters {
  const draw = (stream: string, at: number) => drawAll(space, (_position, name) => numbersOf(seed, stream, at, name));
  const known = observations.filter((one) => one.loss !== undefined);
  const first = draw('first', index);
  if (known.length < FIRST_RANDOM) return first;
  const losses = known.map((one) => one.loss as number);
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const spread = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / losses.length) || 1;
  const seen = observations.slice(-MODEL_LIMIT).map((one) => ({
    point: embed(space, one.parameters),
    loss: ((one.loss ?? mean) - mean) / spread,
  }));
  const best = known.reduce((one, other) => ((other.loss as number) < (one.loss as number) ? other : one));
  const bestLoss = ((best.loss as number) - mean) / spread;
  const model = fit(seen);
  let chosen = first;
  let most = -1;
  for (let at = 0; at < CANDIDATES; at += 1) {
    const random = draw(`candidate-${index}`, at);
    // Half of the candidates change the best one in some parameters only.
    const keep = numbersOf(seed, 'keep', index, at);
    const candidate =
      at % 2 === 0
        ? random
        : Object.fromEntries(
            Object.entries(random).map(([name, value]) => [name, keep() < 0.6 ? best.parameters[name] : value]),
          );
    const { mu, sigma } = model(embed(space, candidate));
    const improvement = expectedImprovement(bestLoss, mu, sigma);
    if (improvement > most) {
      most = improvement;
      chosen = candidate;
    }
  }
  return chosen;
}

/** A point in the unit cube: numbers by their place in the range, choices one corner each. */
function embed(space: SearchSpace, parameters: Parameters): number[] {
  return Object.entries(space).flatMap(([name, distribution]) => {
    const value = parameters[name];
    if (distribution.kind === 'choice') {
      const text = JSON.stringify(value);
      return distribution.values.map((one) => (one.kind === 'value' && JSON.stringify(one.value) === text ? 0.7 : 0));
    }
    if (!('min' in distribution)) return [];
    const { min, max } = distribution;
    return [max > min ? (Number(value) - min) / (max - min) : 0];
  });
}

type Seen = { readonly point: readonly number[]; readonly loss: number };
type Model = (point: readonly number[]) => { mu: number; sigma: number };

/** The process whose length fits what was seen best. */
function fit(seen: readonly Seen[]): Model {
  const fits = LENGTHS.map((length) => process(seen, length));
  return fits.reduce((one, other) => (other.likelihood > one.likelihood ? other : one)).model;
}

function process(seen: readonly Seen[], length: number): { likelihood: number; model: Model } {
  const kernel = (a: readonly number[], b: readonly number[]) => {
    let distance = 0;
    for (const [index, value] of a.entries()) distance += (value - (b[index] as number)) ** 2;
    return Math.exp(-distance / (2 * length * length));
  };
  const rows = seen.map((a, i) => seen.map((b, j) => kernel(a.point, b.point) + (i === j ? NOISE : 0)));
  const lower = cholesky(rows);
  const half = forward(
    lower,
    seen.map((one) => one.loss),
  );
  const logDeterminant = lower.reduce((sum, row, index) => sum + Math.log(row[index] as number), 0);
  return {
    likelihood: -half.reduce((sum, value) => sum + value * value, 0) / 2 - logDeterminant,
    model(point) {
      const across = forward(
        lower,
        seen.map((one) => kernel(one.point, point)),
      );
      const mu = across.reduce((sum, value, index) => sum + value * (half[index] as number), 0);
      const variance = 1 + NOISE - across.reduce((sum, value) => sum + value * value, 0);
      return { mu, sigma: Math.sqrt(Math.max(variance, 1e-12)) };
    },
  };
}

function cholesky(rows: readonly (readonly number[])[]): number[][] {
  const lower: number[][] = [];
  for (const [i, row] of rows.entries()) {
    const made: number[] = [];
    for (let j = 0; j <= i; j += 1) {
      const other = j === i ? made : (lower[j] as number[]);
      let sum = row[j] as number;
      for (let k = 0; k < j; k += 1) sum -= (made[k] as number) * (other[k] as number);
      made.push(j === i ? Math.sqrt(Math.max(sum, 1e-10)) : sum / (other[j] as number));
    }
    lower.push(made);
  }
  return lower;
}

/** Solves `lower · x = values`. */
function forward(lower: readonly (readonly number[])[], values: readonly number[]): number[] {
  const solved: number[] = [];
  for (const [i, row] of lower.entries()) {
    let sum = values[i] as number;
    for (let k = 0; k < i; k += 1) sum -= (row[k] as number) * (solved[k] as number);
    solved.push(sum / (row[i] as number));
  }
  return solved;
}

function expectedImprovement(best: number, mu: number, sigma: number): number {
  const z = (best - mu) / sigma;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  // The logistic approximation of the normal's distribution function: candidates are only ranked by it.
  const cumulative = 1 / (1 + Math.exp(-1.702 * z));
  return (best - mu) * cumulative + sigma * density;
}
