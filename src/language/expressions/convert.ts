import { type DateTime, dateTimeText, readDateTime } from './date-time.ts';
import { type Decimal, decimalFrom, decimalText, readNumber } from './decimal.ts';
import { evaluationFault } from './error.ts';
import { type Kind, kindOf, type Value, type Version } from './value.ts';

// The coercion table of the service. Every `try…` answers undefined where the table says that the conversion fails.

export function toBoolean(value: Value): boolean {
  if (value === null) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value !== '';
  return value.kind !== 'number' || value.digits !== 0n;
}

export function tryText(value: Value): string | undefined {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return value;
  if (value.kind === 'number') return decimalText(value);
  if (value.kind === 'date') return dateTimeText(value);
  return value.kind === 'version' ? value.parts.join('.') : undefined;
}

export function tryNumber(value: Value): Decimal | undefined {
  if (value === null) return decimalFrom(0);
  if (typeof value === 'boolean') return decimalFrom(value ? 1 : 0);
  if (typeof value === 'string') return readNumber(value);
  return value.kind === 'number' ? value : undefined;
}

export function tryVersion(value: Value): Version | undefined {
  if (value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'string') return readVersion(value, 2);
  if (value.kind === 'version') return value;
  return value.kind === 'number' ? readVersion(decimalText(value), 2) : undefined;
}

// As the service's runtime reads whole numbers: blanks around a part and a sign are let pass.
const versionPart = /^[\t-\r ]*[+-]?\d+[\t-\r ]*$/;

/** Reads `least` to four numeric parts. */
export function readVersion(text: string, least: number): Version | undefined {
  const written = text.split('.', 5);
  if (written.length < Math.max(2, least) || written.length > 4 || !written.every((part) => versionPart.test(part))) {
    return undefined;
  }
  const parts = written.map(Number);
  return parts.every((part) => part >= 0 && part <= 2147483647) ? { kind: 'version', parts } : undefined;
}

export function tryDateTime(value: Value): DateTime | undefined {
  if (typeof value === 'string') return readDateTime(value);
  return value !== null && typeof value === 'object' && value.kind === 'date' ? value : undefined;
}

/** @throws ExpressionError where the table has no conversion */
export function toDateTime(value: Value): DateTime {
  return tryDateTime(value) ?? fail(value, 'DateTime');
}

/** @throws ExpressionError for objects and arrays */
export function toText(value: Value): string {
  return tryText(value) ?? fail(value, 'String');
}

/** @throws ExpressionError where the table has no conversion */
export function toNumber(value: Value): Decimal {
  return tryNumber(value) ?? fail(value, 'Number');
}

/** @throws ExpressionError where the table has no conversion */
export function toVersion(value: Value): Version {
  return tryVersion(value) ?? fail(value, 'Version');
}

function fail(value: Value, kind: Kind): never {
  throw evaluationFault(`Unable to convert from ${kindOf(value)} to ${kind}. Value: ${shown(value)}`);
}

/** A value as messages and traces show it: strings in quotes, versions with a leading `v`, collections by their kind. */
export function shown(value: Value): string {
  if (value === null) return 'Null';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value.kind === 'version') return `v${value.parts.join('.')}`;
  if (value.kind === 'date') return `(DateTime)${dateTimeText(value)}`;
  return value.kind === 'number' ? decimalText(value) : kindOf(value);
}
