import {
  type Cursor,
  code,
  endsLine,
  endsWord,
  isBlank,
  isBreak,
  isDocumentMark,
  markOf,
  skipLine,
  takeBreak,
} from './yaml-cursor.ts';
import { type Mark, YamlFault } from './yaml-fault.ts';

/** A scalar's content and the place behind it. */
export type ScannedScalar = { readonly text: string; readonly end: Mark };

const flowIndicators = new Set([
  code.comma,
  code.openSquare,
  code.closeSquare,
  code.openCurly,
  code.closeCurly,
] as number[]);

/**
 * Reads a scalar without quotes; its lines are folded.
 * @param indent column of the collection that it stands in, -1 outside of all
 * @param isFlow within `[ ]` or `{ }`, whose signs end it too
 * @returns also whether the text behind it begins a line
 */
export function scanPlain(cursor: Cursor, indent: number, isFlow: boolean): ScannedScalar & { crossedLine: boolean } {
  const { text } = cursor;
  const start = markOf(cursor);
  let value = '';
  let joint = '';
  let end = start;
  let crossedLine = false;
  for (;;) {
    if (text.charCodeAt(cursor.at) === code.hash || isDocumentMark(cursor)) break;
    const from = cursor.at;
    let at = from;
    for (; ; at++) {
      const unit = text.charCodeAt(at);
      if (endsWord(unit)) break;
      if (unit === code.colon) {
        const next = text.charCodeAt(at + 1);
        if (endsWord(next) || (isFlow && flowIndicators.has(next))) break;
      } else if (isFlow && flowIndicators.has(unit)) break;
    }
    if (at > from) {
      value += joint + text.slice(from, at);
      cursor.at = at;
      end = markOf(cursor);
      crossedLine = false;
    }
    const unit = text.charCodeAt(at);
    if (!isBlank(unit) && !isBreak(unit)) break;
    const gap = takeGap(cursor, () => {
      if (cursor.at - cursor.lineStart <= indent && text.charCodeAt(cursor.at) === code.tab) {
        throw new YamlFault(
          'While scanning a plain scalar, found a tab character that violate indentation.',
          start,
          markOf(cursor),
        );
      }
    });
    joint = gap.joint;
    if (gap.crossedLine) crossedLine = true;
    if (!isFlow && cursor.at - cursor.lineStart <= indent) break;
  }
  return { text: value, end, crossedLine };
}

/** Takes blanks and line ends between two words. `joint`: what stands for them in the value. */
function takeGap(cursor: Cursor, atBlankOfNewLine?: () => void): { joint: string; crossedLine: boolean } {
  const { text } = cursor;
  const from = cursor.at;
  let unit = text.charCodeAt(from);
  while (isBlank(unit)) unit = text.charCodeAt(++cursor.at);
  if (!isBreak(unit)) return { joint: text.slice(from, cursor.at), crossedLine: false };
  const first = takeBreak(cursor);
  let others = '';
  for (;;) {
    unit = text.charCodeAt(cursor.at);
    if (isBreak(unit)) others += takeBreak(cursor);
    else if (isBlank(unit)) {
      atBlankOfNewLine?.();
      cursor.at++;
    } else break;
  }
  const joint = first === '\n' ? others || ' ' : first + others;
  return { joint, crossedLine: true };
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};
const escapeLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Reads a scalar in quotes; its lines are folded. */
export function scanQuoted(cursor: Cursor): ScannedScalar {
  const { text } = cursor;
  const start = markOf(cursor);
  const quote = text.charCodeAt(cursor.at);
  const isDouble = quote === code.doubleQuote;
  let value = '';
  cursor.at++;
  for (;;) {
    if (isDocumentMark(cursor)) {
      throw new YamlFault(
        'While scanning a quoted scalar, found unexpected document indicator.',
        start,
        markOf(cursor),
      );
    }
    if (cursor.at >= cursor.end) {
      throw new YamlFault('While scanning a quoted scalar, found unexpected end of stream.', start, markOf(cursor));
    }
    let from = cursor.at;
    let joinsLines = false;
    for (;;) {
      const unit = text.charCodeAt(cursor.at);
      if (endsWord(unit) && !(unit === 0 && cursor.at < cursor.end)) break;
      if (unit === quote) {
        if (isDouble || text.charCodeAt(cursor.at + 1) !== quote) break;
        value += text.slice(from, cursor.at + 1);
        cursor.at += 2;
        from = cursor.at;
      } else if (isDouble && unit === code.backslash) {
        value += text.slice(from, cursor.at);
        if (isBreak(text.charCodeAt(cursor.at + 1))) {
          cursor.at++;
          takeBreak(cursor);
          joinsLines = true;
          from = cursor.at;
          break;
        }
        value += takeEscape(cursor, start);
        from = cursor.at;
      } else cursor.at++;
    }
    value += text.slice(from, cursor.at);
    if (text.charCodeAt(cursor.at) === quote && !joinsLines) break;
    // Behind an escaped line end, blanks at the beginning of the line are dropped and further line ends stay.
    if (!joinsLines) value += takeGap(cursor).joint;
    else {
      for (let unit = text.charCodeAt(cursor.at); isBlank(unit) || isBreak(unit); unit = text.charCodeAt(cursor.at)) {
        if (isBreak(unit)) value += takeBreak(cursor);
        else cursor.at++;
      }
    }
  }
  cursor.at++;
  return { text: value, end: markOf(cursor) };
}

function takeEscape(cursor: Cursor, start: Mark): string {
  const sign = cursor.text[cursor.at + 1]!;
  const simple = escapes[sign];
  if (simple !== undefined) {
    cursor.at += 2;
    return simple;
  }
  const length = escapeLengths[sign];
  if (length === undefined) {
    throw new YamlFault('While parsing a quoted scalar, found unknown escape character.', start, markOf(cursor));
  }
  cursor.at += 2;
  const digits = cursor.text.slice(cursor.at, cursor.at + length);
  if (!/^[\da-fA-F]+$/.test(digits)) {
    throw new YamlFault(
      'While parsing a quoted scalar, did not find expected hexdecimal number.',
      start,
      markOf(cursor),
    );
  }
  const point = Number.parseInt(digits, 16);
  if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) {
    throw new YamlFault(
      'While parsing a quoted scalar, found invalid Unicode character escape code.',
      start,
      markOf(cursor),
    );
  }
  cursor.at += length;
  return String.fromCodePoint(point);
}

/**
 * Reads a `|` or `>` scalar.
 * @param indent column of the collection that it stands in, -1 outside of all
 */
export function scanBlock(cursor: Cursor, indent: number): ScannedScalar {
  const { text } = cursor;
  const start = markOf(cursor);
  const isLiteral = text.charCodeAt(cursor.at) === code.bar;
  cursor.at++;
  let chomping: 'strip' | 'clip' | 'keep' = 'clip';
  let hint = 0;
  for (let count = 0; count < 2; count++) {
    const unit = text.charCodeAt(cursor.at);
    if (chomping === 'clip' && (unit === code.plus || unit === code.dash)) {
      chomping = unit === code.plus ? 'keep' : 'strip';
      cursor.at++;
    } else if (hint === 0 && unit >= code.zero && unit <= code.nine) {
      if (unit === code.zero) {
        throw new YamlFault(
          'While scanning a block scalar, found an indentation indicator equal to 0.',
          start,
          markOf(cursor),
        );
      }
      hint = unit - code.zero;
      cursor.at++;
    }
  }
  while (isBlank(text.charCodeAt(cursor.at))) cursor.at++;
  if (text.charCodeAt(cursor.at) === code.hash) skipLine(cursor);
  if (!endsLine(text.charCodeAt(cursor.at))) {
    throw new YamlFault(
      'While scanning a block scalar, did not find expected comment or line break.',
      start,
      markOf(cursor),
    );
  }
  if (isBreak(text.charCodeAt(cursor.at))) takeBreak(cursor);

  let depth = hint > 0 ? Math.max(indent, 0) + hint : 0;
  let value = '';
  let lineEnd = '';
  let wasIndented = false;
  let end = markOf(cursor);
  /** Takes blank lines and the indentation of the next line. @returns the line ends */
  const takeBlankLines = (): string => {
    let breaks = '';
    let deepest = 0;
    for (;;) {
      while ((depth === 0 || cursor.at - cursor.lineStart < depth) && text.charCodeAt(cursor.at) === code.space) {
        cursor.at++;
      }
      deepest = Math.max(deepest, cursor.at - cursor.lineStart);
      if (!isBreak(text.charCodeAt(cursor.at))) break;
      breaks += takeBreak(cursor);
      end = markOf(cursor);
    }
    if (depth === 0) depth = Math.max(deepest, indent + 1, 1);
    return breaks;
  };
  let blankLines = takeBlankLines();
  while (cursor.at - cursor.lineStart === depth && cursor.at < cursor.end) {
    const isIndented = isBlank(text.charCodeAt(cursor.at));
    const folds = !isLiteral && lineEnd === '\n' && !wasIndented && !isIndented;
    value += folds ? blankLines || ' ' : lineEnd + blankLines;
    wasIndented = isIndented;
    const from = cursor.at;
    skipLine(cursor);
    value += text.slice(from, cursor.at);
    end = markOf(cursor);
    lineEnd = cursor.at < cursor.end ? takeBreak(cursor) : '';
    blankLines = takeBlankLines();
  }
  if (chomping !== 'strip') value += lineEnd;
  if (chomping === 'keep') value += blankLines;
  return { text: value, end };
}
