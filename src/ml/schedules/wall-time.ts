import { WINDOWS_ZONES } from './windows-zones.ts';

/**
 * What a clock on the wall shows, as the milliseconds since 1970 at which UTC's clock shows the same: days and hours are counted in it as if there
 * were no daylight saving.
 */
export type WallTime = number;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * The name in the time zone database of a zone by its Windows name (documented), or by that name itself.
 * @returns undefined for a zone that nobody knows
 */
export function zoneOf(name: string): string | undefined {
  const wanted = name.trim().toLowerCase();
  for (const [windows, zone] of Object.entries(WINDOWS_ZONES)) if (windows.toLowerCase() === wanted) return zone;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name.trim() }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

const QUARTER = 15 * MINUTE;
const MOST_KNOWN = 10_000;
const known = new Map<string, number>();

/** How far the clock of a zone is ahead of UTC. It changes at quarters of an hour only, and asking the formatter is dear. */
function offsetOf(zone: string, instant: number): number {
  const quarter = Math.floor(instant / QUARTER) * QUARTER;
  const key = `${quarter} ${zone}`;
  let offset = known.get(key);
  if (offset === undefined) {
    const part: Record<string, number> = {};
    for (const { type, value } of formatOf(zone).formatToParts(quarter)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, offset);
  }
  return offset;
}

/** What the clock of a zone shows at an instant (milliseconds since 1970). */
export function wallTimeOf(zone: string, instant: number): WallTime {
  return instant + offsetOf(zone, instant);
}

/**
 * The instants at which the clock of a zone shows a time, the earlier first: two in the hour that daylight saving repeats, none in the one that it
 * leaves out.
 */
export function instantsOf(zone: string, wall: WallTime): number[] {
  const found = new Set<number>();
  // Offsets lie between -12 and +14 hours, and change by a few at most: those a day before and after are all that can hold here.
  for (const near of [wall - 26 * HOUR, wall, wall + 26 * HOUR]) {
    const instant = wall - offsetOf(zone, near);
    if (wallTimeOf(zone, instant) === wall) found.add(instant);
  }
  return [...found].sort((a, b) => a - b);
}

/**
 * The instant that a time on the wall means: the earlier of two; a time that daylight saving leaves out means the one that the clock would show had
 * it not been put forward.
 */
export function instantOf(zone: string, wall: WallTime): number {
  const [first] = instantsOf(zone, wall);
  if (first !== undefined) return first;
  return wall - offsetOf(zone, wall - 26 * HOUR);
}
