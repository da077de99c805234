import { numbersOf } from './random-numbers.ts';

/** Primitive polynomial (degree, inner coefficients) and first direction numbers of dimensions 2 to 21, as Joe and Kuo published them. */
const DIRECTIONS: readonly (readonly [degree: number, coefficients: number, ...start: number[]])[] = [
  [1, 0, 1],
  [2, 1, 1, 3],
  [3, 1, 1, 3, 1],
  [3, 2, 1, 1, 1],
  [4, 1, 1, 1, 3, 3],
  [4, 4, 1, 3, 5, 13],
  [5, 2, 1, 1, 5, 5, 17],
  [5, 4, 1, 1, 5, 5, 5],
  [5, 7, 1, 1, 7, 11, 19],
  [5, 11, 1, 1, 5, 1, 1],
  [5, 13, 1, 1, 1, 3, 11],
  [5, 14, 1, 3, 5, 5, 31],
  [6, 1, 1, 3, 3, 9, 7, 49],
  [6, 13, 1, 1, 1, 15, 21, 21],
  [6, 16, 1, 3, 1, 13, 27, 49],
  [6, 19, 1, 1, 1, 15, 7, 5],
  [6, 22, 1, 3, 1, 15, 13, 25],
  [6, 25, 1, 1, 5, 5, 19, 61],
  [7, 1, 1, 3, 7, 11, 23, 15, 103],
  [7, 4, 1, 3, 7, 13, 13, 15, 69],
];
const BITS = 32;

/** How many dimensions the sequence covers; further ones are drawn at random. */
export const SOBOL_DIMENSIONS = DIRECTIONS.length + 1;

function directionNumbers(dimension: number): number[] {
  const row = DIRECTIONS[dimension - 1];
  if (!row) return Array.from({ length: BITS }, (_, index) => (1 << (BITS - 1 - index)) >>> 0);
  const [degree, coefficients, ...start] = row;
  const numbers = start.map((m, index) => (m << (BITS - 1 - index)) >>> 0);
  for (let index = degree; index < BITS; index += 1) {
    const before = numbers[index - degree] as number;
    let next = before ^ (before >>> degree);
    for (let k = 1; k < degree; k += 1)
      if ((coefficients >>> (degree - 1 - k)) & 1) next ^= numbers[index - k] as number;
    numbers.push(next >>> 0);
  }
  return numbers;
}

/**
 * Point `index` of the Sobol sequence, shifted digitally by the seed: any first 2^k points have one in each of 2^k equal parts of every
 * dimension.
 * @returns coordinates in [0, 1)
 */
export function sobolPoint(index: number, dimensions: number, seed: number): number[] {
  const gray = (index ^ (index >>> 1)) >>> 0;
  return Array.from({ length: dimensions }, (_, dimension) => {
    if (dimension >= SOBOL_DIMENSIONS) return numbersOf(seed, 'beyond', index, dimension)();
    let bits = 0;
    for (const [bit, number] of directionNumbers(dimension).entries()) if ((gray >>> bit) & 1) bits ^= number;
    const shift = Math.floor(numbersOf(seed, 'shift', dimension)() * 2 ** BITS) >>> 0;
    return ((bits ^ shift) >>> 0) / 2 ** BITS;
  });
}
