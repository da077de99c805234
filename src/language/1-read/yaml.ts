import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  type Range,
  type YAMLError,
  type Node as YamlNode,
} from 'yaml';
import type { Problems } from '../diagnostics.ts';
import type { Entry, Node, Scalar, ScalarStyle, Template } from './node.ts';
import { findSyntaxFault } from './syntax-fault.ts';
import { readTemplateText } from './template-text.ts';

const largestFile = 1_048_576;
const deepest = 100;
// A level of nesting takes up to two entries of the parser's stack; what is deeper than this is deeper than the limit anyway.
const deepestStack = 3 * deepest;

/** A file as read. With `end` the reading stopped there, for a reason that is reported; `node` is what came before. */
export type ReadFile = { readonly node?: Node; readonly end?: { readonly line: number; readonly column: number } };

/** Reads a YAML file into nodes with places; `${{ }}` texts are divided and their syntax is checked. */
export function readYaml(text: string, file: string, problems: Problems): ReadFile {
  if (text.length > largestFile || new TextEncoder().encode(text).length > largestFile) {
    problems.inFile(file, 'file-too-large', String(largestFile));
    return {};
  }
  const read = readTokens(text);
  if (read === 'too-deep') {
    problems.inFile(file, 'too-deep');
    return {};
  }
  if (read === 'fault') return { end: reportSyntax(undefined, text, file, problems) };
  const documents = [
    ...new Composer({ uniqueKeys: false, prettyErrors: false }).compose(read.tokens, true, text.length),
  ];
  const places = lineFinder(text);
  const [document, second] = documents;
  const contents = document?.contents as YamlNode | null | undefined;
  const reading: Reading = { file, text, places, problems, faults: [] };
  const node = contents ? convert(contents, reading, 1) : undefined;
  const result = node ? { node } : {};
  const error = document?.errors[0];
  const fault = reading.faults[0];
  if (fault && (!error || fault.offset <= error.pos[0])) {
    if (fault.anchor === undefined) problems.inFile(file, 'too-deep');
    else problems.inFile(file, 'anchors-not-supported', fault.anchor);
    return { ...result, end: places(fault.offset) };
  }
  if (error || !read.isWhole) return { ...result, end: reportSyntax(error, text, file, problems) };
  if (second) {
    problems.inFile(file, 'document-expected-end');
    return { ...result, end: places(second.range[0]) };
  }
  return result;
}

const wrongEscape = /\\(?:[^0abtnvfre "/\\N_LPxuU\t\r\n]|x(?![\da-fA-F]{2})|u(?![\da-fA-F]{4})|U(?![\da-fA-F]{8}))/;

/** The tokens of a text. Stops at what would make the library report a fault a hundred thousand times. */
function readTokens(text: string): { readonly tokens: CST.Token[]; readonly isWhole: boolean } | 'too-deep' | 'fault' {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  let before = '';
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === ',' && (before === ',' || before === '[')) return 'fault';
    if (lexeme[0] === '"' && lexeme.length > 1000 && wrongEscape.test(lexeme.replaceAll('\\\\', ''))) return 'fault';
    if (lexeme.trim() !== '') before = lexeme;
    for (const token of parser.next(lexeme)) {
      // Comments outside of everything say nothing, and the library takes long to collect very many.
      if (token.type === 'comment' || token.type === 'newline') continue;
      if (token.type === 'error') return { tokens, isWhole: false };
      tokens.push(token);
    }
    if (parser.stack.length > deepestStack) return 'too-deep';
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, isWhole: true };
}

type Reading = {
  readonly file: string;
  readonly text: string;
  readonly places: (offset: number) => { line: number; column: number };
  readonly problems: Problems;
  /** The first thing that ends the reading: an anchor, or a nesting that is too deep. */
  readonly faults: { readonly anchor?: string; readonly offset: number }[];
};

function convert(node: YamlNode, reading: Reading, depth: number, emptyAt?: number): Node | undefined {
  if (reading.faults.length > 0) return undefined;
  if (isAlias(node)) {
    reading.faults.push({ anchor: node.source, offset: node.range?.[0] ?? 0 });
    return undefined;
  }
  if ('anchor' in node && node.anchor) {
    reading.faults.push({ anchor: node.anchor, offset: node.range?.[0] ?? 0 });
    return undefined;
  }
  const range = node.range as Range;
  const place = { file: reading.file, ...reading.places(range[0]) };
  if (isScalar(node)) {
    const empty = node.type === 'PLAIN' && node.source === '' && emptyAt !== undefined;
    const at = empty ? { file: reading.file, ...reading.places(emptyAt) } : place;
    const style = styleOf(node.type);
    const text = node.source ?? '';
    return scalarNode(text, style, node.tag === 'tag:yaml.org,2002:str' ? 'string' : undefined, at, reading.problems);
  }
  if (depth > deepest) {
    reading.faults.push({ offset: range[0] });
    return undefined;
  }
  if (isSeq(node)) {
    const items: Node[] = [];
    for (const item of node.items) {
      const one = convert(item as YamlNode, reading, depth + 1);
      if (one) items.push(one);
    }
    return { kind: 'sequence', items, ...place };
  }
  if (!isMap(node)) return undefined;
  const entries: Entry[] = [];
  for (const pair of node.items) {
    const key = pair.key ? convert(pair.key as YamlNode, reading, depth + 1) : emptyScalar(place);
    if (!key) continue;
    if (key.kind === 'mapping' || key.kind === 'sequence') {
      reading.problems.at(key, key.kind === 'mapping' ? 'mapping-not-expected' : 'sequence-not-expected');
      continue;
    }
    const keyEnd = (pair.key as YamlNode | null)?.range?.[1] ?? range[0];
    const colon = reading.text.indexOf(':', keyEnd);
    const emptyAt = colon < 0 ? keyEnd : colon + 1;
    const value = pair.value
      ? convert(pair.value as YamlNode, reading, depth + 1, emptyAt)
      : emptyScalar({ file: reading.file, ...reading.places(emptyAt) });
    if (value) entries.push({ key, value });
  }
  return { kind: 'mapping', entries, ...place };
}

function emptyScalar(place: { file: string; line: number; column: number }): Scalar {
  return { kind: 'scalar', text: '', type: 'null', style: 'plain', ...place };
}

/** Makes a scalar or a template of a scalar's text. */
export function scalarNode(
  text: string,
  style: ScalarStyle,
  forced: 'string' | undefined,
  place: { file: string; line: number; column: number },
  problems: Problems,
): Scalar | Template {
  if (text.includes('${{')) {
    const read = readTemplateText(text);
    switch (read.kind) {
      case 'template':
        return { kind: 'template', raw: text, style, content: read.content, ...place };
      case 'literal':
        return { kind: 'scalar', text: read.text, type: 'string', style: 'none', ...place };
      case 'fault':
        problems.at(place, read.code, ...read.holes);
    }
  }
  return { kind: 'scalar', text, type: forced ?? (style === 'plain' ? plainType(text) : 'string'), style, ...place };
}

/** The kind of a plain scalar by the YAML 1.2 core rules. */
export function plainType(text: string): Scalar['type'] {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return 'null';
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return 'boolean';
  if (/^(?:[-+]?\d+|0x[0-9a-fA-F]+|0o[0-7]+)$/.test(text)) return 'number';
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? 'number' : 'string';
}

function styleOf(type: string | undefined): ScalarStyle {
  switch (type) {
    case 'QUOTE_SINGLE':
      return 'single';
    case 'QUOTE_DOUBLE':
      return 'double';
    case 'BLOCK_LITERAL':
      return 'literal';
    case 'BLOCK_FOLDED':
      return 'folded';
    default:
      return 'plain';
  }
}

/** Finds line and column, counted from 1, of an offset. */
function lineFinder(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}

/** Reports the service's words for a syntax fault, else the library's own. @returns where the reading stops */
function reportSyntax(
  error: YAMLError | undefined,
  text: string,
  file: string,
  problems: Problems,
): { line: number; column: number } {
  const offset = Math.min(error?.pos[0] ?? 0, text.length);
  const own = { offset, ...lineFinder(text)(offset) };
  const fault = findSyntaxFault(text) ?? {
    message: `${error?.message ?? 'The text is no YAML'}.`,
    start: own,
    end: own,
    layout: 'range',
  };
  const { start, end, message } = fault;
  const show = (mark: typeof start) => `(Line: ${mark.line}, Col: ${mark.column}, Idx: ${mark.offset})`;
  const prefix =
    fault.layout === 'position'
      ? `${file} (Line: ${start.line}, Col: ${start.column}):  `
      : `${file}: ${show(start)} - ${show(end)}: `;
  problems.add({
    code: 'syntax-error',
    severity: 'error',
    message,
    text: `${prefix}${message}\nObject reference not set to an instance of an object.`,
    file,
    line: start.line,
    column: start.column,
  });
  return { line: start.line, column: start.column };
}
