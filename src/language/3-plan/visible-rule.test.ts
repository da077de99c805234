import assert from 'node:assert/strict';
import { it } from 'node:test';
import { namesInRule, ruleHolds } from './visible-rule.ts';

it('evaluates rules of visibility, and says when it cannot', () => {
  const values: Record<string, string> = { type: 'Inline', wait: 'true', macro: '$(m)' };
  const holds = (rule: string | undefined) => ruleHolds(rule, (name) => values[name] ?? '');
  const cases: [string | undefined, boolean | undefined][] = [
    [undefined, true],
    ['  ', true],
    ['type = inline', true],
    ['type == filePath', false],
    ['type != filePath', true],
    ['gone = ', true],
    ['type = inline && wait = true', true],
    ['type = inline && wait = false', false],
    ['type = filePath || wait = true', true],
    ['type = filePath || type = inline && wait = false', false],
    ['type = inline || type = filePath && wait = false', true],
    ['macro = x', undefined],
    ['macro = x && type = filePath', false],
    ['macro = x || type = inline', true],
    ['macro = x || type = filePath', undefined],
    ['type startsWith in', undefined],
  ];
  for (const [rule, expected] of cases) assert.equal(holds(rule), expected, rule);
  assert.deepEqual(namesInRule('a = b && c != d || e == f'), ['a', 'c', 'e']);
  assert.equal(namesInRule('a = b && c'), undefined);
});
