/**
 * Whether a path matches a glob pattern: `**` any folders, `*` and `?` inside one name, `[…]` a set of characters. Names that begin with a dot
 * are like any others.
 */
export function matchesPattern(path: string, pattern: string, ignoreCase = false): boolean {
  return new RegExp(`^${patternSource(pattern)}$`, ignoreCase ? 'i' : '').test(path);
}

/** Applies pattern lines in order: a path is taken by the last one that matches; `!` takes out, `#` begins a comment. */
export function selectedBy(path: string, lines: readonly string[]): boolean {
  let selected = false;
  for (const line of lines) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const exclude = text.startsWith('!');
    const pattern = (exclude ? text.slice(1) : text).replace(/^\.?\//, '');
    if (matchesPattern(path, pattern)) selected = !exclude;
  }
  return selected;
}

function patternSource(pattern: string): string {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] as string;
    if (pattern.startsWith('**/', at)) {
      source += '(?:[^/]*/)*';
      at += 2;
    } else if (pattern.startsWith('**', at)) {
      source += '.*';
      at += 1;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '[' && pattern.indexOf(']', at + 2) > 0) {
      const end = pattern.indexOf(']', at + 2);
      source += `[${pattern
        .slice(at + 1, end)
        .replace(/\\/g, '\\\\')
        .replace(/^!/, '^')
        .replace(/\[/g, '\\[')}]`;
      at = end;
    } else source += char.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  }
  return source;
}
