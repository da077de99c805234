import { tryNumber, tryText } from './convert.ts';
import { floorDecimal } from './decimal.ts';
import { type ArrayValue, arrayOf, type Value } from './value.ts';

/** Looks a key up in a value. A miss, and anything looked up in Null or a scalar, is Null; after a filter it maps over the items. */
export function lookUp(target: Value, key: Value): Value {
  if (target === null || typeof target !== 'object') return null;
  if (target.kind === 'array' && target.filtered) {
    const hits = target.items.map((item) => find(item, key)).filter((hit) => hit !== undefined);
    return arrayOf(hits, true);
  }
  return find(target, key) ?? null;
}

function find(target: Value, key: Value): Value | undefined {
  if (target === null || typeof target !== 'object') return undefined;
  if (target.kind === 'object') {
    const name = tryText(key);
    return name === undefined ? undefined : target.get(name);
  }
  if (target.kind !== 'array') return undefined;
  const number = tryNumber(key);
  return number === undefined ? undefined : target.items[floorDecimal(number)];
}

/** `.*` and `[*]`: an array's items or an object's property values; another wildcard flattens one level; a miss is empty. */
export function filter(target: Value): ArrayValue {
  if (target === null || typeof target !== 'object') return arrayOf([], true);
  if (target.kind === 'array' && target.filtered) return arrayOf(target.items.flatMap(children), true);
  return arrayOf(children(target), true);
}

function children(value: Value): readonly Value[] {
  if (value === null || typeof value !== 'object') return [];
  if (value.kind === 'array') return value.items;
  return value.kind === 'object' ? Array.from(value.entries(), ([, item]) => item) : [];
}
