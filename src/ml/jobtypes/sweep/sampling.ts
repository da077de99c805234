import { type Observation, proposeNext } from './bayesian.ts';
import { drawAll } from './draw.ts';
import { numbersOf } from './random-numbers.ts';
import type { Parameters, SearchSpace } from './search-space.ts';
import { sobolPoint } from './sobol.ts';

export type Sampling =
  | { readonly kind: 'random'; readonly rule: 'random' | 'sobol'; readonly seed: number; readonly logbase?: number }
  | { readonly kind: 'grid' }
  | { readonly kind: 'bayesian'; readonly seed: number };

/**
 * The parameters of trial `index` (from 0). The same sampling, index and observations give the same, so that a trial that a crash kept from being
 * committed is the same when it is made again.
 * @param observations what earlier trials came to, for Bayesian sampling
 * @returns undefined when the space is exhausted
 */
export function sampleTrial(
  sampling: Sampling,
  space: SearchSpace,
  index: number,
  observations: readonly Observation[],
): Parameters | undefined {
  switch (sampling.kind) {
    case 'grid':
      return gridPoint(space, index);
    case 'bayesian':
      return proposeNext(space, sampling.seed, index, observations);
    case 'random': {
      const { seed, logbase } = sampling;
      const point = sampling.rule === 'sobol' ? sobolPoint(index, Object.keys(space).length, seed) : undefined;
      const numbersFor = (position: number, name: string) => {
        const further = numbersOf(seed, index, name);
        let first = point?.[position];
        return () => {
          const number = first ?? further();
          first = undefined;
          return number;
        };
      };
      return drawAll(space, numbersFor, logbase);
    }
  }
}

/** How many points a grid has. */
export function gridSize(space: SearchSpace): number {
  return Object.values(space).reduce(
    (size, distribution) => size * (distribution.kind === 'choice' ? distribution.values.length : 1),
    1,
  );
}

/** The last parameter changes fastest. */
function gridPoint(space: SearchSpace, index: number): Parameters | undefined {
  if (index >= gridSize(space)) return undefined;
  let rest = index;
  const point: Record<string, unknown> = {};
  for (const [name, distribution] of Object.entries(space).reverse()) {
    if (distribution.kind !== 'choice') continue;
    const value = distribution.values[rest % distribution.values.length];
    point[name] = value?.kind === 'value' ? value.value : undefined;
    rest = Math.floor(rest / distribution.values.length);
  }
  return Object.fromEntries(Object.keys(space).map((name) => [name, point[name]]));
}
