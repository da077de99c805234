import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyTree } from './copy-tree.ts';

test('links are followed, circles and dangling ones left out, and the copy is another file', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'copy-'));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'from/deep'), { recursive: true });
  await writeFile(join(root, 'from/deep/a'), 'a');
  await writeFile(join(root, 'elsewhere'), 'b');
  await symlink('../elsewhere', join(root, 'from/b'));
  await symlink('..', join(root, 'from/deep/up'));
  await symlink('deep', join(root, 'from/again'));
  await symlink('nowhere', join(root, 'from/dangling'));
  await copyTree(join(root, 'from'), join(root, 'to'), { readOnly: true });
  assert.deepEqual((await readdir(join(root, 'to'), { recursive: true })).sort(), [
    'again',
    'again/a',
    'b',
    'deep',
    'deep/a',
  ]);
  assert.equal((await stat(join(root, 'to/b'))).mode & 0o222, 0);
  await rm(join(root, 'to/b'));
  await writeFile(join(root, 'to/b'), 'changed');
  assert.equal(await readFile(join(root, 'elsewhere'), 'utf8'), 'b');
  await assert.rejects(copyTree(join(root, 'none'), join(root, 'to2')), { code: 'ENOENT' });
});
