import type { Mark } from './yaml-fault.ts';

/** Where the reading of a text stands. `text` ends with blank code units beyond `end`, so that looking ahead needs no check. */
export type Cursor = { readonly text: string; readonly end: number; at: number; line: number; lineStart: number };

/** Starts at the beginning of a text, behind a byte order mark. */
export function makeCursor(text: string): Cursor {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  return { text: `${text}\0\0\0\0`, end: text.length, at: start, line: 1, lineStart: start };
}

export function markOf(cursor: Cursor): Mark {
  return { offset: cursor.at, line: cursor.line, column: cursor.at - cursor.lineStart + 1 };
}

export const code = {
  tab: 9,
  lineFeed: 10,
  carriageReturn: 13,
  space: 32,
  bang: 33,
  doubleQuote: 34,
  hash: 35,
  percent: 37,
  ampersand: 38,
  singleQuote: 39,
  asterisk: 42,
  plus: 43,
  comma: 44,
  dash: 45,
  dot: 46,
  zero: 48,
  nine: 57,
  colon: 58,
  greater: 62,
  question: 63,
  openSquare: 91,
  backslash: 92,
  closeSquare: 93,
  openCurly: 123,
  bar: 124,
  closeCurly: 125,
} as const;

/** Line ends are those of YAML 1.1: also NEL, LS and PS. */
export function isBreak(unit: number): boolean {
  return unit === 10 || unit === 13 || unit === 0x85 || unit === 0x2028 || unit === 0x2029;
}

export function isBlank(unit: number): boolean {
  return unit === 32 || unit === 9;
}

/** Whether a word ends before this: at a blank, a line end, the text's end. */
export function endsWord(unit: number): boolean {
  return unit <= 32
    ? unit === 32 || (unit >= 9 && unit <= 13 && unit !== 11 && unit !== 12) || unit === 0
    : unit >= 0x85 && isBreak(unit);
}

export function endsLine(unit: number): boolean {
  return unit === 0 || isBreak(unit);
}

/** Moves behind a line end. @returns it as values hold it: a line feed, but for LS and PS */
export function takeBreak(cursor: Cursor): string {
  const unit = cursor.text.charCodeAt(cursor.at);
  cursor.at += unit === 13 && cursor.text.charCodeAt(cursor.at + 1) === 10 ? 2 : 1;
  cursor.line++;
  cursor.lineStart = cursor.at;
  return unit < 0x2028 ? '\n' : String.fromCharCode(unit);
}

/** Moves to the end of the line. */
export function skipLine(cursor: Cursor): void {
  const { text } = cursor;
  let at = cursor.at;
  while (!endsLine(text.charCodeAt(at)) || (at < cursor.end && text.charCodeAt(at) === 0)) at++;
  cursor.at = at;
}

/** Whether the line begins with `---` or `...` as a word, which parts documents. */
export function isDocumentMark(cursor: Cursor): boolean {
  const { text, at } = cursor;
  if (at !== cursor.lineStart) return false;
  const unit = text.charCodeAt(at);
  return (
    (unit === code.dash || unit === code.dot) &&
    text.charCodeAt(at + 1) === unit &&
    text.charCodeAt(at + 2) === unit &&
    endsWord(text.charCodeAt(at + 3))
  );
}
