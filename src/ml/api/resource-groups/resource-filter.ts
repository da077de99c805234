import { notImplemented } from '../../../kernel/errors.ts';

export type ListedResource = { readonly id: string; readonly name: string; readonly type: string };

const NAME_PART = /^substringof\('([^']*)',\s*name\)$/i;
const EQUALS = /^(resourceType|name)\s+eq\s+'([^']*)'$/i;

/**
 * Whether a resource fits a `$filter`: `substringof('x', name)`, `name eq 'x'`, `resourceType eq 'x'`, several joined by `and`.
 * @throws not-implemented for another expression
 */
export function fitsFilter(filter: string | undefined, resource: ListedResource): boolean {
  if (filter === undefined || filter.trim() === '') return true;
  return filter.split(/\s+and\s+/i).every((term) => {
    const part = NAME_PART.exec(term.trim());
    if (part) return resource.name.toLowerCase().includes((part[1] as string).toLowerCase());
    const equals = EQUALS.exec(term.trim());
    if (!equals) throw notImplemented(`the filter ${term.slice(0, 100)} on resources`);
    const value = (equals[1] as string).toLowerCase() === 'name' ? resource.name : resource.type;
    return value.toLowerCase() === (equals[2] as string).toLowerCase();
  });
}
