import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRemark, gatherProblems } from './fields.ts';
import {
  checkShape,
  flag,
  listOf,
  mapOf,
  number,
  oneOf,
  type Shape,
  shaped,
  text,
  texts,
  whole,
  word,
} from './shape.ts';
import { parseYaml } from './yaml-file.ts';
import type { YamlMap } from './yaml-value.ts';

const SHAPE: Shape = {
  'name!': text,
  count: whole,
  share: number,
  on: flag,
  tier: word('dedicated', 'low_priority'),
  tags: texts,
  hours: oneOf(whole, listOf(whole)),
  inner: shaped({ 'port!': whole }),
  each: mapOf(shaped({ path: text })),
};

function problemsOf(yaml: string): string[] {
  const problems = gatherProblems();
  checkShape(parseYaml(yaml, 'f.yml') as YamlMap, SHAPE, '', problems);
  return problems.all.map(({ place, path, message }) => `${place ?? 'f.yml'} ${path}: ${message}`);
}

test('what fits is silent: text of any scalar, words in any spelling, bindings for any scalar, null for what is absent', () => {
  const fits =
    'name: 1\ncount: "4"\nshare: 0.5\non: yes\ntier: LowPriority\ntags: {a: 1, b: null}\nhours: [1, 2]\ninner: {port: 80}\neach: {x: {path: p}}';
  assert.deepEqual(problemsOf(fits), []);
  assert.deepEqual(problemsOf('name: n\ncount: ${{parent.inputs.n}}\nshare: 3\non: null\nhours: 5'), []);
});

test('every problem is told at once, with its key, its place and what was expected', () => {
  const found = problemsOf(
    'count: two\nshare: much\non: perhaps\ntier: cheap\ntags: [a]\nhours: [1, x]\ninner: {}\neach: {x: {way: p}}\nnam: n\n',
  );
  assert.deepEqual(found, [
    "f.yml:9:1 nam: Unknown field. Did you mean 'name'?",
    'f.yml:1:1 name: Missing data for required field.',
    "f.yml:1:1 count: Not a valid integer: expected a whole number. Found 'two'.",
    "f.yml:2:1 share: Not a valid number. Found 'much'.",
    "f.yml:3:1 on: Not a valid boolean: expected true or false. Found 'perhaps'.",
    "f.yml:4:1 tier: Value passed is not in set: expected one of dedicated, low_priority. Found 'cheap'.",
    'f.yml:5:1 tags: Not a valid mapping: expected names with values. Found a list of 1.',
    "f.yml:6:1 hours[1]: Not a valid integer: expected a whole number. Found 'x'.",
    'f.yml inner.port: Missing data for required field.',
    'f.yml:8:12 each.x.way: Unknown field.',
  ]);
});

test('where the clients let unknown keys pass they are remarked upon, but for what looks misspelt', () => {
  const problems = gatherProblems();
  const map = parseYaml('name: n\ncompute: c\ncuont: 1\ninner: {port: 1, other: 2}\n', 'f.yml') as YamlMap;
  checkShape(map, SHAPE, '', problems, 'remarked');
  assert.deepEqual(
    problems.remarks.map((one) => describeRemark('f.yml', one)),
    ['f.yml:2:1: compute: Unknown field: it does nothing.'],
  );
  assert.deepEqual(
    problems.all.map(({ path, message }) => `${path}: ${message}`),
    ["cuont: Unknown field. Did you mean 'count'?", 'inner.other: Unknown field.'],
  );
});
