/** A stream of numbers in [0, 1) that depends on the parts alone. */
export function numbersOf(...parts: readonly (number | string)[]): () => number {
  let state = 0x811c9dc5;
  for (const letter of parts.join('/')) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
  // Mulberry32: small, and good enough for drawing parameters.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The quantile of the standard normal distribution, to nine digits (Acklam's rational approximation). @param p in (0, 1) */
export function normalQuantile(p: number): number {
  const central = (q: number) => {
    const r = q * q;
    const above =
      (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
        30.66479806614716) *
        r +
        2.506628277459239) *
      q;
    const below =
      ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
        13.28068155288572) *
        r +
      1;
    return above / below;
  };
  const tail = (t: number) => {
    const above =
      ((((-0.007784894002430293 * t - 0.3223964580411365) * t - 2.400758277161838) * t - 2.549732539343734) * t +
        4.374664141464968) *
        t +
      2.938163982698783;
    const below =
      (((0.007784695709041462 * t + 0.3224671290700398) * t + 2.445134137142996) * t + 3.754408661907416) * t + 1;
    return above / below;
  };
  if (p < 0.02425) return tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
  return central(p - 0.5);
}
