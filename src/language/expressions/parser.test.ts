import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { ExpressionError } from './error.ts';
import { type ParseMode, parseExpression } from './parser.ts';
import { conditionPlace, type Place, templatePlace } from './places.ts';

const tail = (position: number, text: string) =>
  `. Located at position ${position} within expression: '${text}'. For more help, refer to https://go.microsoft.com/fwlink/?linkid=842996`;

function fault(text: string, mode: ParseMode = 'syntax', place: Place = templatePlace): string | undefined {
  try {
    parseExpression(text, place, mode);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ExpressionError);
    return error.message;
  }
}

it('names the fault, its token and its position', () => {
  const cases: [string, string, number][] = [
    ['eq(1)', "Unexpected symbol: ')'", 5],
    ['eq(1, 2, 3)', "Unexpected symbol: ','", 8],
    ['eq(,1)', "Unexpected symbol: ','", 4],
    ['and(true,)', "Unexpected symbol: ')'", 10],
    ['(1)', "Unexpected symbol: '('", 1],
    ['1 2', "Unexpected symbol: '2'", 3],
    ['a == b', "Unexpected symbol: '=='", 3],
    ["'x'.y", "Unexpected symbol: '.'", 4],
    ['a.b-c', "Unexpected symbol: 'b-c'", 3],
    ['a[]', "Unexpected symbol: ']'", 3],
    ['a.1', "Unexpected symbol: '1'", 3],
    ['a.', "Expected a property name to follow the dereference operator '.': '.'", 2],
    ['eq(1, 2', "Unclosed function: 'eq'", 1],
    ['a[1', "Unclosed indexer: '['", 2],
    ['not', "Expected '(' to follow a function: 'not'", 1],
    ['1e5', "Unrecognized value: '1e5'", 1],
    ['0x1F', "Unrecognized value: '0x1F'", 1],
    ['1..2', "Unrecognized value: '1..2'", 1],
    ['1.2.3.4.5', "Unrecognized value: '1.2.3.4.5'", 1],
    ['-1.2.3', "Unrecognized value: '-1.2.3'", 1],
    ["eq('a, 1)", "Unrecognized value: ''a, 1)'", 4],
  ];
  for (const [text, message, position] of cases) assert.equal(fault(text), message + tail(position, text), text);
  assert.equal(
    fault('  a b '),
    `Unexpected symbol: 'b'${tail(3, 'a b')}`,
    'blanks at the ends are no part of the text',
  );
  assert.equal(fault(' '), 'An expression was expected');
});

it('lets unknown names pass the syntax walk only', () => {
  for (const text of [
    'foo',
    'foo.bar[1].*',
    'foo(1, 2)',
    '!x',
    '+1',
    'null',
    '"x"',
    'true',
    '.25',
    '7.',
    '1.2.3',
    "'it''s'",
    'eq (1,2)',
  ]) {
    assert.equal(fault(text), undefined, text);
  }
  assert.equal(fault('eq(foo, 1)', 'strict'), `Unrecognized value: 'foo'${tail(4, 'eq(foo, 1)')}`);
  assert.equal(fault('variables.x == 1', 'strict'), `Unrecognized value: '=='${tail(13, 'variables.x == 1')}`);
  assert.equal(
    fault('parameters.x', 'strict', conditionPlace),
    `Unrecognized value: 'parameters'${tail(1, 'parameters.x')}`,
  );
  assert.equal(fault("succeeded('A', 'B')", 'strict', conditionPlace), undefined);
});

it('allows 49 nested calls and any length of look-ups', () => {
  const nested = (depth: number) => `${'not('.repeat(depth)}1${')'.repeat(depth)}`;
  assert.equal(fault(nested(49)), undefined);
  assert.equal(
    fault(nested(50)),
    'Exceeded max expression depth 50. For more help, refer to https://go.microsoft.com/fwlink/?linkid=842996',
  );
  assert.equal(fault(`a${'.b'.repeat(60)}`), undefined);
  assert.equal(fault(`a${'[1]'.repeat(6000)}`), undefined);
});

it('never raises anything but its own fault', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'eq',
      'not',
      'format',
      'variables',
      'x',
      '(',
      ')',
      '[',
      ']',
      ',',
      '.',
      '*',
      "'",
      "'a'",
      '1',
      '-',
      '1.2.3',
      ' ',
      'true',
    ),
    fc.string({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      fault(pieces.join(''));
      fault(pieces.join(' '), 'strict');
    }),
    { numRuns: 2000, seed: 1 },
  );
});
