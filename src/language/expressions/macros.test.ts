import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { expandMacros, expandVariables } from './macros.ts';

const values = new Map([
  ['group', 'rg'],
  ['y', 'Y'],
  ['again', '$(y)'],
  ['empty', ''],
]);
const expand = (text: string) => expandMacros(text, (name) => values.get(name.toLowerCase()));

it('scans once, and goes on inside of what it does not know', () => {
  const cases: [string, string][] = [
    ['$(az ml job create -g $(group) -w $(unknown))', '$(az ml job create -g rg -w $(unknown))'],
    ['$(x$(y))', '$(xY)'],
    ['$(again)', '$(y)'],
    ['$$(y)', '$Y'],
    ['$(Y)$(y)', 'YY'],
    ['$( y )', '$( y )'],
    ['$()', '$()'],
    ['$(y', '$(y'],
    ['a$(empty)b', 'ab'],
    ['$($($(y)', '$($(Y'],
  ];
  for (const [text, expected] of cases) assert.equal(expand(text), expected, text);
});

it('takes time in proportion to the text', () => {
  const text = '$('.repeat(200_000);
  assert.equal(expand(`${text})`), `${text})`);
});

it('follows references between variables, leaves cycles, and spreads secrecy', () => {
  assert.deepEqual(
    expandVariables({
      a: { value: '$(B)!' },
      b: { value: '$(c)', isSecret: false },
      c: { value: 's', isSecret: true },
      d: { value: '$(e)' },
      e: { value: 'x$(D)' },
      f: { value: '$(none)' },
    }),
    {
      a: { value: 's!', isSecret: true },
      b: { value: 's', isSecret: true },
      c: { value: 's', isSecret: true },
      d: { value: 'x$(D)' },
      e: { value: 'x$(e)' },
      f: { value: '$(none)' },
    },
  );
});

it('stops at 50 levels, and at variables that multiply each other', () => {
  const chain = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`v${index}`, { value: `$(v${index + 1})` }]),
  );
  assert.equal(expandVariables({ ...chain, v60: { value: 'end' } })['v0']?.value, '$(v50)');
  const bomb = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`b${index}`, { value: `$(b${index + 1})`.repeat(4) }]),
  );
  const size = Object.values(expandVariables({ ...bomb, b40: { value: 'x' } })).reduce(
    (sum, one) => sum + one.value.length,
    0,
  );
  assert.ok(size < 200_000_000, `${size} characters`);
});

it('leaves text without macros alone', () => {
  fc.assert(fc.property(fc.string(), (text) => expandMacros(text, () => undefined) === text));
});
