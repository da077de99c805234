import { isAbsolute, join, normalize, sep } from 'node:path';
import { invalid } from './errors.ts';

/**
 * Joins a path that came from outside to a root, and keeps it inside.
 * @param root absolute folder
 * @param outside relative path from a request, an archive or a YAML file; `/` and the platform's separator divide it
 * @returns the absolute path
 * @throws invalid when the path is absolute, climbs out of the root or holds a NUL
 */
export function insideRoot(root: string, outside: string): string {
  const clean = normalize(outside.replaceAll('\\', '/'));
  if (outside.includes('\0') || isAbsolute(clean) || clean === '..' || clean.startsWith(`..${sep}`)) {
    throw invalid(`The path '${outside.slice(0, 200)}' leaves its folder. Use a path inside it.`, { target: 'path' });
  }
  return join(root, clean);
}
