import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { guidOf } from '../component/spec.ts';
import { applyOverrides } from './override.ts';
import { parseYaml, placeOf } from './yaml-file.ts';
import { pythonFloat, pythonJson, pythonText, type YamlMap } from './yaml-value.ts';

test('scalars are read and printed as the clients’ Python does', () => {
  const cases: [source: string, text: string][] = [
    ['0.10', '0.1'],
    ['1.0', '1.0'],
    ['1e-5', '1e-5'],
    ['1.0e-5', '1e-05'],
    ['1.5e+20', '1.5e+20'],
    ['123456789.25', '123456789.25'],
    ['10000000000000000.0', '1e+16'],
    ['0.0001', '0.0001'],
    ['-0.0', '-0.0'],
    ['.inf', 'inf'],
    ['yes', 'True'],
    ['Off', 'False'],
    ['3', '3'],
    ['1_000', '1000'],
    ['010', '8'],
    ['0x1F', '31'],
    ['99999999999999999999', '99999999999999999999'],
    ['~', 'None'],
    ['"0.10"', '0.10'],
    ['2026-01-02', '2026-01-02'],
    ['y', 'y'],
  ];
  for (const [source, text] of cases) {
    const { v } = parseYaml(`v: ${source}`, 'f') as YamlMap;
    assert.equal(pythonText(v), text, source);
  }
  assert.equal(pythonFloat(100), '100.0');
  assert.equal(pythonFloat(1e22), '1e+22');
  assert.equal(pythonFloat(0.1 + 0.2), '0.30000000000000004');
});

test('the dictionary hash of an older public client', () => {
  const md5 = createHash('md5')
    .update(pythonJson({ b: 1, a: { y: true, x: null } }))
    .digest('hex');
  assert.equal(guidOf(md5), '0ade1854-aee8-4536-c6c3-e03b04ebba18');
  assert.equal(pythonJson({ a: ['é', 0.5] }), '{"a": ["\\u00e9", 0.5]}');
});

test('anchors, merge keys, equal keys, places', () => {
  const map = parseYaml('base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\nd: 1\nd: 2\n', 'f.yml') as YamlMap;
  assert.deepEqual(map['c'], { x: 1, y: 3 });
  assert.equal(map['d'], 2);
  assert.equal(placeOf(map, 'c'), 'f.yml:2:1');
  assert.equal(placeOf(map['c'] as YamlMap, 'y'), 'f.yml:4:3');
});

test('YAML that does not parse names its place; nesting and aliases without end are refused', () => {
  assert.throws(() => parseYaml('a: [1\nb: 2', 'f.yml'), /^AzError: f\.yml:\d+:\d+: /);
  assert.throws(() => parseYaml('['.repeat(20_000), 'f.yml'), /f\.yml/);
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefgh'.split('').map((key, at) => `${key}: &${key} [${`*${'abcdefg'[at]}, `.repeat(8)}*${'abcdefg'[at]}]`),
  ].join('\n');
  assert.throws(() => parseYaml(bomb, 'f.yml'), /too large or too deep/);
  assert.equal(Object.getPrototypeOf(parseYaml('__proto__: {x: 1}', 'f')), Object.prototype);
});

test('--set edits by path, makes levels, and refuses what has no properties', () => {
  const data = parseYaml('a: {b: [x, y]}\nr: "azureml:env:1"', 'f') as YamlMap;
  applyOverrides(data, ['a.b.1=z', 'n.m.o=1=2', 'name=j']);
  assert.deepEqual(data, { a: { b: ['x', 'z'] }, r: 'azureml:env:1', n: { m: { o: '1=2' } }, name: 'j' });
  assert.throws(() => applyOverrides(data, ['r.version=2']), /--set r\.version: r is 'azureml:env:1'/);
  assert.throws(() => applyOverrides(data, ['a.b.7=z']), /not an index/);
  assert.throws(() => applyOverrides(data, ['__proto__.x=1']), /no property/);
});
