import assert from 'node:assert/strict';
import test from 'node:test';
import { regularExpression } from './regular-expression.ts';

test("an expression fits where Python's re.search finds it", () => {
  const cases: [pattern: string, fits: string[], not: string[]][] = [
    ['', ['', 'a'], []],
    ['b+', ['abc', 'bb'], ['', 'ac']],
    ['^ab?c$', ['ac', 'abc', 'abc\n'], ['abbc', 'xac', 'ac\nx']],
    ['ac\\Z', ['ac'], ['ac\n']],
    ['(?m)^b$', ['a\nb\nc'], ['a\nbc']],
    ['a.c', ['abc', 'a😀c'], ['a\nc', 'ac']],
    ['(?s)a.c', ['a\nc'], ['ac']],
    ['^(?:ab|c){2,3}$', ['abc', 'ccc'], ['c', 'cccc']],
    ['^a{,2}$', ['', 'aa'], ['aaa']],
    ['a{,x}{}', ['a{,x}{}'], ['a']],
    ['[]a-c^-]x', [']x', 'bx', '^x', '-x'], ['dx']],
    ['[^\\d\\s]x', ['ax'], ['1x', ' x']],
    ['\\bcat\\b', ['a cat.'], ['scatter']],
    ['\\Bat', ['cat'], ['at']],
    ['(?i)straße|É', ['STRAßE', 'é'], ['strasse']],
    ['(?i:a)b', ['Ab'], ['AB']],
    ['(?P<n>x)(?#said)y*?', ['x'], ['y']],
    ['\\x41\\u00e9\\U0001F600', ['Aé😀'], ['Aé']],
    ['\\.\\/\\-', ['./-'], ['x/-']],
    ['(^|,)x($|,)', ['x', 'a,x,b'], ['ax']],
    ['(a*)*(b|)*c', ['c', 'aabc'], ['ab']],
  ];
  for (const [pattern, fits, not] of cases) {
    const search = regularExpression(pattern);
    for (const text of fits) assert.equal(search(text), true, `${pattern} fits ${JSON.stringify(text)}`);
    for (const text of not) assert.equal(search(text), false, `${pattern} does not fit ${JSON.stringify(text)}`);
  }
});

test('what is no expression is refused, and what needs a memory is not built', () => {
  const refused: [pattern: string, message: RegExp][] = [
    ['(a', /'\)' is missing/],
    ['a)', /closes nothing/],
    ['*a', /nothing to repeat/],
    ['a**', /repetition is repeated/],
    ['[b-a]', /ends before it begins/],
    ['[a', /']' is missing/],
    ['\\', /what comes after/],
    ['\\q', /means nothing/],
    ['\\x4', /followed by 2 digits/],
    ['a{2,1}', /greater number first/],
    ['a{1001}', /at most 1000 times/],
    ['(?P<1>a)', /no name of a group/],
    ['(?<n>a)', /begins no group/],
    ['((a{100}){100}){100}', /more than 2000/],
    ['a'.repeat(1001), /at most 1000 characters/],
    [`${'('.repeat(300)}${')'.repeat(300)}`, /at most 200 deep/],
    ['(a)\\1', /^not implemented: a reference back/],
    ['(?=a)', /^not implemented: looking/],
    ['(?<!a)b', /^not implemented: looking/],
    ['a++', /^not implemented: possessive/],
    ['(?x) a', /^not implemented: the flag 'x'/],
  ];
  for (const [pattern, message] of refused)
    assert.throws(() => regularExpression(pattern), { name: 'DomainError', message }, pattern.slice(0, 50));
});

test('no expression takes long: what would be tried without end elsewhere is one pass here, and all of a search has a limit', () => {
  const begun = performance.now();
  assert.equal(regularExpression('(a+)+$')(`${'a'.repeat(50_000)}b`), false);
  assert.equal(regularExpression('(a|a|a?)*b')('a'.repeat(50_000)), false);
  const costly = regularExpression('(.{0,900}x){1}');
  assert.throws(
    () => {
      for (let time = 0; time < 1000; time++) costly('y'.repeat(8000));
    },
    { code: 'limit' },
  );
  assert.ok(performance.now() - begun < 10_000);
});
