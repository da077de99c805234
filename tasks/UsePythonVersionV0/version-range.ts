/** A version: three numbers, and the name of a pre-release (`rc1`) if it is one. */
export type Version = { readonly numbers: readonly [number, number, number]; readonly pre: string };

/** Reads `3.12.1`, `3.14.0rc2`, `3.13.0-beta.1`. */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-?([a-z][0-9a-z.]*)|\+)?\+?$/i.exec(text.trim());
  if (!match) return undefined;
  return { numbers: [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)], pre: match[4] ?? '' };
}

/** Orders versions; a pre-release comes before its release. */
export function compareVersions(a: Version, b: Version): number {
  for (const place of [0, 1, 2] as const) {
    if (a.numbers[place] !== b.numbers[place]) return a.numbers[place] - b.numbers[place];
  }
  if (a.pre === b.pre) return 0;
  if (a.pre === '' || b.pre === '') return a.pre === '' ? 1 : -1;
  return a.pre < b.pre ? -1 : 1;
}

type Bound = { readonly test: (version: Version) => boolean };

/**
 * Reads a range in the syntax of semantic versions: `3.11`, `3.x`, `*`, `>=3.10`, `>=3.8 <3.12`, `3.8 - 3.12`, `^3.9`, `~3.9.1`, `3.9 || 3.11`.
 * A version with parts missing stands for all that begin like it.
 * @returns what tells whether a version is in it, or undefined when it isn't a range
 */
export function parseRange(text: string): ((version: Version) => boolean) | undefined {
  const alternatives = text.split('||').map(parseAlternative);
  if (alternatives.some((one) => one === undefined)) return undefined;
  return (version) => alternatives.some((bounds) => bounds?.every((bound) => bound.test(version)));
}

function parseAlternative(text: string): Bound[] | undefined {
  const span = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(text);
  if (span) {
    const from = parsePartial(span[1] as string);
    const to = parsePartial(span[2] as string);
    return from && to ? [atLeast(from.low), below(to.high)] : undefined;
  }
  const parts = text.trim().replace(/(>=|<=|>|<|=|~|\^)\s+/g, '$1');
  const bounds: Bound[] = [];
  for (const part of parts === '' ? ['*'] : parts.split(/\s+/)) {
    const match = /^(>=|<=|>|<|=|~|\^)?(.+)$/.exec(part);
    const partial = match && parsePartial(match[2] as string);
    if (!match || !partial) return undefined;
    bounds.push(...boundsOf(match[1] ?? '', partial));
  }
  return bounds;
}

type Numbers = readonly [number, number, number];
/** The lowest version that a partial one stands for, and the first beyond. */
type Partial = { readonly low: Numbers; readonly high: Numbers; readonly given: number };

function parsePartial(text: string): Partial | undefined {
  const match = /^v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?$/.exec(text);
  if (!match) return undefined;
  const parts = [match[1], match[2], match[3]];
  const wild = parts.findIndex((part) => part === undefined || /^[xX*]$/.test(part));
  const given = wild < 0 ? 3 : wild;
  const number = (place: number) => (place < given ? Number(parts[place]) : 0);
  const low: Numbers = [number(0), number(1), number(2)];
  if (given === 0) return { low: [0, 0, 0], high: [Number.POSITIVE_INFINITY, 0, 0], given };
  if (given === 1) return { low, high: [low[0] + 1, 0, 0], given };
  if (given === 2) return { low, high: [low[0], low[1] + 1, 0], given };
  return { low, high: [low[0], low[1], low[2] + 1], given };
}

function boundsOf(operator: string, { low, high, given }: Partial): Bound[] {
  switch (operator) {
    case '>=':
      return [atLeast(low)];
    case '>':
      return [atLeast(high)];
    case '<':
      return [below(low)];
    case '<=':
      return [below(high)];
    case '~':
      return [atLeast(low), below(given < 2 ? high : [low[0], low[1] + 1, 0])];
    case '^':
      return [atLeast(low), below(low[0] > 0 || given < 2 ? [low[0] + 1, 0, 0] : [0, low[1] + 1, 0])];
    default:
      return [atLeast(low), below(high)];
  }
}

const atLeast = (numbers: Numbers): Bound => ({
  test: (version) => compareNumbers(version.numbers, numbers) >= 0,
});
const below = (numbers: Numbers): Bound => ({
  test: (version) => compareNumbers(version.numbers, numbers) < 0,
});

function compareNumbers(a: Numbers, b: Numbers): number {
  for (const place of [0, 1, 2] as const) if (a[place] !== b[place]) return a[place] - b[place];
  return 0;
}
