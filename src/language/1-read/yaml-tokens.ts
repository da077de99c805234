// Tokens of a YAML text by the classic scanner that the service's YAML parser has: simple keys, indentation levels, tokens
// put in before a key once its colon is seen. Tokens are made as they are asked for, so a fault is met where that parser meets it.
import {
  type Cursor,
  code,
  endsLine,
  endsWord,
  isBlank,
  isBreak,
  isDocumentMark,
  makeCursor,
  markOf,
  skipLine,
  takeBreak,
} from './yaml-cursor.ts';
import { type Mark, YamlFault } from './yaml-fault.ts';
import { type ScannedScalar, scanBlock, scanPlain, scanQuoted } from './yaml-scalars.ts';

export type TokenKind =
  | 'document-start'
  | 'document-end'
  | 'directive'
  | 'stream-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | 'flow-sequence-start'
  | 'flow-sequence-end'
  | 'flow-mapping-start'
  | 'flow-mapping-end'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'plain'
  | 'single'
  | 'double'
  | 'literal'
  | 'folded';

export type Token = {
  readonly kind: TokenKind;
  readonly start: Mark;
  readonly end: Mark;
  /** Content of a scalar, name of an anchor or tag. */
  readonly text: string;
};

/** Hands out a text's tokens one by one, `stream-end` for ever at the end. Both raise YamlFault. */
export type TokenReader = {
  /** The next token, which stays. */
  peek(): Token;
  /** The next token, which goes. */
  take(): Token;
};

/** A place where a key may turn out to begin. `index` is its token's, `required`: nothing else can stand there. */
type SimpleKey = { readonly index: number; readonly required: boolean; readonly mark: Mark };

const longestKey = 1024;
const plainStop = new Set([...'-?:,[]{}#&*!|>\'"%@`'].map((sign) => sign.charCodeAt(0)));

/** Starts to read a text's tokens. */
export function readTokens(source: string): TokenReader {
  const cursor: Cursor = makeCursor(source);
  const { text, end: length } = cursor;
  /** Tokens that are ready but for those before `head`; the one at `head` is number `taken` of the text. */
  let ready: Token[] = [];
  let head = 0;
  let taken = 0;
  let indent = -1;
  const indents: number[] = [];
  let flow = 0;
  const keys: (SimpleKey | undefined)[] = [undefined];
  let keyAllowed = true;

  const column = () => cursor.at - cursor.lineStart;
  const look = (ahead = 0) => text.charCodeAt(cursor.at + ahead);
  const push = (kind: TokenKind, start: Mark, end: Mark = start, content = '') =>
    void ready.push({ kind, start, end, text: content });
  const insert = (number: number, kind: TokenKind, mark: Mark) =>
    void ready.splice(head + number - taken, 0, { kind, start: mark, end: mark, text: '' });
  const takeSign = (kind: TokenKind, width: number) => {
    const start = markOf(cursor);
    cursor.at += width;
    push(kind, start, markOf(cursor));
  };
  const pushScalar = (kind: TokenKind, start: Mark, scanned: ScannedScalar) =>
    push(kind, start, scanned.end, scanned.text);

  const keyFault = (mark: Mark) => new YamlFault("While scanning a simple key, could not find expected ':'.", mark);
  const dropStaleKeys = () => {
    for (let level = 0; level <= flow; level++) {
      const key = keys[level];
      if (!key || (key.mark.line === cursor.line && cursor.at - key.mark.offset <= longestKey)) continue;
      // The parser says where it noticed, not where the key began.
      if (key.required) throw keyFault(markOf(cursor));
      keys[level] = undefined;
    }
  };
  const removeKey = () => {
    const key = keys[flow];
    if (key?.required) throw keyFault(key.mark);
    keys[flow] = undefined;
  };
  const saveKey = (mark: Mark) => {
    if (!keyAllowed) return;
    removeKey();
    keys[flow] = { index: taken + ready.length - head, required: flow === 0 && indent === column(), mark };
  };
  const roll = (to: number, kind: 'block-sequence-start' | 'block-mapping-start', mark: Mark, number?: number) => {
    if (flow > 0 || indent >= to) return;
    indents.push(indent);
    indent = to;
    if (number === undefined) push(kind, mark);
    else insert(number, kind, mark);
  };
  const unroll = (to: number) => {
    if (flow > 0) return;
    while (indent > to) {
      push('block-end', markOf(cursor));
      indent = indents.pop() ?? -1;
    }
  };
  const skipToToken = () => {
    for (;;) {
      let unit = look();
      while (unit === code.space || (unit === code.tab && (flow > 0 || !keyAllowed))) {
        cursor.at++;
        unit = look();
      }
      if (unit === code.hash) {
        skipLine(cursor);
        unit = look();
      }
      if (!isBreak(unit)) return;
      takeBreak(cursor);
      if (flow === 0) keyAllowed = true;
    }
  };

  const scanValue = (start: Mark) => {
    const key = keys[flow];
    if (key) {
      insert(key.index, 'key', key.mark);
      roll(key.mark.column - 1, 'block-mapping-start', key.mark, key.index);
      keys[flow] = undefined;
      keyAllowed = false;
    } else {
      if (flow === 0) {
        if (!keyAllowed) throw new YamlFault('Mapping values are not allowed in this context.', start);
        roll(column(), 'block-mapping-start', start);
      }
      keyAllowed = flow === 0;
    }
    takeSign('value', 1);
  };
  const scanAnchor = (kind: 'alias' | 'anchor', start: Mark) => {
    saveKey(start);
    keyAllowed = false;
    cursor.at++;
    const name = /^[^\s\0,[\]{}]*/.exec(text.slice(cursor.at, cursor.at + longestKey))![0];
    cursor.at += name.length;
    if (name === '') {
      throw new YamlFault(
        'While scanning an anchor or alias, did not find expected alphabetic or numeric character.',
        start,
        markOf(cursor),
      );
    }
    push(kind, start, markOf(cursor), name);
  };
  const scanTag = (start: Mark) => {
    saveKey(start);
    keyAllowed = false;
    while (!endsWord(look()) && !(flow > 0 && look() === code.comma)) cursor.at++;
    push('tag', start, markOf(cursor), text.slice(start.offset, cursor.at));
  };

  /** Makes at least one more token ready. */
  const scanNext = () => {
    skipToToken();
    dropStaleKeys();
    unroll(column());
    const start = markOf(cursor);
    if (cursor.at >= length) {
      unroll(-1);
      removeKey();
      keys.fill(undefined);
      push('stream-end', start);
      return;
    }
    const unit = look();
    const isLineStart = column() === 0;
    if (isLineStart && unit === code.percent) {
      unroll(-1);
      removeKey();
      keyAllowed = false;
      skipLine(cursor);
      push('directive', start, markOf(cursor));
      return;
    }
    if (isLineStart && isDocumentMark(cursor)) {
      unroll(-1);
      removeKey();
      keyAllowed = false;
      takeSign(unit === code.dash ? 'document-start' : 'document-end', 3);
      return;
    }
    switch (unit) {
      case code.openSquare:
      case code.openCurly:
        saveKey(start);
        keys[++flow] = undefined;
        keyAllowed = true;
        takeSign(unit === code.openSquare ? 'flow-sequence-start' : 'flow-mapping-start', 1);
        return;
      case code.closeSquare:
      case code.closeCurly:
        removeKey();
        if (flow > 0) flow--;
        keyAllowed = false;
        takeSign(unit === code.closeSquare ? 'flow-sequence-end' : 'flow-mapping-end', 1);
        return;
      case code.comma:
        removeKey();
        keyAllowed = true;
        takeSign('flow-entry', 1);
        return;
      case code.dash:
        if (!endsWord(look(1))) break;
        if (flow === 0) {
          if (!keyAllowed) throw new YamlFault('Block sequence entries are not allowed in this context.', start);
          roll(column(), 'block-sequence-start', start);
        }
        removeKey();
        keyAllowed = true;
        takeSign('block-entry', 1);
        return;
      case code.question:
        if (flow === 0 && !endsWord(look(1))) break;
        if (flow === 0) {
          if (!keyAllowed) throw new YamlFault('Mapping keys are not allowed in this context.', start);
          roll(column(), 'block-mapping-start', start);
        }
        removeKey();
        keyAllowed = flow === 0;
        takeSign('key', 1);
        return;
      case code.colon:
        if (flow === 0 && !endsWord(look(1))) break;
        scanValue(start);
        return;
      case code.asterisk:
        scanAnchor('alias', start);
        return;
      case code.ampersand:
        scanAnchor('anchor', start);
        return;
      case code.bang:
        scanTag(start);
        return;
      case code.bar:
      case code.greater:
        if (flow > 0) break;
        removeKey();
        keyAllowed = true;
        pushScalar(unit === code.bar ? 'literal' : 'folded', start, scanBlock(cursor, indent));
        return;
      case code.singleQuote:
      case code.doubleQuote:
        saveKey(start);
        keyAllowed = false;
        pushScalar(unit === code.singleQuote ? 'single' : 'double', start, scanQuoted(cursor));
        return;
    }
    const startsPlain =
      !(isBlank(unit) || endsLine(unit) || plainStop.has(unit)) ||
      (unit === code.dash && !isBlank(look(1))) ||
      (flow === 0 && (unit === code.question || unit === code.colon) && !endsWord(look(1)));
    if (!startsPlain) {
      cursor.at++;
      throw new YamlFault(
        'While scanning for the next token, find character that cannot start any token.',
        start,
        markOf(cursor),
      );
    }
    saveKey(start);
    keyAllowed = false;
    const scanned = scanPlain(cursor, indent, flow > 0);
    pushScalar('plain', start, scanned);
    if (scanned.crossedLine) keyAllowed = true;
  };

  const isHeadAKey = () => {
    for (let level = 0; level <= flow; level++) if (keys[level]?.index === taken) return true;
    return false;
  };
  let atEnd: Token | undefined;
  const peek = (): Token => {
    if (atEnd) return atEnd;
    while (head >= ready.length || isHeadAKey()) scanNext();
    return ready[head]!;
  };
  return {
    peek,
    take() {
      const token = peek();
      if (token.kind === 'stream-end') atEnd = token;
      else {
        head++;
        taken++;
        if (head === ready.length) {
          ready = [];
          head = 0;
        }
      }
      return token;
    },
  };
}
