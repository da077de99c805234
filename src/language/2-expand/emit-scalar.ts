import type { Scalar, ScalarStyle } from '../1-read/node.ts';

/** The styles that are printed: folded and literal blocks, quotes, or none. */
type Printed = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/** What a text allows. */
type Analysis = { readonly plain: boolean; readonly single: boolean; readonly block: boolean; readonly lines: boolean };

/**
 * A scalar as the service's emitter (YamlDotNet's rules) prints it: a literal keeps the style it was written in where its
 * text allows that; what an expression made is plain, else single-quoted, and folded when it has several lines.
 * Further lines are indented by `indent` blanks. A key is printed on one line.
 */
export function emitScalar(node: Scalar, indent: number, isKey: boolean): string {
  // A null, however it was spelled, is empty text by then.
  const text = node.type === 'null' ? '' : node.text;
  if (text === '') return node.style === 'double' ? '""' : "''";
  const allowed = analyze(text);
  switch (choose(node.style, allowed, isKey)) {
    case 'plain':
      return text;
    case 'single':
      return singleQuoted(text, indent);
    case 'double':
      return doubleQuoted(text);
    case 'literal':
      return block('|', text, indent, text.split('\n'));
    case 'folded':
      return block('>', text, indent, foldedLines(text));
  }
}

function choose(written: ScalarStyle, allowed: Analysis, isKey: boolean): Printed {
  let style: Printed = written === 'none' ? (allowed.lines ? 'folded' : 'plain') : written;
  if (isKey && allowed.lines) style = 'double';
  if (style === 'plain' && !allowed.plain) style = 'single';
  if (style === 'single' && !allowed.single) style = 'double';
  if ((style === 'literal' || style === 'folded') && (!allowed.block || isKey)) style = 'double';
  return style;
}

const unprintable = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd]/;
// Breaks that the emitter would print as line feeds: only an escape keeps them what they are.
const otherBreaks = /[\r\x85\u2028\u2029]/;

function analyze(text: string): Analysis {
  const lines = text.includes('\n');
  const special = unprintable.test(text) || otherBreaks.test(text);
  const breakThenBlank = text.includes('\n ');
  const blankThenBreak = text.includes(' \n');
  const trailingBlank = text.endsWith(' ');
  return {
    lines,
    plain: !lines && !special && !hasIndicator(text) && !/^[ \t]|[ \t]$/.test(text),
    // Tabs around a break would be lost in quotes, and a line of nothing but tabs in a block.
    single: !special && !breakThenBlank && !blankThenBreak && !/\t\n|\n\t/.test(text),
    block: !special && !blankThenBreak && !trailingBlank && !/^\t|\n\t|\t$/.test(text),
  };
}

function hasIndicator(text: string): boolean {
  if (/^[#,[\]{}&*!|>"%@`']/.test(text) || /^[?:-](?:\s|$)/.test(text)) return true;
  if (text.startsWith('---') || text.startsWith('...')) return true;
  if (/:(?:\s|$)|\s#/.test(text)) return true;
  // Recorded: unsigned digits, a dot and digits are quoted, wherever they come from.
  return /^\d+\.\d+$/.test(text);
}

// The quotes of a text of several lines hold each break as an empty line more.
function singleQuoted(text: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const body = text.replaceAll("'", "''").replace(/\n+/g, (breaks) => `\n${breaks}${pad}`);
  return `'${body}'`;
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function doubleQuoted(text: string): string {
  const body = text.replace(
    /["\\\n\r\x85\u2028\u2029]|[\u{10000}-\u{10ffff}]|[^\t\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]/gu,
    (character) => {
      const code = character.codePointAt(0)!;
      if (escapes[character] !== undefined) return escapes[character];
      if (code > 0xffff) return `\\U${hex(code, 8)}`;
      return code <= 0xff ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
    },
  );
  return `"${body}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}

function block(indicator: '|' | '>', text: string, indent: number, lines: readonly string[]): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomping = !text.endsWith('\n') ? '-' : /\n\n$/.test(text) || text === '\n' ? '+' : '';
  const body = text.endsWith('\n') ? lines.slice(0, -1) : lines;
  const pad = ' '.repeat(indent);
  return [`${indicator}${hint}${chomping}`, ...body.map((line) => (line === '' ? '' : pad + line))].join('\n');
}

/** The lines of a folded block: a break between two lines of which neither begins with a blank is written as an empty line. */
function foldedLines(text: string): string[] {
  const source = text.split('\n');
  const lines: string[] = [];
  source.forEach((line, index) => {
    lines.push(line);
    if (line === '' || /^[ \t]/.test(line)) return;
    let next = index + 1;
    while (source[next] === '') next++;
    const following = source[next];
    // The break after a text line folds into a blank unless it is doubled; runs of empty lines count from the text line before.
    if (following !== undefined && !/^[ \t]/.test(following)) lines.push('');
  });
  return lines;
}
