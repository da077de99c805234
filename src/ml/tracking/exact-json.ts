import { invalid } from '../../kernel/errors.ts';

/** A number that JavaScript would write otherwise (`1.0`, an integer beyond 2^53), kept as the text that it came as. */
type Raw = { readonly rawJSON: string };
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const json = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): Raw;
  isRawJSON(value: unknown): value is Raw;
};

/**
 * Reads JSON without changing its numbers: what is written again is what Python wrote.
 * @param what how errors call the text
 * @throws invalid for what is not JSON; so for NaN and the infinities, which Python writes and JSON has not
 */
export function parseExactly(text: string, what: string): unknown {
  try {
    return json.parse(text, (_key, value, context) =>
      typeof value === 'number' && String(value) !== context.source ? json.rawJSON(context.source ?? '0') : value,
    );
  } catch (error) {
    throw invalid(`${what} is not JSON: ${(error as Error).message.slice(0, 200)}. NaN and Infinity have no JSON.`, {
      target: what,
    });
  }
}

/** The same text for the same value, whatever the order of its keys. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'null';
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || json.isRawJSON(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]));
}

/** The text of a number that JavaScript would write otherwise; undefined for every other value. */
export const exactNumber = (value: unknown): string | undefined => (json.isRawJSON(value) ? value.rawJSON : undefined);

/** How MLflow's schema of a dataset calls a value's type. */
export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (json.isRawJSON(value)) return /[.eE]/.test(value.rawJSON) ? 'float' : 'integer';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float';
  return typeof value;
}

/** A whole number that is written as it is, however large. */
export const rawNumber = (value: bigint): unknown =>
  Number.isSafeInteger(Number(value)) ? Number(value) : json.rawJSON(String(value));
