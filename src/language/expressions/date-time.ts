/** A moment with the offset of the clock that told it, in minutes. The one date that expressions see is `pipeline.startTime`. */
export type DateTime = { readonly kind: 'date'; readonly milliseconds: number; readonly offset: number };

/** Makes a date of a moment, told in UTC. */
export function dateTimeFrom(moment: Date): DateTime {
  return { kind: 'date', milliseconds: moment.getTime(), offset: 0 };
}

const written =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?(?:Z|([+-])(\d{1,2}):(\d{1,2}))?$/;

/** Reads a date from a text as the published engine does; without an offset it is one in UTC. Undefined when it isn't one. */
export function readDateTime(text: string): DateTime | undefined {
  const parts = written.exec(text.trim());
  if (!parts) return undefined;
  const number = (index: number) => Number(parts[index] ?? 0);
  const [year, month, day] = [number(1), number(3), number(4)];
  const [hour, minute, second] = [number(5), number(6), number(7)];
  const offset = (parts[9] === '-' ? -1 : 1) * (number(10) * 60 + number(11));
  const fraction = Math.floor(Number(`0.${parts[8] ?? 0}`) * 1000);
  const start = new Date(Date.UTC(year, month - 1, day, hour, minute, second, fraction));
  const isReal =
    year > 0 &&
    start.getUTCMonth() === month - 1 &&
    start.getUTCDate() === day &&
    start.getUTCHours() === hour &&
    start.getUTCMinutes() === minute &&
    second < 60 &&
    Math.abs(offset) <= 14 * 60;
  return isReal ? { kind: 'date', milliseconds: start.getTime() - offset * 60_000, offset } : undefined;
}

/** `2026-01-31 23:59:00+00:00` */
export function dateTimeText(value: DateTime): string {
  return formatDateTime(value, 'yyyy-MM-dd HH:mm:sszzz'.replaceAll(/[-:]/g, '\\$&')) ?? '';
}

/**
 * Writes a date by the specifiers of `format`: letters of a date in the numbers that are known, blanks, and `\` before any other sign.
 * Undefined for another specifier.
 */
export function formatDateTime({ milliseconds, offset }: DateTime, specifiers: string): string | undefined {
  const local = new Date(milliseconds + offset * 60_000);
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
  const fraction = `${String(local.getUTCMilliseconds()).padStart(3, '0')}0000`;
  const known: Readonly<Record<string, string>> = {
    yyyy: String(local.getUTCFullYear()).padStart(4, '0'),
    yy: two(local.getUTCFullYear() % 100),
    MM: two(local.getUTCMonth() + 1),
    M: String(local.getUTCMonth() + 1),
    dd: two(local.getUTCDate()),
    d: String(local.getUTCDate()),
    HH: two(local.getUTCHours()),
    H: String(local.getUTCHours()),
    mm: two(local.getUTCMinutes()),
    m: String(local.getUTCMinutes()),
    ss: two(local.getUTCSeconds()),
    s: String(local.getUTCSeconds()),
    zzz: zone,
    K: zone,
  };
  let result = '';
  for (const [piece] of specifiers.matchAll(/\\.?|(.)\1*/gs)) {
    const text = /^f{1,7}$/.test(piece) ? fraction.slice(0, piece.length) : known[piece];
    if (text !== undefined) result += text;
    else if (piece[0] === '\\' && piece.length === 2) result += piece[1];
    else if (piece[0] === ' ') result += piece;
    else return undefined;
  }
  return result;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}
