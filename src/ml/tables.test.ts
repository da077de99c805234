import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import { openStore } from '../store/index.ts';
import { createAssetContainers } from './containers.ts';
import { readRuns } from './jobs/job-rows.ts';
import { mlMigrations } from './tables.ts';
import { createAssetVersions } from './versions.ts';

test('assets of a database from before containers had rows of their own have their containers and their archived ones', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ml-tables-'));
  const file = join(folder, 'db.sqlite');
  const until = mlMigrations.findIndex((migration) => migration.name === 'mlassets/0001-containers');
  const old = await openStore(file, mlMigrations.slice(0, until));
  const version = (name: string, version: string, properties: object, sequence: number) => ({
    workspace_id: 'w',
    kind: 'data',
    name,
    version,
    document: JSON.stringify({ properties, createdAt: '2026-01-01T00:00:00.000Z' }),
    content_hash: null,
    sequence,
  });
  await old.write(async (writer) => {
    await writer
      .insertInto('ml_versions')
      .values([
        version('plain', '1', {}, 1_767_225_600_000_000),
        version('plain', '2', { isArchived: true }, 1_767_225_600_000_001),
        version('described', '1', {}, 1_767_225_600_000_002),
        version('hidden', '1', { isAnonymous: true }, 1_767_225_600_000_003),
      ])
      .execute();
    await writer
      .insertInto('ml_containers')
      .values({
        workspace_id: 'w',
        kind: 'data',
        name: 'described',
        document: JSON.stringify({ description: 'kept', isArchived: true }),
        sequence: 1_767_225_600_000_004,
      })
      .execute();
  });
  await old.close();

  const store = await openStore(file, mlMigrations);
  const containers = createAssetContainers({ store, clock: systemClock });
  const versions = createAssetVersions({ store, clock: systemClock });
  const list = async (view: 'active' | 'archived' | 'all') =>
    (await containers.list('w', 'data', { view, limit: 10 })).map((container) => container.name);
  assert.deepEqual(await list('active'), ['plain']);
  assert.deepEqual(await list('archived'), ['described']);
  assert.equal((await containers.find('w', 'data', 'described'))?.properties['description'], 'kept');
  assert.equal((await containers.find('w', 'data', 'plain'))?.createdAt, '2026-01-01T00:00:00.000Z');
  assert.equal((await versions.latest('w', 'data', 'plain'))?.version, '1');
  assert.equal(await versions.nextVersion('w', 'data', 'plain'), '3');
  await store.close();
  rmSync(folder, { recursive: true });
});

test('a version that an older server made of an output is found by it; of two of one output, the first', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ml-tables-'));
  const file = join(folder, 'db.sqlite');
  const until = mlMigrations.findIndex((migration) => migration.name === 'mlassets/0002-origin');
  const old = await openStore(file, mlMigrations.slice(0, until));
  const version = (number: string, hash: string | null, sequence: number) => ({
    workspace_id: 'w',
    kind: 'data',
    name: 'made',
    version: number,
    document: JSON.stringify({ properties: {}, createdAt: '2026-01-01T00:00:00.000Z' }),
    content_hash: hash,
    sequence,
    archived: 0,
  });
  const rows = [
    version('1', 'output:j/o', 1),
    version('2', 'output:j/o', 2),
    version('3', 'output:k/o', 2),
    version('4', 'sha', 3),
    version('5', 'sha', 4),
    version('6', null, 5),
  ];
  await old.write((writer) => writer.insertInto('ml_versions').values(rows).execute());
  await old.close();

  const store = await openStore(file, mlMigrations);
  const versions = createAssetVersions({ store, clock: systemClock });
  assert.equal((await versions.ofOrigin('w', 'output:j/o'))?.asset.version, '1');
  assert.equal((await versions.ofOrigin('w', 'output:k/o'))?.asset.version, '3');
  assert.equal((await versions.withContent('w', 'data', 'sha')).length, 2);
  assert.deepEqual(await versions.withContent('w', 'data', 'output:j/o'), []);
  await store.close();
  rmSync(folder, { recursive: true });
});

test('runs of a database from before their states were kept apart have theirs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ml-tables-'));
  const file = join(folder, 'db.sqlite');
  const until = mlMigrations.findIndex((migration) => migration.name === 'mljobs/0002-run-states');
  const old = await openStore(file, mlMigrations.slice(0, until));
  const row = (run: string, position: number, status: string) => ({
    workspace_id: 'w',
    run_id: run,
    job: 'j',
    parent: position === 0 ? null : 'j',
    position,
    plan: JSON.stringify({ runId: run }),
    state: JSON.stringify({ status }),
  });
  await old.write((writer) =>
    writer
      .insertInto('ml_runs')
      .values([row('n', 1, 'Completed'), row('j', 0, 'Running')])
      .execute(),
  );
  await old.close();

  const store = await openStore(file, mlMigrations);
  assert.deepEqual(await readRuns(store, 'w', 'j'), [
    { plan: { runId: 'j' }, state: { status: 'Running' } },
    { plan: { runId: 'n' }, state: { status: 'Completed' } },
  ]);
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
