import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { zipFiles } from './zip-files.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-zip-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('an archive holds every file under its path, as another program reads it', async (t) => {
  const folder = folderOf(t);
  const texts: Record<string, string> = {
    'empty.txt': '',
    'a b/größe.txt': 'ä'.repeat(100_000),
    'deep/er/one.py': 'print(1)\n',
  };
  const files = Object.entries(texts).map(([path, text], index) => {
    const file = join(folder, String(index));
    writeFileSync(file, text);
    return { path, file, size: Buffer.byteLength(text) };
  });
  await zipFiles(files, join(folder, 'made.zip'));
  const read = `import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps({i.filename: z.read(i).decode() for i in z.infolist()}))`;
  const found = execFileSync('python3', ['-c', read, join(folder, 'made.zip')], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(found), texts);
});

test('an archive that cannot be made whole is not there, nor any part of it', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'there'), 'x');
  const files = [
    { path: 'there', file: join(folder, 'there'), size: 1 },
    { path: 'gone', file: join(folder, 'gone'), size: 1 },
  ];
  await assert.rejects(zipFiles(files, join(folder, 'made.zip')), { code: 'ENOENT' });
  await assert.rejects(zipFiles([{ path: 'x', file: 'x', size: 3 * 1024 ** 3 }], join(folder, 'made.zip')), /at most/);
  assert.deepEqual(readdirSync(folder), ['there']);
});
