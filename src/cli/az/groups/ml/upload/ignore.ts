import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Says whether a path below the root (POSIX, relative) is left out of an upload. */
export type Ignore = (path: string) => boolean;

export const ignoreNothing: Ignore = () => false;

/** Reads `.amlignore`, else `.gitignore`, in the root folder; nested ones don't count (client source). */
export function readIgnore(root: string): Ignore {
  for (const name of ['.amlignore', '.gitignore']) {
    const file = join(root, name);
    if (existsSync(file)) return parseIgnore(readFileSync(file, 'utf8'));
  }
  return ignoreNothing;
}

/** Component code leaves out Python's caches too (client source). */
export function withoutCaches(ignore: Ignore): Ignore {
  return (path) => path.split('/').includes('__pycache__') || ignore(path);
}

/** Git's wildcard rules: the last pattern that matches wins, `!` takes a match back. */
export function parseIgnore(text: string): Ignore {
  const rules = text.split(/\r?\n/).flatMap((line) => {
    const rule = parsePattern(line);
    return rule ? [rule] : [];
  });
  return (path) => {
    let excluded = false;
    for (const rule of rules) if (rule.matches.test(path)) excluded = rule.excludes;
    return excluded;
  };
}

function parsePattern(line: string): { matches: RegExp; excludes: boolean } | undefined {
  let pattern = line.replace(/(?<!\\)\s+$/, '');
  if (pattern === '' || pattern.startsWith('#') || pattern === '/') return undefined;
  const excludes = !pattern.startsWith('!');
  if (!excludes) pattern = pattern.slice(1);
  pattern = pattern.replace(/^\\([#!])/, '$1');
  const onlyFolders = pattern.endsWith('/');
  const segments = pattern.replace(/\/$/, '').split('/');
  // `**/` matches what lies in any folder, `/**/` nothing (observed of the clients' matcher).
  if (onlyFolders && segments.every((segment) => segment === '**' || segment === '')) {
    return segments[0] === '' ? undefined : { matches: /\//, excludes };
  }
  // A slash in front or inside ties the pattern to the root; otherwise it matches at any depth.
  if (segments[0] === '' && segments.length > 1) segments.shift();
  else if (segments.length === 1 && segments[0] !== '**') segments.unshift('**');
  let source = '^';
  segments.forEach((segment, at) => {
    const last = at === segments.length - 1;
    if (segment === '**') {
      if (last) source += '.+';
      else source += '(?:.+/)?';
      return;
    }
    source += segmentSource(segment);
    if (!last) source += '/';
  });
  source += segments.at(-1) === '**' ? '$' : onlyFolders ? '/.*$' : '(?:/.*)?$';
  return { matches: new RegExp(source, 's'), excludes };
}

function segmentSource(segment: string): string {
  let source = '';
  for (let at = 0; at < segment.length; at++) {
    const char = segment[at] ?? '';
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '\\' && at + 1 < segment.length) source += escapeChar(segment[++at] ?? '');
    else if (char === '[') {
      const end = segment.indexOf(']', at + (segment[at + 1] === '!' || segment[at + 1] === '^' ? 3 : 2));
      if (end < 0) source += '\\[';
      else {
        const body = segment.slice(at + 1, end);
        const negated = /^[!^]/.test(body);
        source += `[${negated ? '^' : ''}${(negated ? body.slice(1) : body).replaceAll('\\', '\\\\').replaceAll('[', '\\[').replace(/^\^/, '\\^')}]`;
        at = end;
      }
    } else source += escapeChar(char);
  }
  return source;
}

const escapeChar = (char: string) => char.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
