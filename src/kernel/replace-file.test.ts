import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { replaceFile } from './replace-file.ts';

test('a file is replaced whole, with its mode, and left alone when it says that already', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'replace-file-'));
  const file = join(folder, 'state');
  const mode = () => statSync(file).mode & 0o777;
  try {
    await replaceFile(file, 'one');
    assert.deepEqual([readFileSync(file, 'utf8'), mode()], ['one', 0o600]);
    const { ino } = statSync(file);
    await replaceFile(file, 'one');
    assert.equal(statSync(file).ino, ino);
    chmodSync(file, 0o644);
    await replaceFile(file, 'one');
    assert.equal(mode(), 0o600, 'opened to others, it is closed again');
    await replaceFile(file, 'two', 0o644);
    assert.deepEqual([readFileSync(file, 'utf8'), mode()], ['two', 0o644]);
    assert.deepEqual(readdirSync(folder), ['state']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
