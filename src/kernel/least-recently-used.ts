/** Something that a cache keeps. */
export type Kept = {
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
  readonly inUse: boolean;
};

/**
 * What has to go for the rest to fit: the longest unused first, never what is in use.
 * @param limit bytes; when all that is left is in use, more than it may stay
 */
export function toEvict(kept: readonly Kept[], limit: number): Kept[] {
  let total = kept.reduce((sum, one) => sum + one.bytes, 0);
  const gone: Kept[] = [];
  for (const one of [...kept].sort((a, b) => a.usedAt - b.usedAt)) {
    if (total <= limit) break;
    if (one.inUse) continue;
    gone.push(one);
    total -= one.bytes;
  }
  return gone;
}
