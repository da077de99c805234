import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import { openStore, openVault } from '../store/index.ts';
import { createStoredResources } from './stored-resources.ts';
import { mlMigrations } from './tables.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-resources-'));
const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
  rmSync(root, { recursive: true, force: true });
});

async function open() {
  const store = await openStore(':memory:', mlMigrations);
  closing.push(() => store.close());
  const vault = await openVault(join(root, 'vault.key'));
  return { store, resources: createStoredResources({ store, vault, clock: systemClock }) };
}

const GROUP = '/subscriptions/s/resourceGroups/g/providers';

describe('stored resources', () => {
  test('one is found in any casing, keeps its first spelling and who made it', async () => {
    const { resources } = await open();
    const id = `${GROUP}/Microsoft.Storage/storageAccounts/One`;
    assert.equal((await resources.put(id, { a: 1 }, 'me')).created, true);
    const again = await resources.put(id.toLowerCase(), { a: 2 }, 'other');
    assert.equal(again.created, false);
    const found = await resources.find(`${id.toUpperCase()}/`);
    assert.deepEqual([found?.id, found?.document, found?.createdBy], [id, { a: 2 }, 'me']);
    assert.equal(typeof found?.modifiedAt, 'string');
  });

  test('a collection holds its own, a scope all below it, and neither what only begins alike', async () => {
    const { resources } = await open();
    for (const name of ['w/connections/a', 'w/connections/b', 'w', 'w2/connections/c', 'w-1'])
      await resources.put(`${GROUP}/P/workspaces/${name}`, {}, 'me');
    const names = (found: readonly { id: string }[]) =>
      found.map((one) => one.id.slice(`${GROUP}/P/workspaces/`.length));
    assert.deepEqual(names(await resources.list(`${GROUP}/P/workspaces/w/connections`)), [
      'w/connections/a',
      'w/connections/b',
    ]);
    assert.deepEqual(names(await resources.below(`${GROUP}/P/workspaces/w`)), ['w/connections/a', 'w/connections/b']);
    assert.equal(await resources.remove(`${GROUP}/P/workspaces/W`), true);
    assert.equal(await resources.remove(`${GROUP}/P/workspaces/W`), false);
    assert.deepEqual(names(await resources.below(`${GROUP}/P`)), ['w2/connections/c', 'w-1']);
  });

  test('secrets are given back, stay when they are not sent, and are nowhere in clear', async () => {
    const { store, resources } = await open();
    const id = `${GROUP}/P/workspaces/w/connections/a`;
    await resources.put(id, { shown: true }, 'me', { key: 'very-secret' });
    await resources.put(id, { shown: false }, 'me');
    assert.deepEqual(await resources.secrets(id), { key: 'very-secret' });
    const rows = await store.read.selectFrom('ml_resources').selectAll().execute();
    assert.doesNotMatch(JSON.stringify(rows), /very-secret/);
    assert.equal(await resources.secrets(`${GROUP}/none`), undefined);
  });
});
