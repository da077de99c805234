import {
  Composer,
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
import { syntaxMessage } from './syntax-message.ts';
import { readTemplateText } from './template-text.ts';

const largestFile = 1_048_576;
const deepest = 100;
// A level of nesting takes up to two entries of the parser's stack; what is deeper than this is deeper than the limit anyway.
const deepestStack = 3 * deepest;

/**
 * Reads a YAML file into nodes with places; `${{ }}` texts are divided and their syntax is checked.
 * @returns undefined when the file can't be read at all (the reason is reported) or is empty
 */
export function readYaml(text: string, file: string, problems: Problems): Node | undefined {
  if (text.length > largestFile || new TextEncoder().encode(text).length > largestFile) {
    problems.inFile(file, 'file-too-large', String(largestFile));
    return undefined;
  }
  const tokens = [];
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > deepestStack) {
      problems.inFile(file, 'too-deep');
      return undefined;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  const documents = [...new Composer({ uniqueKeys: false, prettyErrors: false }).compose(tokens, true, text.length)];
  const places = lineFinder(text);
  const [document, second] = documents;
  const error = document?.errors[0];
  if (error) {
    reportSyntax(error, text, file, places, problems);
    return undefined;
  }
  const contents = document?.contents as YamlNode | null | undefined;
  const stop = (anchor: string) => {
    problems.inFile(file, 'anchors-not-supported', anchor);
    return undefined;
  };
  const faults: string[] = [];
  const node = contents ? convert(contents, { file, text, places, problems, faults }, 1) : undefined;
  if (faults[0] !== undefined) {
    if (faults[0] === '') problems.inFile(file, 'too-deep');
    else stop(faults[0]);
    return undefined;
  }
  if (second) {
    problems.inFile(file, 'document-expected-end');
    return undefined;
  }
  return node;
}

type Reading = {
  readonly file: string;
  readonly text: string;
  readonly places: (offset: number) => { line: number; column: number };
  readonly problems: Problems;
  /** The first thing that ends the reading: an anchor's name, or empty text for a nesting that is too deep. */
  readonly faults: string[];
};

function convert(node: YamlNode, reading: Reading, depth: number, emptyAt?: number): Node | undefined {
  if (reading.faults.length > 0) return undefined;
  if (isAlias(node)) {
    reading.faults.push(node.source);
    return undefined;
  }
  if ('anchor' in node && node.anchor) {
    reading.faults.push(node.anchor);
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
    reading.faults.push('');
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

function reportSyntax(
  error: YAMLError,
  text: string,
  file: string,
  places: Reading['places'],
  problems: Problems,
): void {
  let index = Math.min(error.pos[0], text.length);
  // The service points at the colon that is one too many, not at the key before it.
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY') index += Math.max(0, text.slice(index).search(/:(?:\s|$)/));
  const place = { file, ...places(index) };
  const { message, shape } = syntaxMessage(error.code, error.message);
  const at = `(Line: ${place.line}, Col: ${place.column}`;
  // Two shapes of the service's parser: the parser's own faults, and its scanner's.
  const prefix = shape === 'parser' ? `${file} ${at}):  ` : `${file}: ${at}, Idx: ${index}) - ${at}, Idx: ${index}): `;
  problems.add({
    code: 'syntax-error',
    severity: 'error',
    message,
    text: `${prefix}${message}\nObject reference not set to an instance of an object.`,
    ...place,
  });
}
