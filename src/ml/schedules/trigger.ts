import { type Cron, readCron } from '../../kernel/cron.ts';
import { type DomainError, invalid } from '../../kernel/errors.ts';
import { countField, fieldOf, isObject, textField } from '../wire-fields.ts';
import { instantOf, zoneOf } from './wall-time.ts';

export type Frequency = 'minute' | 'hour' | 'day' | 'week' | 'month';

/** When within the days of a recurrence. */
export type Pattern = {
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  /** 0 is Sunday. */
  readonly weekDays: readonly number[];
  /** 1 to 31; -1 is a month's last day. */
  readonly monthDays: readonly number[];
};

/** When a schedule fires. Instants are milliseconds since 1970. */
export type Trigger = {
  /** Name in the time zone database. */
  readonly zone: string;
  /** Absent: when the schedule was made. */
  readonly start?: number;
  /** The last instant that counts. */
  readonly end?: number;
} & (
  | { readonly kind: 'cron'; readonly cron: Cron }
  | {
      readonly kind: 'recurrence';
      readonly frequency: Frequency;
      readonly interval: number;
      /** Absent: the instant of the start is repeated. */
      readonly pattern?: Pattern;
    }
);

const FREQUENCIES = ['minute', 'hour', 'day', 'week', 'month'] as const;
const WEEK_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const LOCAL_TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const LONGEST_INTERVAL = 10_000;

const refuse = (target: string, message: string): DomainError => invalid(message, { target, wire: 'UserError' });

/**
 * Reads the trigger of a schedule's body. Words are taken in any case (recorded).
 * @throws invalid, with the key, for what cannot be read
 */
export function readTrigger(body: unknown): Trigger {
  if (!isObject(body)) throw refuse('trigger', "A schedule needs a 'trigger'.");
  const named = textField(body, 'timeZone') ?? 'UTC';
  const zone = zoneOf(named);
  if (zone === undefined)
    throw refuse(
      'timeZone',
      `'${named.slice(0, 80)}' is not a time zone. Use a Windows name, as in Pacific Standard Time, or UTC.`,
    );
  const start = readTime(zone, 'startTime', textField(body, 'startTime'));
  const end = readTime(zone, 'endTime', textField(body, 'endTime'));
  const common = { zone, ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
  const type = (textField(body, 'triggerType') ?? '').toLowerCase();
  if (type === 'cron') return { ...common, kind: 'cron', cron: readExpression(textField(body, 'expression') ?? '') };
  if (type !== 'recurrence')
    throw refuse('triggerType', `'triggerType' is Cron or Recurrence, not '${type.slice(0, 50)}'.`);
  const frequency = (textField(body, 'frequency') ?? '').toLowerCase() as Frequency;
  if (!FREQUENCIES.includes(frequency))
    throw refuse('frequency', `'frequency' is one of ${FREQUENCIES.join(', ')}, not '${frequency.slice(0, 50)}'.`);
  const interval = countField(body, 'interval') ?? 0;
  if (interval < 1 || interval > LONGEST_INTERVAL)
    throw refuse('interval', `'interval' is a whole number from 1 to ${LONGEST_INTERVAL}.`);
  const pattern = readPattern(frequency, fieldOf(body, 'schedule'));
  return { ...common, kind: 'recurrence', frequency, interval, ...(pattern ? { pattern } : {}) };
}

/** Minutes, hours and days of the week count; whatever stands for days and months is taken for `*` (documented). */
function readExpression(text: string): Cron {
  const fields = text.trim().split(/\s+/);
  const cron = fields.length === 5 ? readCron([fields[0], fields[1], '*', '*', fields[4]].join(' ')) : readCron(text);
  if (typeof cron === 'string') throw refuse('expression', `The cron expression cannot be read: ${cron}.`);
  return cron;
}

/** A time with an offset is an instant; without one it is what the clock of the time zone shows (documented). */
function readTime(zone: string, name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const match = LOCAL_TIME.exec(text.trim());
  const [, year, month, day, hour = '00', minute = '00', second = '00', offset] = match ?? [];
  const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const isReal = new Date(wall).getUTCDate() === Number(day);
  if (!match || Number.isNaN(wall) || !isReal)
    throw refuse(name, `'${name}' is a time such as 2026-06-01T09:30:00, not '${text.slice(0, 50)}'.`);
  if (offset === undefined) return instantOf(zone, wall);
  if (/^z$/i.test(offset)) return wall;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(offset) ?? [];
  return wall - (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function readPattern(frequency: Frequency, body: unknown): Pattern | undefined {
  // Minutes and hours have no pattern (documented): the service leaves it out of account.
  if (!isObject(body) || frequency === 'minute' || frequency === 'hour') return undefined;
  const numbers = (name: string, least: number, most: number) =>
    listOf(body, name).map((value) => {
      const number = Number(value);
      if (!Number.isInteger(number) || number < least || number > most)
        throw refuse(
          name,
          `'${name}' holds whole numbers from ${least} to ${most}, not '${String(value).slice(0, 50)}'.`,
        );
      return number;
    });
  const hours = numbers('hours', 0, 23);
  const minutes = numbers('minutes', 0, 59);
  const monthDays = numbers('monthDays', -31, 31);
  if (monthDays.includes(0)) throw refuse('monthDays', "'monthDays' holds days from 1 to 31, or -1 for the last.");
  const weekDays = listOf(body, 'weekDays').map((value) => {
    const at = WEEK_DAYS.indexOf(String(value).toLowerCase());
    if (at < 0) throw refuse('weekDays', `'${String(value).slice(0, 50)}' is not a day of the week.`);
    return at;
  });
  if (hours.length + minutes.length + weekDays.length + monthDays.length === 0) return undefined;
  if (hours.length === 0 || minutes.length === 0)
    throw refuse('schedule', "The schedule of a recurrence needs 'hours' and 'minutes'.");
  if (weekDays.length > 0 && frequency === 'day')
    throw refuse('weekDays', "'weekDays' go with the frequencies week and month.");
  if (monthDays.length > 0 && frequency !== 'month')
    throw refuse('monthDays', "'monthDays' go with the frequency month.");
  return { hours, minutes, weekDays, monthDays };
}

/** A list, or the one value that stands for it. */
function listOf(body: unknown, name: string): readonly unknown[] {
  const value = fieldOf(body, name);
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
