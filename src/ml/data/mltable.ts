import { parse } from 'yaml';
import { invalid, limitExceeded } from '../../kernel/errors.ts';
import { isObject } from '../wire-fields.ts';

/** One of the places that an MLTable file is about: a URI, or a path relative to the file's folder. `pattern` holds `*`, `?` or `[…]`. */
export type TablePath = { readonly kind: 'file' | 'folder' | 'pattern'; readonly place: string };

const TEXT_LIMIT = 1024 * 1024;
const PATH_LIMIT = 10_000;

/**
 * The paths of an `MLTable` file. What it says of reading them is the job's own business.
 * @throws invalid for text that is no MLTable file; limit when it is too large
 */
export function readTablePaths(text: string): TablePath[] {
  if (text.length > TEXT_LIMIT) throw limitExceeded('The MLTable file is larger than 1 MiB.');
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw invalid(`The MLTable file is not YAML: ${(cause as Error).message}`, { cause });
  }
  const paths = isObject(document) ? document['paths'] : undefined;
  if (!Array.isArray(paths)) throw invalid("The MLTable file has no list 'paths'.");
  if (paths.length > PATH_LIMIT) throw limitExceeded(`The MLTable file has more than ${PATH_LIMIT} paths.`);
  return paths.map((entry) => {
    for (const kind of ['file', 'folder', 'pattern'] as const) {
      const place = isObject(entry) ? entry[kind] : undefined;
      if (typeof place === 'string' && place !== '') return { kind, place };
    }
    throw invalid(
      `A path of the MLTable file is ${JSON.stringify(entry)?.slice(0, 200)}; each has file, folder or pattern.`,
    );
  });
}

/** The part of a pattern that holds no wildcard, up to its last slash, and the rest. */
export function splitPattern(pattern: string): { base: string; glob: string } {
  const wild = pattern.search(/[*?[{]/);
  const slash = pattern.lastIndexOf('/', wild < 0 ? pattern.length : wild);
  return { base: pattern.slice(0, slash + 1), glob: pattern.slice(slash + 1) };
}
