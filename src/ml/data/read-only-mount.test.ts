import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { canMount, isCostlyToCopy, withMounts } from './read-only-mount.ts';

test('a command sees the data at the target and cannot write it; outside nothing is there', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'mount-'));
  t.after(() => rmSync(root, { recursive: true }));
  const [source, target] = [join(root, 'source'), join(root, 'target')];
  for (const folder of [source, target]) mkdirSync(folder);
  writeFileSync(join(source, 'a'), 'data');
  const mount = { source, target };
  if (!(await canMount(mount))) return t.skip('this system lets nobody mount');
  const script = `cat ${target}/a; id -u; exit 3`;
  const ran = spawnSync('env', withMounts([mount], ['bash', '-c', script]), { encoding: 'utf8' });
  assert.deepEqual([ran.stdout, ran.status], [`data${process.getuid?.()}\n`, 3]);
  for (const attempt of [`echo x > ${target}/a`, `touch ${target}/b`, `rm ${target}/a`])
    assert.throws(() => execFileSync('env', withMounts([mount], ['bash', '-c', attempt]), { stdio: 'pipe' }), attempt);
  assert.equal(readFileSync(join(source, 'a'), 'utf8'), 'data');
  assert.deepEqual(readdirSync(target), []);
  assert.equal(await canMount({ source: join(root, 'none'), target }), false);
});

test('without mounts a command is as it was', () => {
  assert.deepEqual(withMounts([], ['bash', '-c', 'true']), ['bash', '-c', 'true']);
});

test('little data costs nothing to copy; a sparse file of a gigabyte does where there are no clones', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'mount-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'data'));
  writeFileSync(join(root, 'data/small'), 'x');
  assert.equal(await isCostlyToCopy(join(root, 'data'), root), false);
  writeFileSync(join(root, 'data/large'), '');
  truncateSync(join(root, 'data/large'), 1024 ** 3);
  const costly = await isCostlyToCopy(join(root, 'data'), root);
  // What the file system itself says of clones decides.
  const clones = spawnSync('cp', ['--reflink=always', join(root, 'data/large'), join(root, 'clone')]).status === 0;
  assert.equal(costly, !clones);
});
