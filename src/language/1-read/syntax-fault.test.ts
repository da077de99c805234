import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { findSyntaxFault } from './syntax-fault.ts';

it('says what the service’s parser says, and where', () => {
  const cases: [string, string | undefined][] = [
    ['a:\n  b: 1\n c: 2', 'position 3:2 While parsing a block mapping, did not find expected key.'],
    ['- a\n- b\nc: d', "range 3:1 While parsing a block collection, did not find expected '-' indicator."],
    [
      'steps:\n - script: a\n  - script: b',
      "range 3:3 While parsing a block collection, did not find expected '-' indicator.",
    ],
    ['steps:\n  - script: a\n - script: b', 'position 3:2 While parsing a block mapping, did not find expected key.'],
    ['steps:\n- task: X\n   inputs: y', 'range 3:10 Mapping values are not allowed in this context.'],
    // Recorded with CRLF line ends: the index counts both characters.
    ['steps:\r\n- task: mee\r\n  i\r\n', "range 3:3 While scanning a simple key, could not find expected ':'."],
    ['a: "b\nc', 'range 1:4 While scanning a quoted scalar, found unexpected end of stream.'],
    ['a: "b" c', 'position 1:8 While parsing a block mapping, did not find expected key.'],
    ['a: [1, 2\nb: c', "range 2:2 While parsing a flow sequence, did not find expected ',' or ']'."],
    ['a: {b: c]', "range 1:9 While parsing a flow mapping,  did not find expected ',' or '}'."],
    ['a: "\\q"', 'range 1:4 While parsing a quoted scalar, found unknown escape character.'],
    ['key: - a', 'range 1:6 Block sequence entries are not allowed in this context.'],
    ['a: @x', 'range 1:4 While scanning for the next token, found character that cannot start any token.'],
    ['a: [x,, y]', 'range 1:7 While parsing a node, did not find expected token.'],
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
  assert.deepEqual(findSyntaxFault('steps:\r\n- task: mee\r\n  i\r\n')?.start, { offset: 23, line: 3, column: 3 });
});

it('finds no fault in what the YAML library prints', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 6 }), tie('node'), { maxKeys: 4 }),
    ),
  })).node;
  fc.assert(
    fc.property(value, (one) => {
      const text = String(parseDocument(JSON.stringify(one)));
      assert.equal(findSyntaxFault(text), undefined, text);
    }),
    { numRuns: 300, seed: 5 },
  );
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
