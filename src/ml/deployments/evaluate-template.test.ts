import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evaluateValue, type TemplateScope } from './evaluate-template.ts';

const scope: TemplateScope = {
  subscriptionId: 's',
  tenantId: 't',
  resourceGroup: { name: 'g', location: 'eastus' },
  deployment: 'd',
  now: '2026-01-01T00:00:00.000Z',
  newGuid: () => 'fresh',
  parameter: (name) => ({ list: [1, 2, 3], object: { Key: { inner: 'v' } } })[name],
  variable: (name) => `variable ${name}`,
};

describe('expressions of templates', () => {
  for (const [expression, value] of [
    ["[concat('a', 1, true())]", 'a1True'],
    ["[concat(parameters('list'), createArray(4))]", [1, 2, 3, 4]],
    ["[format('{0}-{1} {{x}}', 'a', 2)]", 'a-2 {x}'],
    ["[if(equals('a', 'a'), 'yes', reference('nothing'))]", 'yes'],
    ["[and(true(), not(or(false(), equals(1, '1'))))]", true],
    ["[IF(empty(''), 'it''s', 'no')]", "it's"],
    ["[parameters('object').key['inner']]", 'v'],
    ["[parameters('list')[1]]", 2],
    ["[length(parameters('list'))]", 3],
    ["[contains(parameters('object'), 'KEY')]", true],
    ["[join(split('a,b;c', createArray(',', ';')), '-')]", 'a-b-c'],
    ["[substring('abcdef', 2, 3)]", 'cde'],
    ["[take(skip('abcdef', 1), 2)]", 'bc'],
    ['[coalesce(null(), json(\'{"a": 1}\')).a]', 1],
    ['[union(createArray(1, 2), createArray(2, 3))]', [1, 2, 3]],
    ["[add(int('2'), mul(3, mod(7, 4)))]", 11],
    ["[base64ToString(base64('ü'))]", 'ü'],
    ["[resourceId('Microsoft.A/b/c', 'x', 'y')]", '/subscriptions/s/resourceGroups/g/providers/Microsoft.A/b/x/c/y'],
    ["[resourceId('other', 'Microsoft.A/b', 'x')]", '/subscriptions/s/resourceGroups/other/providers/Microsoft.A/b/x'],
    ["[subscriptionResourceId('Microsoft.A/b', 'x')]", '/subscriptions/s/providers/Microsoft.A/b/x'],
    ["[extensionResourceId('/scope', 'Microsoft.A/b', 'x')]", '/scope/providers/Microsoft.A/b/x'],
    ["[variables('v')]", 'variable v'],
    ['[[text]', '[text]'],
    ['plain', 'plain'],
  ] as const)
    test(expression, async () => {
      assert.deepEqual(await evaluateValue(expression, scope), value);
    });

  test('what can’t be evaluated says what was expected', async () => {
    for (const [expression, message] of [
      ['[toLower(1)]', /'toLower' expects a text, not 1/],
      ["[parameters('object').other]", /no property 'other' in .*: it has Key/],
      ['[div(1, 0)]', /'div' expects a divisor other than 0/],
      ["[json('{')]", /'json' expects a text in JSON/],
      ["[reference('x')]", /'reference' can't stand here/],
      ["[resourceId('x')]", /'resourceId' needs a type/],
      [`[${'not('.repeat(200)}true()${')'.repeat(200)}]`, /no more than 100 calls/],
    ] as const)
      await assert.rejects(evaluateValue(expression, scope), { code: 'invalid', message }, expression);
  });

  test('a GUID of texts is one of version 5, the same for the same texts', async () => {
    const made = await evaluateValue("[guid('a', 'b')]", scope);
    assert.match(String(made), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(await evaluateValue("[guid('a', 'b')]", scope), made);
    assert.notEqual(await evaluateValue("[guid('a', 'c')]", scope), made);
  });

  test('a unique text is 13 small letters and digits, the same for the same texts', async () => {
    const made = await evaluateValue("[uniqueString('a', 'b')]", scope);
    assert.match(String(made), /^[a-z2-7]{13}$/);
    assert.equal(await evaluateValue("[uniqueString('a', 'b')]", scope), made);
    assert.notEqual(await evaluateValue("[uniqueString('a', 'c')]", scope), made);
  });
});
