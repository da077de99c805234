import type { Clause, OrderBy } from './filter.ts';
import type { Entity } from './grammar.ts';

/** What a filter looks at in a run, an experiment or a logged model. */
export type Searchable = {
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** Each data set's `name`, `digest`, `context`. */
  readonly datasets: readonly Readonly<Record<string, string | undefined>>[];
  /** A trace's own. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What has several values, one of which has to fit. */
  readonly several?: Readonly<Partial<Record<Entity, Readonly<Record<string, readonly (string | number)[]>>>>>;
};

/** Whether every clause holds. A missing key never matches, not even `!=` (documented); `IS NULL` asks for just that. */
export function matches(thing: Searchable, clauses: readonly Clause[]): boolean {
  return clauses.every((clause) => {
    if (clause.entity === 'dataset') return thing.datasets.some((dataset) => compare(dataset[clause.key], clause));
    const several = own(thing.several?.[clause.entity] ?? {}, clause.key);
    if (clause.entity === 'feedback' || clause.entity === 'expectation') return assessed(several ?? [], clause);
    if (several !== undefined) return several.some((value) => compare(value, clause));
    return compare(lookUp(thing, clause.entity, clause.key), clause);
  });
}

/** A value is the same whether a filter quotes it or not; only a number is more or less than another (reference server's source). */
function assessed(values: readonly (string | number)[], clause: Clause): boolean {
  if (clause.comparator === 'IS NULL') return values.length === 0;
  const asText = clause.comparator === '=' || clause.comparator === '!=';
  const ordered = clause.comparator.startsWith('>') || clause.comparator.startsWith('<');
  return values.some((value) => {
    if (asText) return compare(String(value), { ...clause, value: String(clause.value) });
    // Expressions are matched with the value's JSON there, whose texts have quotes.
    if (clause.comparator === 'RLIKE' && compare(JSON.stringify(value), clause)) return true;
    return !(ordered && typeof value !== 'number') && compare(value, clause);
  });
}

function lookUp(thing: Searchable, entity: Entity, key: string): string | number | undefined {
  switch (entity) {
    case 'metric':
      return own(thing.metrics, key);
    case 'param':
      return own(thing.params, key);
    case 'tag':
      return own(thing.tags, key);
    case 'attribute':
      return own(thing.attributes, key);
    case 'dataset':
      return thing.datasets[0]?.[key];
    case 'metadata':
      return own(thing.metadata ?? {}, key);
    case 'span':
    case 'feedback':
    case 'expectation':
    case 'issue':
      return own(thing.several?.[entity] ?? {}, key)?.[0];
  }
}

function own<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function compare(found: string | number | undefined, clause: Clause): boolean {
  if (clause.comparator === 'IS NULL') return found === undefined;
  if (found === undefined) return false;
  const wanted = clause.value;
  switch (clause.comparator) {
    case 'IS NOT NULL':
      return true;
    case '=':
      return found === wanted;
    case '!=':
      return found !== wanted;
    case '>':
      return (found as number) > (wanted as number);
    case '>=':
      return (found as number) >= (wanted as number);
    case '<':
      return (found as number) < (wanted as number);
    case '<=':
      return (found as number) <= (wanted as number);
    case 'LIKE':
      return like(String(found), String(wanted));
    case 'ILIKE':
      return like(String(found).toLowerCase(), String(wanted).toLowerCase());
    case 'RLIKE':
      return clause.expression?.(String(found)) === true;
    case 'IN':
      return (wanted as readonly string[]).includes(String(found));
    case 'NOT IN':
      return !(wanted as readonly string[]).includes(String(found));
  }
}

/** SQL's LIKE: `%` any text, `_` one character. Goes back to the last `%` alone, so no pattern makes it slow. */
export function like(text: string, pattern: string): boolean {
  let at = 0;
  let mark = 0;
  let star = -1;
  let retry = 0;
  while (at < text.length) {
    const wanted = pattern[mark];
    if (wanted === '%') {
      star = mark++;
      retry = at;
    } else if (wanted !== undefined && (wanted === '_' || wanted === text[at])) {
      at++;
      mark++;
    } else if (star >= 0) {
      mark = star + 1;
      at = ++retry;
    } else return false;
  }
  while (pattern[mark] === '%') mark++;
  return mark === pattern.length;
}

/** Sorts by the given columns, then by `fallback`; missing values and NaN come last, in either direction (documented). */
export function sortBy<T>(
  things: readonly T[],
  view: (thing: T) => Searchable,
  orders: readonly OrderBy[],
  fallback: (a: T, b: T) => number,
): T[] {
  const viewed = things.map((thing) => ({ thing, view: view(thing) }));
  viewed.sort((a, b) => {
    for (const order of orders) {
      const left = lookUp(a.view, order.entity, order.key);
      const right = lookUp(b.view, order.entity, order.key);
      const leftMissing = left === undefined || Number.isNaN(left);
      const rightMissing = right === undefined || Number.isNaN(right);
      if (leftMissing || rightMissing) {
        if (leftMissing !== rightMissing) return leftMissing ? 1 : -1;
        continue;
      }
      if (left !== right) return (left < right ? -1 : 1) * (order.ascending ? 1 : -1);
    }
    return fallback(a.thing, b.thing);
  });
  return viewed.map(({ thing }) => thing);
}
