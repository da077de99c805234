import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readText } from './read-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-text-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string, content?: string | Buffer) => {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};

test('the byte order mark says the encoding, and is no part of the text', async () => {
  assert.equal(await readText(at('plain', 'ça'), 100), 'ça');
  assert.equal(await readText(at('bom', '\ufeffça'), 100), 'ça');
  const little = Buffer.from('\ufeffça', 'utf16le');
  assert.equal(await readText(at('little', little), 100), 'ça');
  assert.equal(await readText(at('big', Buffer.from(little).swap16()), 100), 'ça');
});

test('a file larger than the limit is read to the limit', async () => {
  assert.equal(await readText(at('large', 'x'.repeat(50)), 10), 'x'.repeat(10));
});

test('what is no regular file is not read and not waited for', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync('/dev/zero', at('zeros'));
  symlinkSync(at('circle'), at('circle'));
  for (const name of ['pipe', 'zeros', 'circle', '.', 'nothing']) assert.equal(await readText(at(name), 10), undefined);
});
