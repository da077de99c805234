/** An exact decimal number: `digits` divided by ten to the power of `scale`. The service counts in decimals, never in binary fractions. */
export type Decimal = { readonly kind: 'number'; readonly digits: bigint; readonly scale: number };

const largest = 79228162514264337593543950335n;
const largestScale = 28;
const mostDigits = 29;
const literal = /^-?(?:\d+\.?\d*|\.\d+)$/;
const text = /^[\t-\r ]*([+-]?(?:\d[\d,]*\.?\d*|\.\d+))[\t-\r ]*$/;

/** Makes a decimal from a whole number. */
export function decimalFrom(value: number): Decimal {
  return { kind: 'number', digits: BigInt(Math.trunc(value)), scale: 0 };
}

/** Reads a number as it stands in an expression: a minus sign, digits, one dot that may lead or trail. Undefined when it isn't one. */
export function readLiteral(source: string): Decimal | undefined {
  return literal.test(source) ? build(source) : undefined;
}

/** Reads a number from a text value: sign, fraction, thousands and outer blanks are fine, empty text is 0. Undefined when it isn't one. */
export function readNumber(source: string): Decimal | undefined {
  if (source === '') return decimalFrom(0);
  const number = text.exec(source)?.[1];
  return number === undefined ? undefined : build(number.replaceAll(',', ''));
}

/**
 * A decimal holds 96 bits of digits and at most 28 of them behind the dot. What doesn't fit behind the dot is rounded, once and half
 * to even, as the service's runtime reads numbers; what doesn't fit before it is no number.
 */
function build(source: string): Decimal | undefined {
  const negative = source.startsWith('-');
  const [whole = '', fraction = ''] = source.replace(/^[+-]/, '').split('.');
  const written = `${whole}${fraction}`.replace(/^0+/, '');
  const least = Math.max(0, fraction.length - largestScale, written.length - mostDigits);
  for (let dropped = least; dropped <= fraction.length; dropped++) {
    const digits = withoutLast(written, dropped);
    if (digits > largest) continue;
    return trimmed({ kind: 'number', digits: negative ? -digits : digits, scale: fraction.length - dropped });
  }
  return undefined;
}

function withoutLast(digits: string, count: number): bigint {
  const kept = BigInt(digits.slice(0, Math.max(0, digits.length - count)) || '0');
  const rest = digits.length >= count ? digits.slice(digits.length - count) : '';
  const isOdd = kept % 2n === 1n;
  const roundsUp = /^50*$/.test(rest) ? isOdd : rest >= '5';
  return roundsUp ? kept + 1n : kept;
}

function trimmed(value: Decimal): Decimal {
  let { digits, scale } = value;
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale--;
  }
  return { kind: 'number', digits, scale };
}

/** Negative, zero or positive, as `left` is below, equal to or above `right`. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const scale = Math.max(left.scale, right.scale);
  const difference = scaled(left, scale) - scaled(right, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function scaled(value: Decimal, scale: number): bigint {
  return value.digits * 10n ** BigInt(scale - value.scale);
}

/** The number as text: no exponent, no grouping, at most seven decimals (rounded half away from zero), no trailing zeros. */
export function decimalText(value: Decimal): string {
  let { digits, scale } = value;
  const negative = digits < 0n;
  if (negative) digits = -digits;
  if (scale > 7) {
    const unit = 10n ** BigInt(scale - 7);
    digits = (digits + unit / 2n) / unit;
    scale = 7;
  }
  const padded = digits.toString().padStart(scale + 1, '0');
  const whole = padded.slice(0, padded.length - scale);
  const fraction = padded.slice(padded.length - scale).replace(/0+$/, '');
  const result = fraction ? `${whole}.${fraction}` : whole;
  return negative && result !== '0' ? `-${result}` : result;
}

/** The whole number at or below the value, as a JavaScript number. */
export function floorDecimal(value: Decimal): number {
  const unit = 10n ** BigInt(value.scale);
  const whole = value.digits / unit;
  return Number(value.digits < 0n && value.digits % unit !== 0n ? whole - 1n : whole);
}
