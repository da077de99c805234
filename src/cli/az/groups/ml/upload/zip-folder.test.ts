import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ignoreNothing } from './ignore.ts';
import { zipFolder } from './zip-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-zip-'));
after(() => rmSync(root, { recursive: true, force: true }));

const folder = join(root, 'lib');
mkdirSync(join(folder, 'a'), { recursive: true });
for (const [name, text] of [
  ['b.txt', 'b'],
  ['a/deep.bin', '\0\u00ff'],
  ['a.txt', 'a'],
  ['é.txt', ''],
  ['run.sh', 'exit\n'],
] as const) {
  writeFileSync(join(folder, name), text, { mode: name === 'run.sh' ? 0o755 : 0o644 });
  utimesSync(join(folder, name), 1_790_000_001, 1_790_000_001);
}

const python = spawnSync('python3', ['--version']).status === 0;

test('the zip file is what Python writes of the same folder', { skip: python ? false : 'no python3' }, () => {
  zipFolder(folder, join(root, 'ours.zip'), ignoreNothing);
  const script = `
import os, sys, zipfile
folder, target = sys.argv[1:]
with zipfile.ZipFile(target, "w") as archive:
    archive.write(folder, os.path.relpath(folder, os.path.dirname(folder)))
    for path in sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names):
        archive.write(path, os.path.relpath(path, os.path.dirname(folder)))
`;
  execFileSync('python3', ['-c', script, folder, join(root, 'theirs.zip')]);
  assert.deepEqual(readFileSync(join(root, 'ours.zip')), readFileSync(join(root, 'theirs.zip')));
});

test('what is left out is not in it, and a time that the format has not is refused', () => {
  zipFolder(folder, join(root, 'some.zip'), (path) => path === 'a.txt');
  const text = readFileSync(join(root, 'some.zip'), 'latin1');
  assert.match(text, /lib\/b\.txt/);
  assert.doesNotMatch(text, /lib\/a\.txt/);
  const old = join(root, 'old');
  mkdirSync(old);
  writeFileSync(join(old, 'x'), '');
  utimesSync(join(old, 'x'), 1, 1);
  assert.throws(() => zipFolder(old, join(root, 'old.zip'), ignoreNothing), /no time before 1980/);
});
