/** The envelope of every list (recorded). */
export function list<T>(value: readonly T[]): { count: number; value: readonly T[] } {
  return { count: value.length, value };
}

/** The items of a posted list: `{ count, value: […] }`, or the bare array. */
export function itemsOf(body: unknown): Record<string, unknown>[] {
  const found = Array.isArray(body) ? body : ((lowerFirst(body) as { value?: unknown }).value ?? []);
  return (Array.isArray(found) ? found : []).filter((item) => typeof item === 'object' && item !== null);
}

/** An object whose own keys begin with a lower-case letter: clients send either spelling. */
export function lowerFirst(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), item]),
  );
}
