import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import type { Mapping, ScalarStyle } from '../1-read/node.ts';
import { textNode } from '../1-read/node.ts';
import { emitYaml } from './emit.ts';

const place = { file: '/p.yml', line: 1, column: 1 };

function print(text: string, style: ScalarStyle = 'none'): string {
  const root: Mapping = {
    kind: 'mapping',
    entries: [{ key: textNode('k', place, 'plain'), value: textNode(text, place, style) }],
    ...place,
  };
  return emitYaml(root).trimEnd().replace(/^k: /, '');
}

it('quotes only what must be quoted', () => {
  const cases: [string, string][] = [
    ['plain text', 'plain text'],
    ['', "''"],
    ['1', '1'],
    ['007', '007'],
    ['0.5', "'0.5'"],
    ['-0.5', '-0.5'],
    ['1.2.3', '1.2.3'],
    ['True', 'True'],
    ['[a', "'[a'"],
    ['{a', "'{a'"],
    ['"a', "'\"a'"],
    ["'a", "'''a'"],
    ["it's", "it's"],
    ['a: b', "'a: b'"],
    ['a:', "'a:'"],
    ['a:b', 'a:b'],
    ['a #b', "'a #b'"],
    ['a#b', 'a#b'],
    [' a', "' a'"],
    ['a ', "'a '"],
    ['- a', "'- a'"],
    ['-a', '-a'],
    ['---x', "'---x'"],
    ['größe', 'größe'],
    ['$(x)', '$(x)'],
    ['a\n', '>\n  a'],
    ['a\nb', '>-\n  a\n\n  b'],
    ['a\n  b\nc', '>-\n  a\n    b\n  c'],
    ['a \nb', '"a \\nb"'],
    ['a\tb', 'a\tb'],
    ['a:\tb', "'a:\tb'"],
    ['\ta', "'\ta'"],
    ['? a', "'? a'"],
    ['?a', '?a'],
    [':a', ':a'],
    ['...', "'...'"],
    ['@a', "'@a'"],
    ['`a', "'`a'"],
    ['%a', "'%a'"],
    ['|', "'|'"],
    ['~', '~'],
    ['null', 'null'],
    ['12.50', "'12.50'"],
    ['.5', '.5'],
    ['5.', '5.'],
    ['\u{1F600}', '"\\U0001F600"'],
    ['a\u00a0b', 'a\u00a0b'],
    ['\n\na', '>2-\n\n\n  a'],
    [' a\nb', '>2-\n   a\n  b'],
    ['a\nb\n\n', '>+\n  a\n\n  b'],
    ['a\n\nb', '>-\n  a\n\n\n  b'],
  ];
  for (const [text, expected] of cases) assert.equal(print(text), expected, JSON.stringify(text));
  assert.equal(print('a\nb\n', 'literal'), '|\n  a\n  b');
  assert.equal(print('a', 'single'), "'a'");
  assert.equal(print('a"\t', 'double'), '"a\\"\t"');
  assert.equal(print('', 'double'), '""');
  assert.equal(print('', 'literal'), "''");
  assert.equal(print('a\nb', 'plain'), "'a\n\n  b'");
  assert.equal(print('a\n\nb\n', 'single'), "'a\n\n\n  b\n\n  '");
  assert.equal(print('a\n b', 'single'), '"a\\n b"');
  assert.equal(print('a\nb', 'double'), '"a\\nb"');
  assert.equal(print('a ', 'literal'), '"a "');
  assert.equal(print('a\n b\n', 'literal'), '|\n  a\n   b');
  assert.equal(print(' a\n', 'literal'), '|2\n   a');
});

it('prints what reads back as the same text', () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom('a', ' b', '', '  c', '- d', '#e', 'f ', "'", '"', ':', '\t', '\u0001', '\u2028'), {
        maxLength: 8,
      })
      .map((lines) => lines.join('\n')),
  );
  const styles = fc.constantFrom<ScalarStyle>('none', 'plain', 'literal', 'folded', 'single', 'double');
  fc.assert(
    fc.property(text, styles, (one, style) => {
      const printed = `k: ${print(one, style)}\n`;
      const back = parseDocument(emitAll(one, style), { schema: 'failsafe' });
      assert.deepEqual(back.errors, [], printed);
      assert.equal(back.get('k'), one, printed);
    }),
    { numRuns: 3000, seed: 3 },
  );
});

function emitAll(text: string, style: ScalarStyle): string {
  return emitYaml({
    kind: 'mapping',
    entries: [{ key: textNode('k', place, 'plain'), value: textNode(text, place, style) }],
    ...place,
  });
}
