import { depthFault, faultAt, lengthFault, parseFault } from './error.ts';
import { nextToken, type Token } from './lexer.ts';
import type { Place } from './places.ts';
import type { Access, Call, Expression, ParsedExpression } from './tree.ts';
import { trimWhite } from './white-space.ts';

/** Calls and indexes that may not be open at once. */
export const deepestExpression = 50;
/** Characters that an expression may have. */
export const longestExpression = 21_000;
const propertyName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `syntax` lets unknown names pass; `strict` refuses a name that doesn't exist in the place. */
export type ParseMode = 'syntax' | 'strict';

type Frame =
  | { readonly kind: 'root'; value: Expression | undefined }
  | { readonly kind: 'call'; readonly call: Call; readonly token: Token }
  | {
      readonly kind: 'index';
      readonly access: Access;
      readonly token: Token;
      key: Expression | undefined;
      wildcard: boolean;
    };

/**
 * Parses an expression without its delimiters. Blanks at its ends are not part of it: positions and echo leave them out.
 * @throws ExpressionError with the service's text for the first fault from left to right
 */
export function parseExpression(source: string, place: Place, mode: ParseMode): ParsedExpression {
  const text = trimWhite(source);
  if (text === '') throw parseFault('An expression was expected');
  if (text.length > longestExpression) throw lengthFault(longestExpression);
  const names: ParsedExpression['names'][number][] = [];
  const root: Frame = { kind: 'root', value: undefined };
  const frames: Frame[] = [root];
  let end = 0;
  let token: Token | undefined;
  let previous: Token | undefined;
  let depth = 0;

  const fault = (what: string, at: { raw: string; position: number }) => faultAt(what, at.raw, at.position, text);
  const unexpected = (at: Token) => fault('Unexpected symbol', at);
  const advance = (): Token | undefined => {
    const next = nextToken(text, end, token);
    if (!next) return undefined;
    previous = token;
    token = next.token;
    end = next.end;
    return token;
  };
  const top = () => frames[frames.length - 1]!;
  const expectsValue = () => !previous || previous.kind === '(' || previous.kind === '[' || previous.kind === ',';
  const put = (value: Expression) => {
    const frame = top();
    if (frame.kind === 'root') frame.value = value;
    else if (frame.kind === 'call') frame.call.args.push(value);
    else frame.key = value;
  };
  /** The value just read, made ready for a further look-up. */
  const indexed = (): Access => {
    const frame = top();
    const current = frame.kind === 'root' ? frame.value : frame.kind === 'call' ? frame.call.args.at(-1) : frame.key;
    if (current?.kind === 'access') return current;
    const access: Access = { kind: 'access', target: current!, steps: [] };
    if (frame.kind === 'call') frame.call.args.pop();
    put(access);
    return access;
  };
  // Names, calls and look-ups can be looked into, literals can't.
  let indexable = false;

  const readWord = (word: Token) => {
    if (mode === 'syntax' && !expectsValue()) throw unexpected(word);
    const lower = word.raw.toLowerCase();
    const definition = place.functions.get(lower);
    // The syntax walk knows functions only: `parameters(1)` is a call to it.
    const isContext = mode === 'strict' && place.contexts.has(lower);
    const opens = nextToken(text, end, word)?.token.kind === '(';
    const isCall = definition !== undefined || (opens && !isContext);
    if (mode === 'strict' && !definition && !isContext) throw fault('Unrecognized value', word);
    if (!expectsValue()) throw unexpected(word);
    if (definition && !opens) throw fault("Expected '(' to follow a function", word);
    if (!definition) names.push({ raw: word.raw, position: word.position, isCall });
    if (!isCall) {
      put({ kind: 'name', name: word.raw, position: word.position });
      indexable = true;
      return;
    }
    const call: Call = { kind: 'call', name: word.raw, position: word.position, definition, args: [] };
    put(call);
    advance();
    frames.push({ kind: 'call', call, token: word });
    indexable = false;
  };

  const readProperty = (dot: Token) => {
    const access = indexed();
    const name = advance();
    if (!name) throw fault("Expected a property name to follow the dereference operator '.'", dot);
    if (name.kind === 'wildcard') access.steps.push({ kind: 'wildcard', dotted: true });
    else if (name.kind === 'word' && propertyName.test(name.raw)) {
      access.steps.push({ kind: 'key', key: { kind: 'literal', value: name.raw, raw: name.raw }, dotted: true });
    } else throw unexpected(name);
    indexable = true;
  };

  for (let current = advance(); current; current = advance()) {
    const frame = top();
    switch (current.kind) {
      case 'broken':
        throw fault('Unrecognized value', current);
      case 'literal':
        if (!expectsValue()) throw unexpected(current);
        put({ kind: 'literal', value: current.value, raw: current.raw });
        indexable = false;
        break;
      case 'word':
        readWord(current);
        break;
      case '.':
        if (!indexable || expectsValue()) throw unexpected(current);
        readProperty(current);
        break;
      case '[':
        if (!indexable || expectsValue()) throw unexpected(current);
        frames.push({ kind: 'index', access: indexed(), token: current, key: undefined, wildcard: false });
        indexable = false;
        break;
      case 'wildcard':
        if (frame.kind !== 'index' || previous?.kind !== '[') throw unexpected(current);
        frame.wildcard = true;
        indexable = false;
        break;
      case ']':
        if (frame.kind !== 'index' || (!frame.wildcard && (!frame.key || expectsValue()))) throw unexpected(current);
        frame.access.steps.push(
          frame.wildcard ? { kind: 'wildcard', dotted: false } : { kind: 'key', key: frame.key!, dotted: false },
        );
        frames.pop();
        indexable = true;
        break;
      case ',': {
        if (frame.kind !== 'call' || expectsValue()) throw unexpected(current);
        const most = frame.call.definition?.most ?? Number.POSITIVE_INFINITY;
        if (frame.call.args.length >= most) throw unexpected(current);
        indexable = false;
        break;
      }
      case ')': {
        if (frame.kind !== 'call' || previous?.kind === ',') throw unexpected(current);
        const { least = 0, most = Number.POSITIVE_INFINITY } = frame.call.definition ?? {};
        if (frame.call.args.length < least || frame.call.args.length > most) throw unexpected(current);
        frames.pop();
        indexable = true;
        break;
      }
      case '(':
        throw unexpected(current);
    }
    depth = Math.max(depth, frames.length - 1);
    if (depth >= deepestExpression) throw depthFault();
  }
  const open = top();
  if (open.kind === 'call') throw fault('Unclosed function', open.token);
  if (open.kind === 'index') throw fault('Unclosed indexer', open.token);
  return { text, root: root.value!, names, depth };
}
