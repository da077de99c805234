import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parseArguments } from './arguments.ts';
import type { Argument } from './command.ts';
import type { Config } from './config.ts';
import { AzError } from './errors.ts';

const own: readonly Argument[] = [
  { name: 'name', options: ['--name', '-n'], kind: 'value', required: true, help: '' },
  { name: 'group', options: ['--resource-group', '-g'], kind: 'value', configured: 'group', required: true, help: '' },
  { name: 'set', options: ['--set'], kind: 'pairs', help: '' },
  { name: 'list', options: ['--list'], kind: 'list', help: '' },
  { name: 'stream', options: ['--stream', '-s'], kind: 'flag', help: '' },
  { name: 'save', options: ['--save-as'], kind: 'value', help: '' },
];

const config = (defaults: Record<string, string> = {}): Config => ({
  directory: '',
  get: (section, key) => (section === 'defaults' ? defaults[key] : undefined),
  sections: () => ({}),
  set() {},
});
const parse = (words: string[], defaults?: Record<string, string>, cwd = '/') =>
  parseArguments(own, words, config(defaults), cwd);
const refusal = (words: string[], defaults?: Record<string, string>) => {
  try {
    parse(words, defaults);
  } catch (error) {
    assert.ok(error instanceof AzError);
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  throw new assert.AssertionError({ message: `${words.join(' ')} was accepted` });
};

describe('az arguments', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-az-arguments-'));
  after(() => rmSync(folder, { recursive: true }));

  test('takes values by space, by equals sign, glued to a short option, and by an unambiguous prefix', () => {
    for (const words of [['--name', 'x'], ['--name=x'], ['-n', 'x'], ['-nx'], ['-n=x'], ['--nam', 'x'], ['--na=x']]) {
      assert.equal(parse([...words, '-g', 'rg']).text('name'), 'x', words.join(' '));
    }
  });
  test('an equals sign in the value stays', () => {
    assert.equal(parse(['--name=a=b', '-g', 'rg']).text('name'), 'a=b');
  });
  test('gathers repeated pairs, ends a list at the next option, keeps negative numbers as values', () => {
    const args = parse(['--set', 'a=1', 'b=2', '-n', '-5', '--set', 'c=3', '--list', 'x', 'y', '-s', '-g', 'rg']);
    assert.deepEqual(args.list('set'), ['a=1', 'b=2', 'c=3']);
    assert.deepEqual(args.list('list'), ['x', 'y']);
    assert.equal(args.text('name'), '-5');
    assert.equal(args.flag('stream'), true);
  });
  test('the last of a value given twice counts', () => {
    assert.equal(parse(['-n', 'a', '-n', 'b', '-g', 'rg']).text('name'), 'b');
  });
  test('a default of the configuration fills a required argument', () => {
    assert.equal(parse(['-n', 'x'], { group: 'from-config' }).need('group'), 'from-config');
    assert.equal(parse(['-n', 'x', '-g', 'own'], { group: 'from-config' }).need('group'), 'own');
  });
  test('@file stands for its text without the last line break', () => {
    writeFileSync(join(folder, 'v.txt'), '\uFEFFhello\n');
    assert.equal(parse(['-n', '@v.txt', '-g', 'rg'], {}, folder).text('name'), 'hello');
  });
  test('an output format is matched without regard to case', () => {
    assert.equal(parse(['-n', 'x', '-g', 'rg', '-o', 'TSV']).text('output'), 'tsv');
  });
  test('names what is wrong', () => {
    assert.equal(refusal([]), 'the following arguments are required: --name/-n, --resource-group/-g');
    assert.equal(refusal(['-n', 'x', '-g']), 'argument --resource-group/-g: expected one argument');
    assert.equal(refusal(['-n', 'x', '-g', 'rg', '--list']), 'argument --list: expected at least one argument');
    assert.equal(refusal(['-n', 'x', '-g', 'rg', '--zzz']), 'unrecognized arguments: --zzz');
    assert.equal(refusal(['-n', 'x', '-g', 'rg', 'loose']), 'unrecognized arguments: loose');
    assert.match(refusal(['--s', 'x']), /^ambiguous option: --s could match --set, --stream, --save-as/);
    assert.match(refusal(['-n', 'x', '-g', 'rg', '-o', 'xml']), /^'xml' is not a valid value for '--output'/);
    assert.match(refusal(['-n', '@/nowhere/at/all', '-g', 'rg']), /^Failed to open file '\/nowhere\/at\/all'/);
  });
  test('help is asked for without the required arguments', () => {
    assert.equal(parse(['-h']).flag('help'), true);
  });
});
