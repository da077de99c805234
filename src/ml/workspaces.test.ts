import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import { openStore } from '../store/index.ts';
import { mlMigrations } from './tables.ts';
import { createWorkspaces } from './workspaces.ts';

test('the first workspace, which plain addresses are about, is always the oldest of those that are there', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-workspaces-'));
  const store = await openStore(':memory:', mlMigrations);
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const workspaces = createWorkspaces({
    store,
    clock: systemClock,
    resources: { removeBelow: async () => {} },
    removeTracked: async () => {},
    associated: { put: async () => {} },
    blobs: { pathOf: (...parts: string[]) => join(folder, ...parts) },
  } as unknown as Parameters<typeof createWorkspaces>[0]);
  const put = async (name: string, change = {}) =>
    (await workspaces.put({ subscriptionId: 's', resourceGroup: 'g', name }, change)).workspace;
  const first = async () => (await workspaces.first())?.name;

  assert.equal(await first(), undefined);
  const one = await put('one');
  assert.equal(await first(), 'one');
  const two = await put('two');
  assert.equal(await first(), 'one');
  await put('one', { tags: { changed: 'yes' } });
  assert.deepEqual(((await workspaces.first()) as typeof one).tags, { changed: 'yes' });
  await workspaces.softDelete(one);
  assert.equal(await first(), 'two');
  await put('one', { recover: true });
  assert.equal(await first(), 'one');
  await workspaces.remove(one);
  await workspaces.remove(two);
  assert.equal(await first(), undefined);
});
