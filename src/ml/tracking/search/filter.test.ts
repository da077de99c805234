import assert from 'node:assert/strict';
import test from 'node:test';
import { parseFilter, parseOrderBy } from './filter.ts';
import { like, matches, type Searchable, sortBy } from './match.ts';

const run: Searchable = {
  metrics: { loss: 0.25, 'val loss': 2, 'a/b-c': 3, broken: Number.NaN },
  params: { model: 'tree', empty: '' },
  tags: { 'mlflow.user': 'ada', note: "it's (fine) AND good" },
  attributes: { run_name: 'First Try', status: 'FINISHED', start_time: 1000, end_time: undefined, run_id: 'r1' },
  datasets: [{ name: 'iris', digest: 'd1', context: 'train' }],
};

test('filters match as documented', () => {
  const cases: [string, boolean][] = [
    ['', true],
    ['metrics.loss < 0.3', true],
    ['metric.loss = 0.25 AND params.model = "tree"', true],
    ["metrics.loss >= 0.26 and param.model = 'tree'", false],
    ['metrics."val loss" > 1', true],
    ['metrics.`val loss` <= 1e0', false],
    ['metrics.a/b-c = 3', true],
    ['metrics.missing != 3', false],
    ["params.missing != 'x'", false],
    ['params.missing IS NULL', true],
    ['params.model is not null', true],
    ["params.model LIKE 'TR%'", false],
    ["params.model ILIKE 'TR%'", true],
    ['params.empty = ""', true],
    ["tags.mlflow.user = 'ada'", true],
    ["tag.`mlflow.user` != 'bob'", true],
    [`tags.note = "it's (fine) AND good"`, true],
    ["status = 'FINISHED'", true],
    ["attributes.status IN ('FAILED', 'FINISHED')", true],
    ["attributes.status NOT IN ('FAILED')", true],
    ["attributes.`Run name` LIKE '%Try'", true],
    ['attributes.start_time >= 1000', true],
    ['attributes.created > 1000', false],
    ['attributes.end_time < 5', false],
    ["datasets.name = 'iris' AND dataset.context IN ('train','test')", true],
    ["dataset.name LIKE 'wine%'", false],
  ];
  for (const [filter, expected] of cases) assert.equal(matches(run, parseFilter(filter)), expected, filter);
});

test('a filter that is not understood says where', () => {
  const cases: [string, RegExp][] = [
    ["metrics.loss < 1 OR params.a = 'b'", /joined by AND, found 'OR'/],
    ['metrics.loss <', /a value is missing/],
    ['metrics.loss', /a comparator is missing/],
    ["metrics.loss LIKE 'x'", /is a number/],
    ['metrics.loss > abc', /neither a number nor quoted/],
    ['params.model = 3', /has to be quoted/],
    ["params.model > 'a'", /is text/],
    ["params.model IN ('a')", /applies to attributes/],
    ["models.x = 'a'", /none of metrics/],
    ["attributes.status IN ('a'", /missing/],
    ['metrics.loss < 1 AND', /clause is missing/],
    ["params.a = 'open", /cannot be read/],
    ["(params.a = 'b')", /./],
  ];
  for (const [filter, pattern] of cases) assert.throws(() => parseFilter(filter), pattern, filter);
  assert.throws(() => parseFilter(`params.a = '${'x'.repeat(30_000)}'`), /longer than/);
});

test('missing values and NaN come last in either direction', () => {
  const things = [
    { id: 'none', metrics: {} },
    { id: 'nan', metrics: { m: Number.NaN } },
    { id: 'two', metrics: { m: 2 } },
    { id: 'one', metrics: { m: 1 } },
  ];
  const order = (text: string) =>
    sortBy(
      things,
      (thing) => ({ ...run, metrics: thing.metrics as Record<string, number> }),
      [parseOrderBy(text)],
      (a, b) => (a.id < b.id ? -1 : 1),
    ).map((thing) => thing.id);
  assert.deepEqual(order('metrics.m'), ['one', 'two', 'nan', 'none']);
  assert.deepEqual(order('metrics.m DESC'), ['two', 'one', 'nan', 'none']);
  assert.throws(() => parseOrderBy('metrics.m sideways'), /not a column/);
});

test('LIKE is not led into long searches by its pattern', () => {
  assert.ok(like('abc', 'a%c') && like('abc', '_b_') && like('', '%') && !like('abc', 'a_'));
  // A search that goes back at each '%' would not come to an end here.
  assert.equal(like('a'.repeat(5000), `${'%a'.repeat(500)}b`), false);
});
