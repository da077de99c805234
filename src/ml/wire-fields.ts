import { invalid } from '../kernel/errors.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Names without their spelling. The same few come again and again; what clients make up is forgotten now and then. */
const plainNames = new Map<string, string>();
const PLAIN_NAMES = 4096;

function plain(name: string): string {
  let known = plainNames.get(name);
  if (known === undefined) {
    known = name.replaceAll('_', '').toLowerCase();
    if (plainNames.size >= PLAIN_NAMES) plainNames.clear();
    plainNames.set(name, known);
  }
  return known;
}

/**
 * A field of a request's object whatever its spelling: ARM takes any casing, and pipeline nodes say in snake_case what jobs say in
 * camelCase. `null` counts as absent.
 */
export function fieldOf(object: unknown, name: string): unknown {
  if (!isObject(object)) return undefined;
  const direct = object[name];
  if (direct !== undefined && direct !== null) return direct;
  const wanted = plain(name);
  // A node of a pipeline is asked for a score of fields that it lacks: no lists of its entries are made for that.
  for (const key in object) {
    const value = object[key];
    if (value !== null && value !== undefined && plain(key) === wanted && Object.hasOwn(object, key)) return value;
  }
  return undefined;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object without its nulls, at any depth of objects: to clients they say the same as a missing key. */
export function withoutNulls(object: Json): Json {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) =>
      value === null || value === undefined ? [] : [[key, isObject(value) ? withoutNulls(value) : value] as const],
    ),
  );
}

/** A text; numbers and booleans become their text. @throws invalid for anything else that is there */
export function textField(object: unknown, name: string): string | undefined {
  const value = fieldOf(object, name);
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw invalid(`'${name}' must be a text, not ${Array.isArray(value) ? 'a list' : typeof value}.`, { target: name });
}

/** An object; `{}` when absent. @throws invalid for anything else that is there */
export function objectField(object: unknown, name: string): Json {
  const value = fieldOf(object, name);
  if (value === undefined) return {};
  if (isObject(value)) return value;
  throw invalid(`'${name}' must be an object.`, { target: name });
}

/** An object of texts, such as tags. */
export function textsField(object: unknown, name: string): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(objectField(object, name))) {
    if (value === null || value === undefined) continue;
    texts[key] = typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  return texts;
}

/** A whole number, also written as text. */
export function countField(object: unknown, name: string): number | undefined {
  const value = fieldOf(object, name);
  if (value === undefined || value === '') return undefined;
  const count = Number(value);
  if (!Number.isInteger(count)) throw invalid(`'${name}' must be a whole number.`, { target: name });
  return count;
}

export function flagField(object: unknown, name: string): boolean | undefined {
  const value = fieldOf(object, name);
  if (value === undefined) return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  throw invalid(`'${name}' must be true or false.`, { target: name });
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;

/** Seconds of an ISO 8601 duration (`PT5M`) or of a bare number. @throws invalid for another text */
export function secondsField(object: unknown, name: string): number | undefined {
  const value = fieldOf(object, name);
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'number' || /^\d+(\.\d+)?$/.test(String(value))) return Number(value);
  const match = DURATION.exec(String(value));
  if (!match)
    throw invalid(`'${name}' must be a duration such as PT1H30M, not '${String(value).slice(0, 50)}'.`, {
      target: name,
    });
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
