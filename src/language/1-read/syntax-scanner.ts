// Tokens of a YAML text by the classic scanner that the service's YAML parser has: simple keys, indentation levels, tokens
// put in before a key once its colon is seen. Only kinds and places are kept. It runs after a fault was found, to say what
// that parser says and where; the values of a valid file come from the YAML library.

export type Mark = { readonly offset: number; readonly line: number; readonly column: number };

export type SyntaxToken = {
  readonly kind:
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
    | 'scalar'
    | 'fault';
  readonly start: Mark;
  readonly end: Mark;
  /** Of a fault. */
  readonly message?: string;
};

/** A place where a key may turn out to begin. `index` is its token's, `required`: nothing else can stand there. */
type SimpleKey = { readonly index: number; readonly required: boolean; readonly mark: Mark };

class ScanFault extends Error {
  readonly start: Mark;
  readonly end: Mark;

  constructor(message: string, start: Mark, end: Mark) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

const longestKey = 1024;
const deepestFlow = 200;
const plainStop = /^(?:[-?:,[\]{}#&*!|>'"%@`]|$)/;

/** Divides a text into tokens; a fault of the scanner is the last one. */
export function scanTokens(text: string): SyntaxToken[] {
  const tokens: SyntaxToken[] = [];
  const indents: number[] = [];
  const keys: (SimpleKey | undefined)[] = [undefined];
  let indent = -1;
  let flow = 0;
  let keyAllowed = true;
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  let lineStart = at;

  const mark = (): Mark => ({ offset: at, line, column: at - lineStart + 1 });
  const column = () => at - lineStart;
  const look = (ahead = 0) => text[at + ahead] ?? '';
  const isBreak = (character: string) =>
    character === '\n' ||
    character === '\r' ||
    character === '\u0085' ||
    character === '\u2028' ||
    character === '\u2029';
  const isBlank = (character: string) => character === ' ' || character === '\t';
  const endsWord = (ahead: number) => {
    const character = look(ahead);
    return character === '' || isBlank(character) || isBreak(character);
  };
  const skipBreak = () => {
    at += look() === '\r' && look(1) === '\n' ? 2 : 1;
    line++;
    lineStart = at;
  };
  const push = (kind: SyntaxToken['kind'], start: Mark, end: Mark = start) => void tokens.push({ kind, start, end });
  const take = (kind: SyntaxToken['kind'], length: number) => {
    const start = mark();
    at += length;
    push(kind, start, mark());
  };

  const staleKeys = () => {
    keys.forEach((key, level) => {
      if (!key || (key.mark.line === line && at - key.mark.offset <= longestKey)) return;
      if (key.required)
        throw new ScanFault("While scanning a simple key, could not find expected ':'.", key.mark, key.mark);
      keys[level] = undefined;
    });
  };
  const saveKey = () => {
    const required = flow === 0 && indent === column();
    if (!keyAllowed) return;
    removeKey();
    keys[flow] = { index: tokens.length, required, mark: mark() };
  };
  const removeKey = () => {
    const key = keys[flow];
    if (key?.required)
      throw new ScanFault("While scanning a simple key, could not find expected ':'.", key.mark, key.mark);
    keys[flow] = undefined;
  };
  const roll = (
    to: number,
    kind: 'block-sequence-start' | 'block-mapping-start',
    place: Mark,
    index = tokens.length,
  ) => {
    if (flow > 0 || indent >= to) return;
    indents.push(indent);
    indent = to;
    tokens.splice(index, 0, { kind, start: place, end: place });
  };
  const unroll = (to: number) => {
    if (flow > 0) return;
    while (indent > to) {
      push('block-end', mark());
      indent = indents.pop() ?? -1;
    }
  };

  const skipToToken = () => {
    for (;;) {
      while (look() === ' ' || ((flow > 0 || !keyAllowed) && look() === '\t')) at++;
      if (look() === '#') while (look() !== '' && !isBreak(look())) at++;
      if (!isBreak(look())) return;
      skipBreak();
      if (flow === 0) keyAllowed = true;
    }
  };
  const isDocumentMark = (sign: string) => column() === 0 && text.startsWith(sign, at) && endsWord(3);

  const quoted = (quote: string) => {
    const start = mark();
    at++;
    for (;;) {
      if (isDocumentMark('---') || isDocumentMark('...')) {
        throw new ScanFault('While scanning a quoted scalar, found unexpected document indicator.', start, mark());
      }
      const character = look();
      if (character === '')
        throw new ScanFault('While scanning a quoted scalar, found unexpected end of stream.', start, mark());
      if (isBreak(character)) skipBreak();
      else if (character === quote && quote === "'" && look(1) === "'") at += 2;
      else if (character === quote) break;
      else if (character === '\\' && quote === '"') {
        if (!/^[0abt\tnvfre "/\\N_LPxuU\r\n]/.test(look(1))) {
          throw new ScanFault('While parsing a quoted scalar, found unknown escape character.', start, mark());
        }
        at++;
        if (isBreak(look())) skipBreak();
        else at++;
      } else at++;
    }
    at++;
    push('scalar', start, mark());
  };

  const block = () => {
    const start = mark();
    at++;
    let hint = 0;
    for (let count = 0; count < 2; count++) {
      if (look() === '+' || look() === '-') at++;
      else if (/[0-9]/.test(look())) {
        if (look() === '0')
          throw new ScanFault(
            'While scanning a block scalar, found an indentation indicator equal to 0.',
            start,
            mark(),
          );
        hint = Number(look());
        at++;
      }
    }
    while (isBlank(look())) at++;
    if (look() === '#') while (look() !== '' && !isBreak(look())) at++;
    if (look() !== '' && !isBreak(look())) {
      throw new ScanFault('While scanning a block scalar, did not find expected comment or line break.', start, mark());
    }
    if (look() !== '') skipBreak();
    let depth = hint > 0 ? Math.max(indent, 0) + hint : 0;
    let deepestBlank = 0;
    for (;;) {
      while ((depth === 0 || column() < depth) && look() === ' ') at++;
      deepestBlank = Math.max(deepestBlank, column());
      if (isBreak(look())) {
        skipBreak();
        continue;
      }
      if (depth === 0) depth = Math.max(deepestBlank, indent + 1, 1);
      if (column() !== depth || look() === '') break;
      while (look() !== '' && !isBreak(look())) at++;
      if (look() !== '') skipBreak();
    }
    push('scalar', start, mark());
  };

  const plain = () => {
    const start = mark();
    let end = start;
    const inner = indent + 1;
    let crossed = false;
    for (;;) {
      if (isDocumentMark('---') || isDocumentMark('...') || look() === '#') break;
      while (look() !== '' && !isBlank(look()) && !isBreak(look())) {
        if (look() === ':' && (endsWord(1) || (flow > 0 && /[,[\]{}]/.test(look(1))))) break;
        if (flow > 0 && /[,[\]{}]/.test(look())) break;
        at++;
        end = mark();
        crossed = false;
      }
      if (!isBlank(look()) && !isBreak(look())) break;
      while (isBlank(look()) || isBreak(look())) {
        if (isBreak(look())) {
          skipBreak();
          crossed = true;
        } else {
          if (crossed && column() < inner && look() === '\t') {
            throw new ScanFault(
              'While scanning a plain scalar, found a tab character that violate indentation.',
              start,
              mark(),
            );
          }
          at++;
        }
      }
      if (flow === 0 && column() < inner) break;
    }
    push('scalar', start, end);
    if (crossed || end.line !== line) keyAllowed = true;
  };

  const next = (): boolean => {
    skipToToken();
    staleKeys();
    unroll(column());
    const character = look();
    const start = mark();
    if (character === '') {
      unroll(-1);
      removeKey();
      push('stream-end', mark());
      return false;
    }
    if (column() === 0 && character === '%') {
      unroll(-1);
      removeKey();
      keyAllowed = false;
      while (look() !== '' && !isBreak(look())) at++;
      push('directive', start, mark());
      return true;
    }
    if (isDocumentMark('---') || isDocumentMark('...')) {
      unroll(-1);
      removeKey();
      keyAllowed = false;
      take(character === '-' ? 'document-start' : 'document-end', 3);
      return true;
    }
    if (character === '[' || character === '{') {
      saveKey();
      // Deeper than any file may be nested: going on would take time in proportion to depth times length.
      if (flow > deepestFlow)
        throw new ScanFault('While scanning for the next token, found too deep a nesting.', start, start);
      flow++;
      keys[flow] = undefined;
      keyAllowed = true;
      take(character === '[' ? 'flow-sequence-start' : 'flow-mapping-start', 1);
      return true;
    }
    if (character === ']' || character === '}') {
      removeKey();
      if (flow > 0) keys.length = flow--;
      keyAllowed = false;
      take(character === ']' ? 'flow-sequence-end' : 'flow-mapping-end', 1);
      return true;
    }
    if (character === ',') {
      removeKey();
      keyAllowed = true;
      take('flow-entry', 1);
      return true;
    }
    if (character === '-' && endsWord(1)) {
      if (flow === 0) {
        if (!keyAllowed) throw new ScanFault('Block sequence entries are not allowed in this context.', start, start);
        roll(column(), 'block-sequence-start', start);
      }
      removeKey();
      keyAllowed = true;
      take('block-entry', 1);
      return true;
    }
    if (character === '?' && (flow > 0 || endsWord(1))) {
      if (flow === 0) {
        if (!keyAllowed) throw new ScanFault('Mapping keys are not allowed in this context.', start, start);
        roll(column(), 'block-mapping-start', start);
      }
      removeKey();
      keyAllowed = flow === 0;
      take('key', 1);
      return true;
    }
    if (character === ':' && (flow > 0 || endsWord(1))) {
      const key = keys[flow];
      if (key) {
        tokens.splice(key.index, 0, { kind: 'key', start: key.mark, end: key.mark });
        roll(key.mark.column - 1, 'block-mapping-start', key.mark, key.index);
        keys[flow] = undefined;
        keyAllowed = false;
      } else {
        if (flow === 0) {
          if (!keyAllowed) throw new ScanFault('Mapping values are not allowed in this context.', start, start);
          roll(column(), 'block-mapping-start', start);
        }
        keyAllowed = flow === 0;
      }
      take('value', 1);
      return true;
    }
    if (character === '*' || character === '&') {
      saveKey();
      keyAllowed = false;
      at++;
      const name = /^[^\s,[\]{}]*/.exec(text.slice(at, at + longestKey))![0];
      at += name.length;
      if (name === '') {
        throw new ScanFault(
          'While scanning an anchor or alias, did not find expected alphabetic or numeric character.',
          start,
          mark(),
        );
      }
      push(character === '*' ? 'alias' : 'anchor', start, mark());
      return true;
    }
    if (character === '!') {
      saveKey();
      keyAllowed = false;
      while (!endsWord(0)) at++;
      push('tag', start, mark());
      return true;
    }
    if (flow === 0 && (character === '|' || character === '>')) {
      removeKey();
      keyAllowed = true;
      block();
      return true;
    }
    if (character === "'" || character === '"') {
      saveKey();
      keyAllowed = false;
      quoted(character);
      return true;
    }
    const startsPlain =
      !(isBlank(character) || plainStop.test(character)) ||
      (character === '-' && !isBlank(look(1))) ||
      (flow === 0 && (character === '?' || character === ':') && !endsWord(1));
    if (!startsPlain) {
      throw new ScanFault(
        'While scanning for the next token, found character that cannot start any token.',
        start,
        start,
      );
    }
    saveKey();
    keyAllowed = false;
    plain();
    return true;
  };

  try {
    while (next());
  } catch (fault) {
    if (!(fault instanceof ScanFault)) throw fault;
    // A parser that takes tokens one by one gets none from a possible key on before the key is decided: the fault comes first.
    const pending = keys.flatMap((key) => (key ? [key.index] : []));
    tokens.length = Math.min(tokens.length, ...pending);
    tokens.push({ kind: 'fault', start: fault.start, end: fault.end, message: fault.message });
  }
  return tokens;
}
