import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateCriterion } from './criterion.ts';

const body = { status: 'successful', a: 1, items: [{ name: 'x' }, { name: 'y' }, { name: 'z' }] };

test('a criterion looks at the answer by root, count and jsonpath', () => {
  assert.equal(evaluateCriterion("eq(root['status'], 'Successful')", body), true);
  assert.equal(evaluateCriterion("and(eq(root['a'], '1'), ge(count(root['items']), 3))", body), true);
  assert.equal(evaluateCriterion("eq(count(jsonpath('$.items[*].name')), 3)", body), true);
  assert.equal(evaluateCriterion("eq(count(jsonpath('$.missing')), 0)", body), true);
  assert.equal(evaluateCriterion("eq(root['status'], 'failed')", body), false);
  assert.throws(() => evaluateCriterion("jsonpath('$.items[?(@.name)]')", body), /not implemented: jsonpath/);
  assert.throws(() => evaluateCriterion("eq(variables['x'], 1)", body), /Unrecognized value: 'variables'/);
});
