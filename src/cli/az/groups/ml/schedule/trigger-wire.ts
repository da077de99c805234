import { compact } from '../entity.ts';
import { snake, wholeNumber } from '../job/wire-words.ts';
import { listOf, oneOf, type Shape, shaped, text, whole, word } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** When a schedule fires: cron or recurrence (documented schemas). */
export const TRIGGER: Shape = {
  'type!': word('cron', 'recurrence'),
  expression: text,
  frequency: word('minute', 'hour', 'day', 'week', 'month'),
  interval: whole,
  schedule: shaped({
    'hours!': oneOf(whole, listOf(whole)),
    'minutes!': oneOf(whole, listOf(whole)),
    week_days: oneOf(word(...DAYS), listOf(word(...DAYS))),
    month_days: oneOf(whole, listOf(whole)),
  }),
  start_time: text,
  end_time: text,
  time_zone: text,
};

/** What a trigger of a kind must have besides its type. */
export const TRIGGER_NEEDS: Readonly<Record<string, readonly string[]>> = {
  cron: ['expression'],
  recurrence: ['frequency', 'interval'],
};

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();

/** A trigger on the wire. A time written without quotes is text here already, as the clients send it. */
export function triggerToWire(trigger: YamlMap): Record<string, unknown> {
  const optional = (key: string, wire: string) =>
    trigger[key] === undefined || trigger[key] === null ? {} : { [wire]: pythonText(trigger[key]) };
  const times = {
    ...optional('end_time', 'endTime'),
    ...optional('start_time', 'startTime'),
    timeZone: pythonText(trigger['time_zone'] ?? 'UTC'),
  };
  if (pythonText(trigger['type']).toLowerCase() === 'cron')
    return { triggerType: 'Cron', expression: pythonText(trigger['expression']), ...times };
  return {
    triggerType: 'Recurrence',
    frequency: capital(pythonText(trigger['frequency'])),
    interval: wholeNumber(trigger['interval']) ?? 1,
    schedule: patternToWire(trigger['schedule']),
    ...times,
  };
}

/** A recurrence's pattern; an empty one where none is given, since the service wants it there (client source). */
export function patternToWire(value: YamlValue | undefined): Record<string, unknown> {
  const pattern: YamlMap = isMap(value) ? value : {};
  const list = (key: string) => {
    const one = pattern[key];
    if (one === undefined || one === null) return undefined;
    return Array.isArray(one) ? one : [one];
  };
  const numbers = (key: string) => list(key)?.map((one) => wholeNumber(one) ?? 0);
  return compact({
    hours: numbers('hours') ?? [],
    minutes: numbers('minutes') ?? [],
    weekDays: list('week_days')?.map((day) => capital(pythonText(day))),
    monthDays: numbers('month_days'),
  });
}

/** A wire's trigger as az prints it. */
export function triggerEntity(trigger: unknown): Record<string, unknown> | undefined {
  if (typeof trigger !== 'object' || trigger === null) return undefined;
  const wire = trigger as Record<string, unknown>;
  const kind = String(wire['triggerType'] ?? '');
  const pattern = wire['schedule'] as Record<string, unknown> | null | undefined;
  return compact({
    type: kind.toLowerCase(),
    expression: wire['expression'],
    frequency: typeof wire['frequency'] === 'string' ? wire['frequency'].toLowerCase() : undefined,
    interval: wire['interval'],
    schedule:
      kind === 'Recurrence' && pattern
        ? compact(
            Object.fromEntries(
              Object.entries(pattern).map(([key, value]) => [
                snake(key),
                key === 'weekDays' && Array.isArray(value) ? value.map((day) => String(day).toLowerCase()) : value,
              ]),
            ),
          )
        : undefined,
    start_time: wire['startTime'],
    end_time: wire['endTime'],
    time_zone: wire['timeZone'],
  });
}
