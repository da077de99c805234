import { randomBytes } from 'node:crypto';
import { invalid } from '../../../kernel/errors.ts';
import type { Writer } from '../../../store/index.ts';
import type { Call } from '../call.ts';
import type { TrackingTables } from '../tables.ts';
import { fieldsOf, text } from '../wire.ts';

/** Reads of the gateway's tables, in a transaction or outside of one. */
export type Reader = Pick<Writer<TrackingTables>, 'selectFrom'>;

/** The longest name, user or resource (reference server's schema). */
export const NAME_LIMIT = 255;
export const PROVIDER_LIMIT = 64;
/** Lists have no pages, so each kind of a workspace's entries ends somewhere. */
export const ENTRY_LIMIT = 1000;
const MAP_LIMIT = 50;
const MAP_KEY_LIMIT = 250;

/** An id as the reference server writes it: a prefix for the kind, then 32 digits. */
export const gatewayId = (prefix: string) => `${prefix}-${randomBytes(16).toString('hex')}`;

/** A text that has to say something. @throws invalid */
export function said(call: Call, name: string, limit = NAME_LIMIT): string {
  const found = text(call.fields, name, { fallback: '', limit });
  if (found === '') throw invalid(`Missing value for required parameter '${name}'.`, { target: name });
  return found;
}

/** A text that may be left out; then, and when nothing was said, it is empty. */
export const maybe = (call: Call, name: string, limit = NAME_LIMIT): string =>
  text(call.fields, name, { fallback: '', limit });

/** One of some words; `place` says where among the request it is. @throws invalid for any other, and for none */
export function oneOf(value: unknown, name: string, words: readonly string[], place = ''): string {
  if (typeof value !== 'string' || !words.includes(value))
    throw invalid(
      `Invalid or missing value for required parameter '${name}'${place}. Must be one of: ${words.join(', ')}; found ${JSON.stringify(value ?? null).slice(0, 60)}.`,
      { target: name },
    );
  return value;
}

/** An object of texts. The error never shows a value: some are secrets. @throws invalid */
export function textMap(call: Call, name: string, limit: number): Record<string, string> {
  const entries = Object.entries(fieldsOf(call.fields[name]));
  if (entries.length > MAP_LIMIT)
    throw invalid(`Parameter '${name}' holds at most ${MAP_LIMIT} entries, found ${entries.length}.`, { target: name });
  for (const [key, value] of entries) {
    if (typeof value !== 'string')
      throw invalid(`Parameter '${name}' holds texts alone: '${key.slice(0, 100)}' is ${typeof value}.`, {
        target: name,
      });
    if (key.length > MAP_KEY_LIMIT || value.length > limit)
      throw invalid(
        `Parameter '${name}' holds keys of up to ${MAP_KEY_LIMIT} characters with texts of up to ${limit}; '${key.slice(0, 100)}' is longer.`,
        { target: name },
      );
  }
  return Object.fromEntries(entries) as Record<string, string>;
}

/** @throws invalid when a workspace has as many as it may */
export function withinLimit(count: number | bigint | string, what: string): void {
  if (Number(count) >= ENTRY_LIMIT)
    throw invalid(`A workspace has at most ${ENTRY_LIMIT} ${what}: delete those that nobody needs.`);
}

/** Fields of an answer without those that say nothing. */
export const spoken = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));

export const nowOf = (call: Call): number => call.deps.clock.now().getTime();
