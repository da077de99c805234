/** A schedule's times: the allowed values of each field, in UTC. */
export type Cron = {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
};

const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * Reads a schedule: minute, hour, day of the month, month, day of the week, each `*`, a value, a list, a range or steps (`*` with `/2`, `1-9/2`). Months and days may be English
 * names, in full or three letters, in any case (documented).
 * @returns the times, or what is wrong, as a sentence
 */
export function readCron(text: string): Cron | string {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) return `'${text}' has ${text.trim() === '' ? 0 : fields.length} fields instead of five`;
  const faults: string[] = [];
  const read = (at: number, name: string, least: number, most: number, names: readonly string[] = []) => {
    const values = readField(fields[at]!, least, most, names);
    if (!values) faults.push(`'${fields[at]}' is no ${name} (${least} to ${most})`);
    return values ?? new Set<number>();
  };
  const cron = {
    minutes: read(0, 'minute', 0, 59),
    hours: read(1, 'hour', 0, 23),
    days: read(2, 'day of the month', 1, 31),
    months: read(3, 'month', 1, 12, monthNames),
    weekdays: read(4, 'day of the week', 0, 6, dayNames),
  };
  return faults[0] ?? cron;
}

function readField(field: string, least: number, most: number, names: readonly string[]): Set<number> | undefined {
  const numberOf = (text: string): number | undefined => {
    if (/^\d{1,2}$/.test(text)) return Number(text);
    const at = names.findIndex((name) => name === text.toLowerCase() || name.slice(0, 3) === text.toLowerCase());
    return at < 0 ? undefined : at + least;
  };
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step, ...more] = part.split('/');
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return undefined;
    const [from = '', to, ...rest] = range.split('-');
    if (rest.length > 0) return undefined;
    const first = range === '*' ? least : numberOf(from);
    // A start with steps goes on to the end of the field.
    const last = range === '*' ? most : to === undefined ? (step === undefined ? first : most) : numberOf(to);
    if (first === undefined || last === undefined || first < least || last > most || first > last) return undefined;
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}

/**
 * Whether a schedule starts a run in the minute of a time. A day must fit both the day of the month and the day of the week (inferred).
 * @param at milliseconds since 1970
 */
export function cronFires(cron: Cron, at: number): boolean {
  const time = new Date(at);
  return fitsDay(cron, time) && cron.hours.has(time.getUTCHours()) && cron.minutes.has(time.getUTCMinutes());
}

/** The first minute after a time in which a schedule starts a run; undefined when there is none in the next eight years (30 February). */
export function nextFire(cron: Cron, after: number): number | undefined {
  const minute = 60_000;
  const day = 1440 * minute;
  const from = (Math.floor(after / minute) + 1) * minute;
  const firstDay = Math.floor(from / day) * day;
  const times = [...cron.hours].flatMap((hour) => [...cron.minutes].map((one) => (hour * 60 + one) * minute));
  times.sort((a, b) => a - b);
  for (let start = firstDay; start < firstDay + 8 * 366 * day; start += day) {
    if (!fitsDay(cron, new Date(start))) continue;
    const found = times.find((time) => start + time >= from);
    if (found !== undefined) return start + found;
  }
  return undefined;
}

function fitsDay(cron: Cron, time: Date): boolean {
  return (
    cron.months.has(time.getUTCMonth() + 1) && cron.days.has(time.getUTCDate()) && cron.weekdays.has(time.getUTCDay())
  );
}
