import { normalQuantile } from './random-numbers.ts';
import type { ChoiceValue, Distribution, Parameters, SearchSpace } from './search-space.ts';

/** A number in [0, 1) for each draw that a parameter takes; the first is the parameter's own. */
export type Numbers = () => number;

/**
 * The value of a distribution (documented forms) at a number in [0, 1): the inverse of its cumulative distribution, so that a quasi-random
 * sequence stays one.
 * @param logbase the base of the log forms; e unless the sampling says another
 */
export function drawAt(distribution: Distribution, next: Numbers, logbase = Math.E): unknown {
  const at = next();
  switch (distribution.kind) {
    case 'choice': {
      const { values } = distribution;
      return choiceValue(values[Math.min(values.length - 1, Math.floor(at * values.length))], next, logbase);
    }
    case 'randint':
      return Math.min(distribution.upper - 1, Math.floor(at * distribution.upper));
    case 'uniform':
    case 'quniform':
      return quantized(distribution, between(distribution, at));
    case 'loguniform':
    case 'qloguniform':
      return quantized(distribution, logbase ** between(distribution, at));
    case 'normal':
    case 'qnormal':
      return quantized(distribution, normal(distribution, at));
    case 'lognormal':
    case 'qlognormal':
      return quantized(distribution, logbase ** normal(distribution, at));
  }
}

const between = ({ min, max }: { min: number; max: number }, at: number) => min + (max - min) * at;
const normal = ({ mu, sigma }: { mu: number; sigma: number }, at: number) =>
  mu + sigma * normalQuantile(Math.min(1 - 1e-12, Math.max(1e-12, at)));

function quantized(distribution: Distribution, value: number): number {
  if (!('q' in distribution)) return value;
  // `round(x / q) * q` without the digits that the multiplication adds: 0.3, not 0.30000000000000004.
  return Number((Math.round(value / distribution.q) * distribution.q).toPrecision(12));
}

function choiceValue(value: ChoiceValue | undefined, next: Numbers, logbase: number): unknown {
  if (value?.kind !== 'nested') return value?.value;
  return Object.fromEntries(
    Object.entries(value.fields).map(([name, field]) => [
      name,
      'fixed' in field ? field.fixed : drawAt(field, next, logbase),
    ]),
  );
}

/** A value for each parameter. @param numbersFor the numbers of one parameter, by its position and name */
export function drawAll(
  space: SearchSpace,
  numbersFor: (position: number, name: string) => Numbers,
  logbase?: number,
): Parameters {
  return Object.fromEntries(
    Object.entries(space).map(([name, distribution], position) => [
      name,
      drawAt(distribution, numbersFor(position, name), logbase),
    ]),
  );
}
