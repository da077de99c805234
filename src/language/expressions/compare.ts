import {
  toBoolean,
  toDateTime,
  toNumber,
  toText,
  toVersion,
  tryDateTime,
  tryNumber,
  tryText,
  tryVersion,
} from './convert.ts';
import { compareDecimals } from './decimal.ts';
import { upperCase } from './letter-case.ts';
import type { Value, Version } from './value.ts';

/** `eq`: the right side is converted to the left side's kind; a failed conversion is unequal. Collections are equal only to themselves. */
export function equal(left: Value, right: Value): boolean {
  if (left === null) return right === null || right === '';
  if (typeof left === 'boolean') return toBoolean(right) === left;
  if (typeof left === 'string') {
    const text = tryText(right);
    return text !== undefined && compareTexts(left, text) === 0;
  }
  switch (left.kind) {
    case 'number': {
      const number = tryNumber(right);
      return number !== undefined && compareDecimals(left, number) === 0;
    }
    case 'version': {
      const version = tryVersion(right);
      return version !== undefined && compareVersions(left, version) === 0;
    }
    case 'date':
      return tryDateTime(right)?.milliseconds === left.milliseconds;
    default:
      return left === right;
  }
}

/**
 * Orders two values, the right one converted to the left one's kind.
 * @returns negative, zero or positive
 * @throws ExpressionError when a conversion fails; collections always fail
 */
export function order(left: Value, right: Value): number {
  if (typeof left === 'boolean') return Number(left) - Number(toBoolean(right));
  if (typeof left === 'string') return compareTexts(left, toText(right));
  if (left !== null && left.kind === 'version') return compareVersions(left, toVersion(right));
  if (left !== null && left.kind === 'date') return left.milliseconds - toDateTime(right).milliseconds;
  return compareDecimals(toNumber(left), toNumber(right));
}

/** Ordinal comparison that ignores case by upper-casing. */
function compareTexts(left: string, right: string): number {
  const a = upperCase(left);
  const b = upperCase(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

// An absent component ranks below 0, so 3.1 and 3.1.0 differ.
function compareVersions(left: Version, right: Version): number {
  for (let index = 0; index < 4; index++) {
    const difference = (left.parts[index] ?? -1) - (right.parts[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
