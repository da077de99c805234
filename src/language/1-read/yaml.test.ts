import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { stringify, type ToStringOptions } from 'yaml';
import { collectProblems } from '../diagnostics.ts';
import type { Node } from './node.ts';
import { ReadingEnds, YamlFault } from './yaml-fault.ts';
import { readNodes } from './yaml-nodes.ts';

/** The fault that a text has, if any. */
function findSyntaxFault(text: string): YamlFault | undefined {
  try {
    readNodes(text, '/a.yml', collectProblems(), () => {});
  } catch (error) {
    if (error instanceof YamlFault) return error;
    if (!(error instanceof ReadingEnds)) throw error;
  }
  return undefined;
}

function dataOf(text: string): unknown {
  let root: Node | undefined;
  readNodes(text, '/a.yml', collectProblems(), (node) => {
    root = node;
  });
  const plain = (node: Node | undefined): unknown => {
    switch (node?.kind) {
      case undefined:
        return null;
      case 'mapping':
        return Object.fromEntries(node.entries.map(({ key, value }) => [plain(key), plain(value)]));
      case 'sequence':
        return node.items.map(plain);
      case 'template':
        return node.raw;
      case 'scalar':
        if (node.type === 'null') return null;
        if (node.type === 'boolean') return node.text.toLowerCase() === 'true';
        return node.type === 'number' ? Number(node.text) : node.text;
    }
  };
  return plain(root);
}

it('says what the service’s parser says, and where', () => {
  const cases: [string, string | undefined][] = [
    ['a:\n  b: 1\n c: 2', 'position 3:2 While parsing a block mapping, did not find expected key.'],
    ['- a\n- b\nc: d', "position 3:1 While parsing a block collection, did not find expected '-' indicator."],
    [
      'steps:\n - script: a\n  - script: b',
      "position 3:3 While parsing a block collection, did not find expected '-' indicator.",
    ],
    ['steps:\n  - script: a\n - script: b', 'position 3:2 While parsing a block mapping, did not find expected key.'],
    ['steps:\n- task: X\n   inputs: y', 'range 3:10 Mapping values are not allowed in this context.'],
    // Recorded with CRLF line ends: the index counts both characters.
    ['steps:\r\n- task: mee\r\n  i', "range 3:3 While scanning a simple key, could not find expected ':'."],
    ['a: "b\nc', 'range 1:4 While scanning a quoted scalar, found unexpected end of stream.'],
    ['a: "b" c', 'position 1:8 While parsing a block mapping, did not find expected key.'],
    ['a: [1, 2\nb: c', "position 2:2 While parsing a flow sequence, did not find expected ',' or ']'."],
    ['a: {b: c]', "position 1:9 While parsing a flow mapping,  did not find expected ',' or '}'."],
    ['a: "\\q"', 'range 1:4 While parsing a quoted scalar, found unknown escape character.'],
    ['key: - a', 'range 1:6 Block sequence entries are not allowed in this context.'],
    ['a: @x', 'range 1:4 While scanning for the next token, find character that cannot start any token.'],
    ['a: [x,, y]', 'position 1:7 While parsing a node, did not find expected token.'],
    ['a: {b: [c, {d: e}], f}\nx: |\n  y\n\n  z\n"k": >-\n  t\n', undefined],
  ];
  for (const [text, expected] of cases) {
    const fault = findSyntaxFault(text);
    assert.equal(
      fault && `${fault.layout} ${fault.start.line}:${fault.start.column} ${fault.message}`,
      expected,
      JSON.stringify(text),
    );
  }
  assert.deepEqual(findSyntaxFault('steps:\r\n- task: mee\r\n  i')?.start, { offset: 23, line: 3, column: 3 });
});

it('reads what the YAML library prints as what it was', () => {
  // Line ends of YAML 1.1, carriage returns and lone surrogates are read otherwise by the two, as are lines of nothing but blanks.
  const word = fc.string({ unit: fc.constantFrom(...'ab01 :#-?,[]{}&*!|>\'"%@`~.\n\té日') }).map((text) =>
    text
      .replaceAll(/[ \t]+(?=\n|$)/g, '')
      .replaceAll(/\n[ \t]+/g, '\n')
      .replaceAll('${{', ''),
  );
  const leaf = fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null));
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(
        word.map((text) => `k${text.slice(0, 6).replaceAll(/\s/g, '')}`),
        tie('node'),
        { maxKeys: 4 },
      ),
    ),
  })).node;
  const options = fc.record({
    lineWidth: fc.constantFrom(0, 20, 80),
    defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'),
    defaultKeyType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE'),
    collectionStyle: fc.constantFrom('block', 'flow', 'any'),
  });
  fc.assert(
    fc.property(value, options, (one, how) => {
      const text = stringify({ one }, how as ToStringOptions);
      assert.deepEqual(dataOf(text), JSON.parse(JSON.stringify({ one })), text);
    }),
    { numRuns: 2000, seed: 5 },
  );
});

it('folds, chomps and unescapes as the service’s parser does', () => {
  const cases: [string, unknown][] = [
    ['a: one\n  two\n\n  three\n', { a: 'one two\nthree' }],
    ["a: 'one\n\n\n  two''s'", { a: "one\n\ntwo's" }],
    ['a: "one \\\n   two\\tx\\u0041\\x42\\\n\n  z"', { a: 'one two\txAB\nz' }],
    ['a: |\n  x\n   y\n\n  z\n\n\nb: 1', { a: 'x\n y\n\nz\n', b: 1 }],
    ['a: |-\n  x\n\nb: 1', { a: 'x', b: 1 }],
    ['a: |+\n  x\n\nb: 1', { a: 'x\n\n', b: 1 }],
    ['a: >\n  x\n  y\n\n  z\n   in\n  w\n', { a: 'x y\nz\n in\nw\n' }],
    ['a: |2\n    x\n', { a: '  x\n' }],
    // Without a line end at the end of the file there is none in the value either.
    ['a: |\n  x', { a: 'x' }],
    ['a: |\r\n  x\r\n  y\r\n', { a: 'x\ny\n' }],
    ['\ufeffa: b # c\n', { a: 'b' }],
    ['a: b#c\nd: e:f\n', { a: 'b#c', d: 'e:f' }],
    ['- - a\n  - b\n-\n- c: d\n  e:\n  f: ', [['a', 'b'], null, { c: 'd', e: null, f: null }]],
    ['a:\n- b\n- c\nd: {e: [f, {g: h}], "i":j, k}', { a: ['b', 'c'], d: { e: ['f', { g: 'h' }], i: 'j', k: null } }],
    ['? a\n: b\n? c\n', { a: 'b', c: null }],
    ['a: !!str 12\nb: !x 12\nc: ! 12', { a: '12', b: 12, c: '12' }],
    ['%YAML 1.1\n---\na: 1\n...\n', { a: 1 }],
    ['---\n', null],
    ['# nothing\n', null],
  ];
  for (const [text, expected] of cases) assert.deepEqual(dataOf(text), expected, JSON.stringify(text));
});

it('ends on any text', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '|',
    '>',
    '? ',
    '&x ',
    '*x',
    '!t ',
    '#',
    '%',
    '---\n',
    '\t',
    '\r\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      findSyntaxFault(pieces.join(''));
    }),
    { numRuns: 3000, seed: 6 },
  );
});
