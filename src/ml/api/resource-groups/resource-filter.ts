import { notImplemented } from '../../../kernel/errors.ts';

export type ListedResource = { readonly id: string; readonly name: string; readonly type: string };

const NAME_PART = /^substringof\('([^']*)',\s*name\)$/i;
const EQUALS = /^(resourceType|resourceGroup|name)\s+eq\s+'([^']*)'$/i;

/**
 * Whether a resource fits a `$filter`: `substringof('x', name)`, `name eq 'x'`, `resourceType eq 'x'`, `resourceGroup eq 'x'`, several joined by `and`.
 * @throws not-implemented for another expression
 */
export function fitsFilter(filter: string | undefined, resource: ListedResource): boolean {
  if (filter === undefined || filter.trim() === '') return true;
  return filter.split(/\s+and\s+/i).every((term) => {
    const part = NAME_PART.exec(term.trim());
    if (part) return resource.name.toLowerCase().includes((part[1] as string).toLowerCase());
    const equals = EQUALS.exec(term.trim());
    if (!equals) throw notImplemented(`the filter ${term.slice(0, 100)} on resources`);
    const wanted = (equals[2] as string).toLowerCase();
    switch ((equals[1] as string).toLowerCase()) {
      case 'name':
        return resource.name.toLowerCase() === wanted;
      case 'resourcegroup':
        return resource.id.split('/')[4]?.toLowerCase() === wanted;
      default:
        return resource.type.toLowerCase() === wanted;
    }
  });
}
