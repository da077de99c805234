import type { Problems } from '../diagnostics.ts';
import type { Entry, Node, Place, Scalar, ScalarStyle, Template } from './node.ts';
import { readTemplateText } from './template-text.ts';
import { type Mark, ReadingEnds, YamlFault } from './yaml-fault.ts';
import { readTokens, type Token, type TokenKind, type TokenReader } from './yaml-tokens.ts';

const deepest = 100;

/**
 * Reads the one document of a text into nodes, by the grammar of the classic block and flow states.
 * @param accept is handed the root as soon as it begins: when the reading ends early, it holds what came before
 * @throws YamlFault, ReadingEnds
 */
export function readNodes(text: string, file: string, problems: Problems, accept: (root: Node) => void): void {
  const reading: Reading = { file, problems, tokens: readTokens(text) };
  const { tokens } = reading;
  skipDocumentEnds(tokens);
  let hasDirective = false;
  for (; tokens.peek().kind === 'directive'; tokens.take()) hasDirective = true;
  if (tokens.peek().kind === 'stream-end') return;
  if (tokens.peek().kind === 'document-start') tokens.take();
  else if (hasDirective) throw faultAt(tokens.peek(), 'Did not find expected <document start>.');
  if (!endsDocument.has(tokens.peek().kind)) readNode(reading, 1, false, accept);
  skipDocumentEnds(tokens);
  const next = tokens.peek();
  if (next.kind === 'stream-end') return;
  if (next.kind !== 'document-start' && next.kind !== 'directive') {
    throw faultAt(next, 'Did not find expected <document start>.');
  }
  throw new ReadingEnds('second-document', next.start);
}

type Reading = { readonly file: string; readonly problems: Problems; readonly tokens: TokenReader };
/** Takes a node as soon as it begins; it grows until the reading goes on behind it. */
type Accept = (node: Node) => void;

const endsDocument: ReadonlySet<TokenKind> = new Set(['stream-end', 'document-start', 'document-end', 'directive']);
const endsEntry: ReadonlySet<TokenKind> = new Set(['block-entry', 'block-end']);
const endsIndentless: ReadonlySet<TokenKind> = new Set(['block-entry', 'key', 'value', 'block-end']);
const endsBlockField: ReadonlySet<TokenKind> = new Set(['key', 'value', 'block-end']);
const endsFlowKey: ReadonlySet<TokenKind> = new Set(['value', 'flow-entry', 'flow-mapping-end', 'flow-sequence-end']);
const endsFlowValue: ReadonlySet<TokenKind> = new Set(['flow-entry', 'flow-mapping-end', 'flow-sequence-end']);

function skipDocumentEnds(tokens: TokenReader): void {
  while (tokens.peek().kind === 'document-end') tokens.take();
}

/** What the parser, not the scanner, finds wrong: the service prints those faults with a position, the scanner's with a range. */
function faultAt(token: Token, message: string): YamlFault {
  return new YamlFault(message, token.start, token.end, 'position');
}

function placeAt(reading: Reading, mark: Mark): Place {
  return { file: reading.file, line: mark.line, column: mark.column };
}

function readNode(reading: Reading, depth: number, allowIndentless: boolean, accept: Accept): void {
  const { tokens } = reading;
  const start = tokens.peek().start;
  let tag: Token | undefined;
  let token = tokens.peek();
  for (; token.kind === 'anchor' || token.kind === 'tag'; token = tokens.peek()) {
    if (token.kind === 'anchor') throw new ReadingEnds('anchor', token.start, token.text);
    tag = token;
    tokens.take();
  }
  switch (token.kind) {
    case 'alias':
      throw new ReadingEnds('anchor', token.start, token.text);
    case 'plain':
    case 'single':
    case 'double':
    case 'literal':
    case 'folded': {
      tokens.take();
      const isString = tag !== undefined && stringTags.has(tag.text);
      accept(makeScalar(token.text, token.kind, isString, reading.file, start));
      return;
    }
    case 'flow-sequence-start':
    case 'block-sequence-start':
      tokens.take();
      readSequence(reading, token.kind === 'flow-sequence-start' ? 'flow' : 'block', start, depth, accept);
      return;
    case 'flow-mapping-start':
    case 'block-mapping-start':
      tokens.take();
      readMapping(reading, token.kind === 'flow-mapping-start' ? 'flow' : 'block', start, depth, accept);
      return;
    case 'block-entry':
      if (!allowIndentless) break;
      readSequence(reading, 'indentless', start, depth, accept);
      return;
  }
  if (!tag) throw faultAt(token, 'While parsing a node, did not find expected token.');
  accept(makeScalar('', 'plain', stringTags.has(tag.text), reading.file, start));
}

const stringTags: ReadonlySet<string> = new Set(['!', '!!str', '!<tag:yaml.org,2002:str>', '!<!>']);

function readSequence(
  reading: Reading,
  style: 'block' | 'indentless' | 'flow',
  start: Mark,
  depth: number,
  accept: Accept,
): void {
  if (depth > deepest) throw new ReadingEnds('too-deep', start);
  const items: Node[] = [];
  accept({ kind: 'sequence', items, ...placeAt(reading, start) });
  const add: Accept = (item) => void items.push(item);
  if (style === 'flow') readFlowItems(reading, depth, add);
  else readBlockItems(reading, style, depth, add);
}

function readBlockItems(reading: Reading, style: 'block' | 'indentless', depth: number, add: Accept): void {
  const { tokens } = reading;
  const ends = style === 'block' ? endsEntry : endsIndentless;
  while (tokens.peek().kind === 'block-entry') {
    const { end } = tokens.take();
    if (ends.has(tokens.peek().kind)) add(emptyScalar(reading, end));
    else readNode(reading, depth + 1, false, add);
  }
  if (style === 'indentless') return;
  const token = tokens.take();
  if (token.kind !== 'block-end') {
    throw faultAt(token, "While parsing a block collection, did not find expected '-' indicator.");
  }
}

function readFlowItems(reading: Reading, depth: number, add: Accept): void {
  const { tokens } = reading;
  for (let first = true; tokens.peek().kind !== 'flow-sequence-end'; first = false) {
    if (!first) {
      if (tokens.peek().kind !== 'flow-entry') {
        throw faultAt(tokens.peek(), "While parsing a flow sequence, did not find expected ',' or ']'.");
      }
      tokens.take();
      if (tokens.peek().kind === 'flow-sequence-end') break;
    }
    if (tokens.peek().kind !== 'key') {
      readNode(reading, depth + 1, false, add);
      continue;
    }
    // `[a: b]` is a list of one mapping.
    const { start } = tokens.take();
    if (depth + 1 > deepest) throw new ReadingEnds('too-deep', start);
    const entries: Entry[] = [];
    add({ kind: 'mapping', entries, ...placeAt(reading, start) });
    readFlowPair(reading, depth + 1, entries);
  }
  tokens.take();
}

function readMapping(reading: Reading, style: 'block' | 'flow', start: Mark, depth: number, accept: Accept): void {
  if (depth > deepest) throw new ReadingEnds('too-deep', start);
  const entries: Entry[] = [];
  accept({ kind: 'mapping', entries, ...placeAt(reading, start) });
  if (style === 'block') readBlockPairs(reading, depth, entries);
  else readFlowPairs(reading, depth, entries);
}

function readBlockPairs(reading: Reading, depth: number, entries: Entry[]): void {
  const { tokens } = reading;
  for (;;) {
    const token = tokens.peek();
    let key: Node | undefined;
    if (token.kind === 'key') {
      tokens.take();
      if (endsBlockField.has(tokens.peek().kind)) key = emptyScalar(reading, token.end);
      else readNode(reading, depth + 1, true, (node) => (key = node));
    } else if (token.kind === 'value') key = emptyScalar(reading, token.start);
    else if (token.kind === 'block-end') {
      tokens.take();
      return;
    } else throw faultAt(token, 'While parsing a block mapping, did not find expected key.');
    const add = entryTaker(reading, key, entries);
    if (tokens.peek().kind !== 'value') {
      add(emptyScalar(reading, tokens.peek().start));
      continue;
    }
    const { end } = tokens.take();
    if (endsBlockField.has(tokens.peek().kind)) add(emptyScalar(reading, end));
    else readNode(reading, depth + 1, true, add);
  }
}

function readFlowPairs(reading: Reading, depth: number, entries: Entry[]): void {
  const { tokens } = reading;
  for (let first = true; tokens.peek().kind !== 'flow-mapping-end'; first = false) {
    if (!first) {
      if (tokens.peek().kind !== 'flow-entry') {
        // Two blanks after the comma, as the service's parser has them.
        throw faultAt(tokens.peek(), "While parsing a flow mapping,  did not find expected ',' or '}'.");
      }
      tokens.take();
      if (tokens.peek().kind === 'flow-mapping-end') break;
    }
    if (tokens.peek().kind === 'key') {
      tokens.take();
      readFlowPair(reading, depth, entries);
    } else if (tokens.peek().kind === 'value') readFlowPair(reading, depth, entries);
    else {
      let key: Node | undefined;
      readNode(reading, depth + 1, false, (node) => (key = node));
      entryTaker(reading, key, entries)(emptyScalar(reading, tokens.peek().start));
    }
  }
  tokens.take();
}

function readFlowPair(reading: Reading, depth: number, entries: Entry[]): void {
  const { tokens } = reading;
  let key: Node | undefined;
  if (endsFlowKey.has(tokens.peek().kind)) key = emptyScalar(reading, tokens.peek().start);
  else readNode(reading, depth + 1, false, (node) => (key = node));
  const add = entryTaker(reading, key, entries);
  if (tokens.peek().kind !== 'value') {
    add(emptyScalar(reading, tokens.peek().start));
    return;
  }
  const { end } = tokens.take();
  if (endsFlowValue.has(tokens.peek().kind)) add(emptyScalar(reading, end));
  else readNode(reading, depth + 1, false, add);
}

/** What puts a key's value into the mapping; a collection as a key is reported, its value goes nowhere. */
function entryTaker(reading: Reading, key: Node | undefined, entries: Entry[]): Accept {
  if (!key) return () => {};
  if (key.kind === 'mapping' || key.kind === 'sequence') {
    reading.problems.at(key, key.kind === 'mapping' ? 'mapping-not-expected' : 'sequence-not-expected');
    return () => {};
  }
  const named = key;
  return (value) => void entries.push({ key: named, value });
}

function emptyScalar(reading: Reading, mark: Mark): Scalar {
  return {
    kind: 'scalar',
    text: '',
    type: 'null',
    style: 'plain',
    file: reading.file,
    line: mark.line,
    column: mark.column,
  };
}

function makeScalar(text: string, style: ScalarStyle, isString: boolean, file: string, at: Mark): Scalar | Template {
  const { line, column } = at;
  if (text.includes('${{')) {
    const read = readTemplateText(text);
    switch (read.kind) {
      case 'template':
        return { kind: 'template', raw: text, style, content: read.content, file, line, column };
      case 'literal':
        return { kind: 'scalar', text: read.text, type: 'string', style: 'none', file, line, column };
      case 'fault':
        return { kind: 'scalar', text, type: 'string', style, isFaulty: true, file, line, column };
    }
  }
  const type = !isString && style === 'plain' ? plainType(text) : 'string';
  return { kind: 'scalar', text, type, style, file, line, column };
}

const mayBeTyped = /^[-+.~\dtTfFnN]/;

/** The kind of a plain scalar by the YAML 1.2 core rules. */
function plainType(text: string): Scalar['type'] {
  if (text === '') return 'null';
  if (!mayBeTyped.test(text)) return 'string';
  if (/^(?:~|null|Null|NULL)$/.test(text)) return 'null';
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return 'boolean';
  if (/^(?:[-+]?\d+|0x[0-9a-fA-F]+|0o[0-7]+)$/.test(text)) return 'number';
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? 'number' : 'string';
}
