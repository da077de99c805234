import type { DateTime } from './date-time.ts';
import type { Decimal } from './decimal.ts';

/** What an expression yields. */
export type Value = null | boolean | string | Decimal | Version | DateTime | ArrayValue | ObjectValue;

export type Kind = 'Null' | 'Boolean' | 'Number' | 'String' | 'Version' | 'DateTime' | 'Object' | 'Array';

/** Two to four numeric parts. */
export type Version = { readonly kind: 'version'; readonly parts: readonly number[] };

/** `filtered` marks the result of `.*`: whatever follows is applied to each item. */
export type ArrayValue = Sourced & {
  readonly kind: 'array';
  readonly items: readonly Value[];
  readonly filtered?: boolean;
};

/** What a collection was read from, for whoever made it; evaluation never looks at it. */
type Sourced = { readonly source?: unknown };

/** Named values in authored order. `get` answers undefined on a miss and decides on the case of names; it may raise. */
export type ObjectValue = Sourced & {
  readonly kind: 'object';
  get(key: string): Value | undefined;
  entries(): Iterable<readonly [string, Value]>;
};

/** Makes an array value. */
export function arrayOf(items: readonly Value[], filtered = false): ArrayValue {
  return filtered ? { kind: 'array', items, filtered } : { kind: 'array', items };
}

/** Makes an object whose names are case-sensitive, as objects inside parameters are. */
export function objectOf(entries: Iterable<readonly [string, Value]>): ObjectValue {
  const map = new Map(entries);
  return { kind: 'object', get: (key) => map.get(key), entries: () => map };
}

/** Makes an object whose names ignore case, as contexts have them. `onMiss` may raise. */
export function contextOf(
  entries: Iterable<readonly [string, Value]>,
  onMiss?: (key: string) => undefined,
): ObjectValue {
  const original = [...entries];
  const map = new Map(original.map(([key, value]) => [key.toLowerCase(), value]));
  return {
    kind: 'object',
    get: (key) => {
      const value = map.get(key.toLowerCase());
      return value === undefined ? onMiss?.(key) : value;
    },
    entries: () => original,
  };
}

/** Whether something can be looked up in a value. */
export function isCollection(value: Value): value is ArrayValue | ObjectValue {
  return value !== null && typeof value === 'object' && (value.kind === 'array' || value.kind === 'object');
}

export function kindOf(value: Value): Kind {
  if (value === null) return 'Null';
  if (typeof value === 'boolean') return 'Boolean';
  if (typeof value === 'string') return 'String';
  switch (value.kind) {
    case 'number':
      return 'Number';
    case 'version':
      return 'Version';
    case 'date':
      return 'DateTime';
    case 'array':
      return 'Array';
    case 'object':
      return 'Object';
  }
}
