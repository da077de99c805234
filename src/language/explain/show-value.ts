import { shown, tryText } from '../expressions/convert.ts';
import { decimalText } from '../expressions/decimal.ts';
import type { Value } from '../expressions/value.ts';

const mostShown = 100;

/** A value in one line: as messages show it, collections with what is in them, cut where that is long. */
export function showValue(value: Value): string {
  const text = write(value, 0, { left: 400 });
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text;
}

/** `budget` bounds the work: what lies behind the cut is never written. */
function write(value: Value, depth: number, budget: { left: number }): string {
  if (budget.left-- < 0 || depth > 8) return '…';
  if (value === null || typeof value !== 'object') return shown(value);
  if (value.kind === 'array') {
    const items: string[] = [];
    for (const item of value.items) {
      if (budget.left < 0) break;
      items.push(write(item, depth + 1, budget));
    }
    return `[${items.join(', ')}]`;
  }
  if (value.kind !== 'object') return shown(value);
  const entries: string[] = [];
  for (const [key, item] of value.entries()) {
    if (budget.left < 0) break;
    entries.push(`${key}: ${write(item, depth + 1, budget)}`);
  }
  return `{${entries.join(', ')}}`;
}

/** A value as plain JSON data. A number that JavaScript would round is text. */
export function valueData(value: Value): unknown {
  if (value === null || typeof value !== 'object') return value;
  switch (value.kind) {
    case 'number': {
      const text = decimalText(value);
      return String(Number(text)) === text ? Number(text) : text;
    }
    case 'version':
    case 'date':
      return tryText(value);
    case 'array':
      return value.items.map(valueData);
    case 'object':
      return Object.fromEntries(Array.from(value.entries(), ([key, item]) => [key, valueData(item)]));
  }
}
