/** What all dumped entities share: system data, the resource group that az adds beside ids. */

type SystemData = Readonly<Record<string, string | null | undefined>>;

/** A time as Python's `isoformat` prints it: microseconds unless they are zero, a numeric offset. */
function pythonTime(text: string): string {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (!match) return text;
  const [, whole, fraction = '', zone = 'Z'] = match;
  const micro = fraction.slice(0, 6).padEnd(6, '0');
  return `${whole}${Number(micro) ? `.${micro}` : ''}${zone === 'Z' ? '+00:00' : zone}`;
}

/** `systemData` as `creation_context`. */
export function creationContext(data: unknown): Record<string, unknown> | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const entries = Object.entries(data as SystemData).filter(([, value]) => value !== null && value !== undefined);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      key.endsWith('At') ? pythonTime(String(value)) : value,
    ]),
  );
}

/** Adds `resourceGroup` beside every resource id, as az does to all results (client source). Changes nothing else. */
export function withResourceGroups<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withResourceGroups) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]): [string, unknown] => [key, withResourceGroups(member)]);
  const has = entries.some(([key]) => key.toLowerCase() === 'resourcegroup');
  const id = (value as { id?: unknown }).id;
  if (!has && typeof id === 'string') {
    const parts = id.split('/');
    if (parts[3]?.toLowerCase() === 'resourcegroups' && parts.length > 8) entries.push(['resourceGroup', parts[4]]);
  }
  return Object.fromEntries(entries) as T;
}

/** Drops members that are null or undefined, as the entity dumps do. */
export function compact(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null && member !== undefined));
}

/** A mapping that holds something; undefined for an empty one, which some entities' dumps leave out (recorded). */
export function filled(value: unknown): unknown {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? value : undefined;
}

/** A mapping of an answer, its members unknown. */
export type Wire = Record<string, unknown>;

/** The value where it is a mapping. */
export function wireOf(value: unknown): Wire | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : undefined;
}
