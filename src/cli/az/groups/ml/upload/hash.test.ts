import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listFiles } from './files.ts';
import { codeHash, objectHash } from './hash.ts';
import { readIgnore } from './ignore.ts';

// Expected digests are recorded from the public clients: MD5 from those up to 2025, SHA-256 of the code rule from all.
describe('upload hashes', () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-hash-'));
  const tree = join(root, 'tree');
  before(() => {
    mkdirSync(join(tree, 'B'), { recursive: true });
    mkdirSync(join(tree, 'empty'));
    writeFileSync(join(tree, '.amlignore'), '*.log\n');
    writeFileSync(join(tree, 'a.txt'), 'hello');
    writeFileSync(join(tree, 'main.py'), 'print(1)\n');
    writeFileSync(join(tree, 'skip.log'), 'never read');
    writeFileSync(join(tree, 'B', 'c.txt'), 'x');
  });
  after(() => rmSync(root, { recursive: true }));

  test('code', () => {
    assert.equal(codeHash(tree, readIgnore(tree)), 'faa5e8770326fe37d4adb0f3b5ee6538821c4791231de35da1efe296525b1124');
  });
  test('object: folder and file, by both digests', () => {
    assert.equal(objectHash(tree, readIgnore(tree), 'md5'), '7a26e8f104c83585e13efbf35f90749d');
    assert.equal(objectHash(join(tree, 'a.txt'), undefined, 'md5'), '1ee1121a4cb564120b82afcf0072288a');
    // `data/t.csv` of the recorded submission.
    mkdirSync(join(root, 'data'));
    writeFileSync(join(root, 'data', 't.csv'), 'a,b\n');
    assert.equal(objectHash(join(root, 'data')), '96be00cca8a327307587082e3840e3f3878c457fe44460428b3389e7845e784c');
  });
  test('links count as what they lead to', () => {
    const linked = join(root, 'linked');
    mkdirSync(linked);
    writeFileSync(join(linked, '.amlignore'), '*.log\n');
    symlinkSync(join(tree, 'a.txt'), join(linked, 'a.txt'));
    writeFileSync(join(linked, 'main.py'), 'print(1)\n');
    symlinkSync(join(tree, 'B'), join(linked, 'B'));
    mkdirSync(join(linked, 'empty'));
    assert.equal(codeHash(linked, readIgnore(linked)), codeHash(tree, readIgnore(tree)));
    assert.equal(objectHash(linked, readIgnore(linked)), objectHash(tree, readIgnore(tree)));
    assert.equal(listFiles(linked).find((file) => file.path === 'B/c.txt')?.source, join(tree, 'B', 'c.txt'));
  });
  test('a link to a folder around it is refused, not followed for ever', () => {
    const loop = join(root, 'loop');
    mkdirSync(loop);
    symlinkSync(loop, join(loop, 'again'));
    assert.throws(() => codeHash(loop), /is a link to a folder that it lies in/);
    assert.throws(() => objectHash(loop), /is a link to a folder that it lies in/);
  });
});
