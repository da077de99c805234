import assert from 'node:assert/strict';
import test from 'node:test';
import { regularExpression } from './regular-expression.ts';

test("an expression fits where Python's re.search finds it", () => {
  const cases: [pattern: string, fits: string[], not: string[]][] = [
    ['', ['', 'a'], []],
    ['b+', ['abc', 'bb'], ['', 'ac']],
    ['^ab?c$', ['ac', 'abc'], ['abbc', 'xac', 'ac\nx']],
    ['(?m)^b$', ['a\nb\nc'], ['a\nbc']],
    ['a.c', ['abc', 'a😀c'], ['a\nc', 'ac']],
    ['(?s)a.c', ['a\nc'], ['ac']],
    ['\\bcat\\b', ['a cat.'], ['scatter']],
    ['(?i)straße|É', ['STRAßE', 'é'], ['strasse']],
    ['(?P<n>x)y*?', ['x'], ['y']],
  ];
  for (const [pattern, fits, not] of cases) {
    const search = regularExpression(pattern);
    for (const text of fits) assert.equal(search(text), true, `${pattern} fits ${JSON.stringify(text)}`);
    for (const text of not) assert.equal(search(text), false, `${pattern} does not fit ${JSON.stringify(text)}`);
  }
});

test('what is no expression is refused with what is wrong in it', () => {
  const refused: [pattern: string, message: RegExp][] = [
    ['(a', /missing closing \)/],
    ['*a', /repetition operator: `\*`/],
    ['\\', /trailing backslash/],
    ['a'.repeat(1001), /at most 1000 characters/],
    ['((a{100}){100}){100}', /repeat count/],
    ['(a)\\1', /no references back/],
    ['(?=a)', /no looking ahead/],
    ['('.repeat(1000), /cannot be searched for/],
  ];
  for (const [pattern, message] of refused)
    assert.throws(() => regularExpression(pattern), { name: 'DomainError', message }, pattern.slice(0, 50));
});

test('no expression goes on without end, and all of a search has a limit', () => {
  assert.equal(regularExpression('(a+)+$')(`${'a'.repeat(50_000)}b`), false);
  const costly = regularExpression('(.{0,900}x){1}');
  assert.throws(
    () => {
      for (let time = 0; time < 1000; time++) costly('y'.repeat(8000));
    },
    { code: 'limit' },
  );
});
