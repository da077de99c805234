import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

describe('az ml data mount, az ml datastore mount', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'work');
    mkdirSync(folder);
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    fake.blobs.clear();
    rmSync(join(folder, 'point'), { recursive: true, force: true });
    await loggedIn(fake);
    for (const name of ['taxi/a.csv', 'taxi/deep/b.csv', 'taxi2/c.csv', 'one.csv', 'one.csv.bak'])
      fake.blobs.set(`/azureml-blobstore/${name}`, { text: name, metadata: {} });
  });
  const asset = (name: string, version: string, dataType: string, path: string) => {
    const id = `${WORKSPACE}/data/${name}/versions/${version}`;
    const dataUri = `azureml://datastores/workspaceblobstore/paths/${path}`;
    fake.resources.set(id, { id, name: version, properties: { dataType, dataUri } });
    const container = `${WORKSPACE}/data/${name}`;
    fake.resources.set(container, { id: container, name, properties: { latestVersion: version } });
  };
  const mount = (group: string, path: string, words: readonly string[] = [], env: Record<string, string> = {}) =>
    fake.az(['ml', group, 'mount', '--path', path, '--mount-point', 'point', '-g', 'rg', '-w', 'ws', ...words], {
      cwd: folder,
      env,
    });
  const mounted = () =>
    readdirSync(join(folder, 'point'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, 'point').length + 1))
      .sort();

  test('a folder’s own files are there, to be read only, and nothing is printed', async () => {
    asset('taxi', '3', 'UriFolder', 'taxi');
    for (const path of ['azureml:taxi', 'azureml:taxi:3', `azureml:${WORKSPACE}/data/taxi/versions/3`]) {
      const result = await mount('data', path);
      assert.deepEqual([result.code, result.out], [0, ''], result.err);
      assert.match(result.err, /as a copy of 2 files/);
      assert.deepEqual(mounted(), ['a.csv', 'deep/b.csv']);
      assert.equal(readFileSync(join(folder, 'point', 'deep', 'b.csv'), 'utf8'), 'taxi/deep/b.csv');
      assert.equal(statSync(join(folder, 'point', 'a.csv')).mode & 0o777, 0o444);
      rmSync(join(folder, 'point'), { recursive: true });
    }
  });

  test('a file is there under its name, without its neighbours', async () => {
    asset('one', '1', 'uri_file', 'one.csv');
    assert.equal((await mount('data', 'azureml:one:1')).code, 0);
    assert.deepEqual(mounted(), ['one.csv']);
  });

  test('a datastore is there by its name or its address', async () => {
    assert.equal((await mount('datastore', 'workspaceblobstore')).code, 0);
    assert.equal(mounted().length, 5);
    rmSync(join(folder, 'point'), { recursive: true });
    assert.equal((await mount('datastore', 'azureml://datastores/workspaceblobstore/paths/taxi')).code, 0);
    assert.deepEqual(mounted(), ['a.csv', 'deep/b.csv']);
  });

  test('a mount point that holds something stays as it is, and one where the copy failed is gone', async () => {
    mkdirSync(join(folder, 'point'));
    writeFileSync(join(folder, 'point', 'mine'), 'x');
    const full = await mount('datastore', 'workspaceblobstore');
    assert.deepEqual([full.code, mounted()], [1, ['mine']]);
    assert.match(full.err, /is not empty/);
    rmSync(join(folder, 'point'), { recursive: true });
    asset('none', '1', 'uri_folder', 'nothing');
    const empty = await mount('data', 'azureml:none:1');
    assert.equal(empty.code, 1);
    assert.match(empty.err, /There is nothing to mount at azureml:\/\/datastores\/workspaceblobstore\/paths\/nothing/);
    assert.equal(statSync(join(folder, 'point'), { throwIfNoEntry: false }), undefined);
  });

  test('what a copy cannot be is refused', async () => {
    const refusals = [
      ['data', ['--mode', 'rw_mount'], {}, /Read-write mount for data asset is not supported yet/],
      ['datastore', ['--mode', 'rw_mount'], {}, /not implemented: mounts that are written to/],
      ['datastore', ['--mode', 'rw'], {}, /mode should be either `ro_mount` or `rw_mount`/],
      ['datastore', ['--persistent'], {}, /only supported on Compute Instance/],
      ['datastore', ['--persistent'], { CI_NAME: 'ci' }, /not implemented: mounts that persist/],
      ['datastore', ['--registry-name', 'r'], {}, /unrecognized arguments/],
    ] as const;
    for (const [group, words, env, message] of refusals) {
      const { code, err } = await mount(group, group === 'data' ? 'azureml:taxi:3' : 'store', words, env);
      assert.equal(code, message.source.startsWith('unrec') ? 2 : 1, err);
      assert.match(err, message);
    }
    assert.match((await mount('datastore', 'azureml:taxi:3')).err, /is not a datastore/);
    assert.equal(statSync(join(folder, 'point'), { throwIfNoEntry: false }), undefined);
  });
});
