import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyQuery, formatResult, type OutputFormat } from './output.ts';

const print = async (value: unknown, format: OutputFormat, query?: string, table?: (result: unknown) => unknown) =>
  formatResult({ ...(await applyQuery(value, query)), ...(table ? { table } : {}) }, format);

test('json: two spaces, sorted keys at every level, text as it is', async () => {
  assert.equal(
    await print({ b: 1, a: { d: [], c: 'é' } }, 'json'),
    '{\n  "a": {\n    "c": "é",\n    "d": []\n  },\n  "b": 1\n}\n',
  );
});
test('nothing is printed for null, nor by none', async () => {
  assert.equal(await print({ a: 1 }, 'json', 'missing'), '');
  assert.equal(await print({ a: 1 }, 'none'), '');
});
test('tsv: a scalar on its line, booleans lower-case alone and Python-like in a row, lists by their length', async () => {
  assert.equal(await print({ name: 'x' }, 'tsv', 'name'), 'x\n');
  assert.equal(await print(true, 'tsv'), 'true\n');
  assert.equal(await print({ c: true, a: 'x', b: [1, 2], d: {}, e: null }, 'tsv'), 'x\t2\tTrue\t\tNone\n');
  assert.equal(await print([{ a: 1 }, { a: 2 }], 'tsv', '[].a'), '1\n2\n');
});
test('tsv keeps the order of a query’s own hash', async () => {
  assert.equal(await print({ a: 1, b: 2 }, 'tsv', '{z:b, a:a}'), '2\t1\n');
  assert.equal(await print({ a: 1, b: 2 }, 'tsv', '[b, a]'), '2\n1\n');
});
test('table: as wide as header and two, or the longest cell; ids, types and nested values left out', async () => {
  const rows = [{ name: 'a', id: '/x', size: 12, inner: {}, on: true }];
  assert.equal(await print(rows, 'table'), 'Name    On    Size\n------  ----  ------\na       True  12\n');
});
test('table: a command’s own columns, unless a query is given', async () => {
  const table = (result: unknown) => (result as { name: string }[]).map((row) => ({ 'the name': row.name }));
  assert.equal(await print([{ name: 'a' }], 'table', undefined, table), 'The name\n----------\na\n');
  assert.equal(await print([{ name: 'a' }], 'table', '[].{N:name}', table), 'N\n---\na\n');
});
test('yaml: sorted keys, lists not indented', async () => {
  assert.equal(await print({ b: [{ x: 1 }], a: 'true' }, 'yaml'), "a: 'true'\nb:\n- x: 1\n");
});
test('a query that does not parse is an argument error', async () => {
  await assert.rejects(print({}, 'json', '[?'), (error: { exitCode?: number }) => error.exitCode === 2);
});
