import { base64Cores, secretForms } from './secret-forms.ts';

/** What replaces a secret. */
const MASK = '***';
const longestPattern = 10_000;
/** Characters of a form that the quick look compares. */
const quickLength = 256;

/**
 * Takes every known secret out of a text before it leaves the process. Overlapping and adjacent finds become one `***`. Text
 * is UTF-8 decoded line by line, which finds exactly what a search of the bytes would: UTF-8 synchronises itself.
 */
export type Masker = {
  /** Adds a secret in all its forms; white space alone is never one. */
  add(secret: string): void;
  /** Adds a regular expression that the server sent. One that doesn't compile is ignored. */
  addPattern(source: string): void;
  /** Whether a secret, or the beginning of a very long one, is in `text`, which may be many lines: the quick way past the slow one. */
  finds(text: string): boolean;
  /** The text without secrets; several lines are masked one by one. */
  mask(text: string): string;
  /**
   * Cuts a line that has no end yet: how much of `text` (the masked piece, and how many characters it took) may go out
   * without cutting a secret in two. Nothing is taken of a text that may be the beginning of one longer secret.
   */
  maskPart(text: string): { readonly masked: string; readonly taken: number };
};

/** Makes a masker that knows nothing yet. */
export function createMasker(): Masker {
  const secrets = new Set<string>();
  const forms = new Set<string>();
  const cores = new Set<string>();
  const patterns: RegExp[] = [];
  let quick: RegExp | undefined;
  let longest = 0;

  const ranges = (text: string): [number, number][] => {
    const found: [number, number][] = [];
    for (const form of forms) {
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) found.push([at, at + form.length]);
    }
    for (const pattern of patterns) {
      for (const match of text.matchAll(pattern)) {
        if (match[0] !== '') found.push([match.index, match.index + match[0].length]);
      }
    }
    found.push(...wrappedBase64(text, cores));
    return merge(found);
  };
  const finds = (text: string): boolean => {
    if (forms.size === 0 && patterns.length === 0) return false;
    // Of a long form its beginning: an expression of all its megabytes would not compile. The slow way looks at the whole.
    quick ??=
      forms.size > 0
        ? new RegExp([...forms].map((form) => escapePattern(form.slice(0, quickLength))).join('|'))
        : /(?!)/;
    if (quick.test(text)) return true;
    for (const pattern of patterns) {
      pattern.lastIndex = 0;
      if (pattern.test(text)) return true;
    }
    return cores.size > 0 && text.split('\n').some((line) => wrappedBase64(line, cores).length > 0);
  };
  const maskLine = (line: string): string => replaceRanges(line, ranges(line));

  return {
    add(secret) {
      if (secret.trim() === '' || secrets.has(secret)) return;
      secrets.add(secret);
      for (const form of secretForms(secret)) {
        forms.add(form);
        longest = Math.max(longest, form.length);
      }
      // Tools wrap base64 at 64 or 76 characters, so only secrets that may be wrapped need the look at parts of their forms.
      for (const core of base64Cores(secret)) if (core.length >= wrapped) cores.add(core);
      quick = undefined;
    },
    addPattern(source) {
      if (source === '' || source.length > longestPattern) return;
      try {
        patterns.push(new RegExp(source, 'g'));
      } catch {
        // The server speaks another dialect of regular expressions: what it means by this one is in the secret variables too.
      }
    },
    finds,
    mask(text) {
      if (!finds(text)) return text;
      return text.includes('\n') ? text.split('\n').map(maskLine).join('\n') : maskLine(text);
    },
    maskPart(text) {
      let taken = Math.max(0, text.length - longest + 1);
      const found = ranges(text);
      const cut = found.find(([start, end]) => start < taken && end > taken);
      // Everything taken ends before a find that crosses the border; a find at the very beginning goes whole.
      if (cut) taken = cut[0] > 0 ? cut[0] : cut[1];
      const inside = found.filter(([start]) => start < taken);
      return { masked: replaceRanges(text.slice(0, taken), inside), taken };
    },
  };
}

/** Shortest core that may show up broken over lines, and shortest piece of one that counts as found. */
const wrapped = 40;
const shortestPiece = 12;
/** No tool wraps base64 at longer lines than this. */
const longestWrapped = 4096;

/** A line that is nothing but base64: the part of it that belongs to a core which begins before or ends after the line. */
function wrappedBase64(line: string, cores: ReadonlySet<string>): [number, number][] {
  if (cores.size === 0) return [];
  const match = /^\s*([A-Za-z0-9+/_-]{12,})={0,2}\s*$/.exec(line);
  if (!match) return [];
  const run = match[1] as string;
  if (run.length > longestWrapped) return [];
  const start = line.indexOf(run);
  const found: [number, number][] = [];
  for (const core of cores) {
    if (core.includes(run)) return [[start, start + run.length]];
    const most = Math.min(core.length, run.length) - 1;
    for (let size = most; size >= shortestPiece; size -= 1) {
      if (run.endsWith(core.slice(0, size))) {
        found.push([start + run.length - size, start + run.length]);
        break;
      }
    }
    for (let size = most; size >= shortestPiece; size -= 1) {
      if (run.startsWith(core.slice(-size))) {
        found.push([start, start + size]);
        break;
      }
    }
  }
  return found;
}

/** Joins ranges that overlap or touch. */
function merge(found: [number, number][]): [number, number][] {
  const sorted = found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const result: [number, number][] = [];
  for (const [start, end] of sorted) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

function replaceRanges(text: string, found: readonly [number, number][]): string {
  let result = '';
  let copied = 0;
  for (const [start, end] of found) {
    result += text.slice(copied, start) + MASK;
    copied = end;
  }
  return result + text.slice(copied);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
