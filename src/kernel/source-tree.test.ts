import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { DomainError } from './errors.ts';
import { NO_COMMIT, openSourceTree } from './source-tree.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-source-tree-'));
after(() => rmSync(root, { recursive: true, force: true }));
const most = 1000;

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', '-c', 'init.defaultBranch=main', ...args], {
    cwd,
    encoding: 'utf8',
  }).trim();

const folder = join(root, 'templates');
mkdirSync(join(folder, 'steps'), { recursive: true });
git(folder, 'init', '-q');
writeFileSync(join(folder, 'steps', 'a.yml'), 'old');
git(folder, 'add', '.');
git(folder, 'commit', '-qm', 'old');
git(folder, 'tag', 'v1');
git(folder, 'branch', 'release/1');
writeFileSync(join(folder, 'steps', 'a.yml'), 'newer');
git(folder, 'commit', '-qam', 'newer');
writeFileSync(join(folder, 'steps', 'a.yml'), 'on disk');
symlinkSync('/etc/hostname', join(folder, 'out.yml'));

test('without a ref the files are those on disk, and no link leads out', async () => {
  const tree = await openSourceTree(folder, { most });
  assert.equal(await tree.read('/steps/a.yml'), 'on disk');
  assert.equal(await tree.read('/out.yml'), undefined);
  assert.equal(await tree.read('/steps'), undefined);
  assert.deepEqual(
    [tree.ref, tree.version, tree.committed],
    ['refs/heads/main', git(folder, 'rev-parse', 'HEAD'), false],
  );
});

test('a ref means the files of its commit, however it is written', async () => {
  const old = git(folder, 'rev-parse', 'v1');
  for (const [ref, full] of [
    ['v1', 'refs/tags/v1'],
    ['refs/tags/v1', 'refs/tags/v1'],
    ['release/1', 'refs/heads/release/1'],
    [old, old],
  ] as const) {
    const tree = await openSourceTree(folder, { ref, most });
    assert.deepEqual([tree.ref, tree.version, tree.committed], [full, old, true]);
    assert.equal(await tree.read('steps/a.yml'), 'old');
    assert.equal(await tree.read('/steps'), undefined);
    assert.equal(await tree.read('/none.yml'), undefined);
  }
  assert.equal(await (await openSourceTree(folder, { committed: true, most })).read('steps/a.yml'), 'newer');
});

test('a folder below the top, a bare repository and a clone that has the branch from its origin', async () => {
  assert.equal(await (await openSourceTree(join(folder, 'steps'), { ref: 'v1', most })).read('/a.yml'), 'old');
  git(root, 'clone', '-q', '--bare', folder, 'bare.git');
  git(root, 'clone', '-q', folder, 'clone');
  for (const name of ['bare.git', 'clone']) {
    const tree = await openSourceTree(join(root, name), { ref: 'refs/heads/release/1', most });
    assert.deepEqual([tree.ref, await tree.read('/steps/a.yml')], ['refs/heads/release/1', 'old']);
  }
});

test('of a large file the beginning is read', async () => {
  const tree = await openSourceTree(folder, { ref: 'main', most: 3 });
  assert.equal(await tree.read('/steps/a.yml'), 'new');
});

test('what is not there is said: the folder, the ref; a folder without git is no commit', async () => {
  const fails = (part: string) => (error: DomainError) => error.code === 'invalid' && error.message.includes(part);
  await assert.rejects(openSourceTree(join(root, 'none'), { most }), fails('is not there'));
  for (const ref of ['v2', '--help', 'HEAD~1', 'main:steps'])
    await assert.rejects(openSourceTree(folder, { ref, most }), fails(`no branch, tag or commit '${ref}'`));
  const plain = join(root, 'plain');
  mkdirSync(plain);
  const tree = await openSourceTree(plain, { most });
  assert.deepEqual([tree.ref, tree.version], ['refs/heads/main', NO_COMMIT]);
  await assert.rejects(openSourceTree(plain, { committed: true, most }), fails('has no commit'));
});
