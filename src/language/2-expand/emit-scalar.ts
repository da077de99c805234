import type { Scalar } from '../1-read/node.ts';

/**
 * A scalar as the service's emitter prints it: a literal keeps the style it was written in, everything else is plain where
 * that is allowed. Further lines of a block are indented by `indent` blanks.
 */
export function emitScalar(node: Scalar, indent: number, isKey: boolean): string {
  const { text } = node;
  if (text === '' || (node.type === 'null' && node.style !== 'none'))
    return text === '' || isKey ? "''" : quoteEmptyNull(node);
  const style = isKey && text.includes('\n') ? 'double' : node.style;
  switch (style) {
    case 'single':
      return text.includes('\n') ? doubleQuoted(text) : singleQuoted(text);
    case 'double':
      return doubleQuoted(text);
    case 'literal':
      return canBeBlock(text) ? block('|', text, indent, text.split('\n')) : doubleQuoted(text);
    case 'folded':
      return folded(text, indent);
    default:
      if (text.includes('\n')) return folded(text, indent);
      return needsQuotes(node) ? singleQuoted(text) : isPrintable(text) ? text : doubleQuoted(text);
  }
}

// A null that was spelled out (`~`, `null`) keeps its spelling nowhere: it is empty text by then.
function quoteEmptyNull(_node: Scalar): string {
  return "''";
}

function needsQuotes(node: Scalar): boolean {
  const { text } = node;
  if (/^[#,[\]{}&*!|>"%@`']/.test(text) || /^[?:-](?:\s|$)/.test(text)) return true;
  if (/^(?:---|\.\.\.)/.test(text)) return true;
  if (/^[\s]|[\s]$|: |:$| #|\t/.test(text)) return true;
  // Recorded: unsigned digits, a dot and digits are quoted, wherever they come from.
  return /^\d+\.\d+$/.test(text);
}

function isPrintable(text: string): boolean {
  return !/[\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/.test(text);
}

function singleQuoted(text: string): string {
  return isPrintable(text) ? `'${text.replaceAll("'", "''")}'` : doubleQuoted(text);
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\xa0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function doubleQuoted(text: string): string {
  const body = text.replace(/[\u0000-\u001f"\\\u007f-\u00a0\u2028\u2029\ufeff]/g, (character) => {
    const code = character.charCodeAt(0);
    return escapes[character] ?? (code <= 0xff ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
  return `"${body}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}

/** Whether a text can stand in a block: no line ends in a blank, and nothing needs an escape. */
function canBeBlock(text: string): boolean {
  return isPrintable(text) && !/[ \t](?:\n|$)/.test(text) && !text.includes('\r');
}

function block(indicator: '|' | '>', text: string, indent: number, lines: readonly string[]): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomping = !text.endsWith('\n') ? '-' : /\n\n$/.test(text) || text === '\n' ? '+' : '';
  const body = text.endsWith('\n') ? lines.slice(0, -1) : lines;
  const pad = ' '.repeat(indent);
  return [`${indicator}${hint}${chomping}`, ...body.map((line) => (line === '' ? '' : pad + line))].join('\n');
}

/** A folded block: a break between two lines of which neither begins with a blank is written as an empty line. */
function folded(text: string, indent: number): string {
  if (!canBeBlock(text)) return doubleQuoted(text);
  const source = text.split('\n');
  const lines: string[] = [];
  source.forEach((line, index) => {
    lines.push(line);
    const next = source[index + 1];
    const isLast = index >= source.length - 2 && next === '';
    if (next === undefined || isLast || line === '') return;
    // The break after a text line folds into a blank unless it is doubled; runs of empty lines count from the text line before.
    const following = source.slice(index + 1).find((one) => one !== '') ?? '';
    if (!/^[ \t]/.test(line) && !/^[ \t]/.test(following) && following !== '') lines.push('');
  });
  return block('>', text, indent, lines);
}
