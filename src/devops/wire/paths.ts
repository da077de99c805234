import { invalid } from '../../kernel/errors.ts';

/**
 * Checks one part of a path that came with a request: a file's or folder's plain name.
 * @throws invalid for an empty name, `.`, `..`, or one that holds a separator or NUL
 */
export function plainName(text: string): string {
  if (text === '' || text === '.' || text === '..' || /[/\\\0]/.test(text))
    throw invalid(
      `'${text.slice(0, 200)}' is not usable as a name here: it may not be empty, '.', '..' or hold a slash.`,
    );
  return text;
}

/** Checks a path of several parts, divided by `/`. @throws invalid for a part that isn't a plain name */
export function plainPath(text: string): string {
  return text.split('/').map(plainName).join('/');
}
