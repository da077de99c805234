import { wildcardMatches } from './wildcards.ts';

/** Patterns of `include` and `exclude`, as written. No `include` means all (documented). */
export type Filter = { readonly include: readonly string[]; readonly exclude: readonly string[] };

/** What a filter says of a value, and by which of its patterns. `all`: nothing is named, so everything counts. */
export type FilterVerdict =
  | { readonly passes: true; readonly by: 'include'; readonly pattern: string }
  | { readonly passes: true; readonly by: 'all' }
  | { readonly passes: false; readonly by: 'exclude'; readonly pattern: string }
  | { readonly passes: false; readonly by: 'none' };

/**
 * Judges a branch or a tag: an exclusion wins over an inclusion. `*` stands for any characters, `?` for one; names may be written with or without
 * `refs/heads/` or `refs/tags/` (documented).
 * @param ref in full
 */
export function judgeRef(filter: Filter, ref: string): FilterVerdict {
  const name = shortRef(ref);
  const matches = (pattern: string) => nameMatches(shortRef(pattern), name);
  const excluded = filter.exclude.find(matches);
  if (excluded !== undefined) return { passes: false, by: 'exclude', pattern: excluded };
  if (filter.include.length === 0) return { passes: true, by: 'all' };
  const included = filter.include.find(matches);
  return included === undefined ? { passes: false, by: 'none' } : { passes: true, by: 'include', pattern: included };
}

/** A branch's or a tag's own name. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(heads|tags)\//, '');
}

/** Whether a name fits a pattern in which `*` is any characters, slashes too, and `?` is one. */
export function nameMatches(pattern: string, name: string): boolean {
  return wildcardMatches(pattern, name, 'anywhere');
}

/**
 * Judges a changed path. Paths count from the repository's root, a leading `/` is left out, case matters; what names a folder names all below it.
 * An exclusion wins, but for what is included deeper inside the excluded folder (documented).
 */
export function judgePath(filter: Filter, path: string): FilterVerdict {
  const name = cleanPath(path);
  const excluded = filter.exclude.filter((pattern) => pathMatches(pattern, name));
  const included = filter.include.filter((pattern) => pathMatches(pattern, name));
  const deeper = included.find((one) => excluded.every((other) => liesBelow(one, other)));
  if (excluded[0] !== undefined && deeper === undefined)
    return {
      passes: false,
      by: 'exclude',
      pattern: excluded.find((one) => !included.some((other) => liesBelow(other, one))) ?? excluded[0],
    };
  if (deeper !== undefined) return { passes: true, by: 'include', pattern: deeper };
  return filter.include.length === 0 ? { passes: true, by: 'all' } : { passes: false, by: 'none' };
}

/**
 * Whether a path fits a pattern. `*` and `?` stay within a folder's name, `**` crosses folders; without them a pattern names a file or a folder with
 * all below (documented for the wildcards' being there; that `*` stays within a name is inferred).
 */
export function pathMatches(pattern: string, path: string): boolean {
  const wanted = cleanPath(pattern);
  if (wanted === '' || wanted === '*' || wanted === '**') return true;
  if (!/[*?]/.test(wanted)) return path === wanted || path.startsWith(`${wanted}/`);
  return wildcardMatches(wanted, path, 'in-folders');
}

/** Whether what an inclusion names lies deeper in a folder that an exclusion names. */
function liesBelow(inclusion: string, exclusion: string): boolean {
  const folder = cleanPath(exclusion).replace(/\/\*{1,2}$/, '');
  return cleanPath(inclusion).startsWith(`${folder}/`) && cleanPath(inclusion) !== cleanPath(exclusion);
}

function cleanPath(path: string): string {
  return path.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
}
