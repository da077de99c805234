import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openArmScene, WS } from '../arm-scene.ts';
import { storageAccountOf } from '../places.ts';

const ID = '0a1b2c3d-1111-4222-8333-444455556666';
const OTHER = '0a1b2c3d-1111-4222-8333-444455557777';
const HASH = 'ab'.repeat(32);

type Tree = { type: string; sasUrl: string | null; sizeBytes: number; children: Record<string, Tree> };

async function open(t: TestContext) {
  const scene = await openArmScene();
  t.after(() => scene.close());
  const account = storageAccountOf((await scene.get(WS)).body.properties.workspaceId);
  const fileOf = (container: string, name: string) => join(scene.root, 'blobs', account, container, name);
  /** Where an address leads, on disk. */
  const placeOf = (address: string) => {
    const { pathname } = new URL(address);
    return join(scene.root, 'blobs', account, decodeURIComponent(pathname));
  };
  const put = (file: string, text: string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const ask = (method: 'GET' | 'POST', path: string, body?: unknown) =>
    scene.ask('dataPlane', method, `/content/v2.0${WS}/snapshots${path}`, body);
  /** Files of a snapshot by path, as its addresses lead to them. */
  const filesOf = async (snapshotOrAssetId: string) => {
    const { status, body } = await ask('POST', '/sas', { snapshotOrAssetId });
    assert.equal(status, 200, JSON.stringify(body));
    const files: Record<string, string> = {};
    const walk = (node: Tree, prefix: string) => {
      for (const [name, child] of Object.entries(node.children))
        if (child.type === 'File') files[prefix + name] = readFileSync(placeOf(child.sasUrl as string), 'utf8');
        else walk(child, `${prefix}${name}/`);
    };
    walk(body, '');
    return files;
  };
  const node = (names: Record<string, object>) => ({ name: '', type: 'Directory', children: names });
  const leaf = { type: 'File', hash: 'x' };
  /** Uploads files and makes a snapshot of a tree as a client does. */
  const make = async (id: string, uploads: Record<string, string>, tree: object, parent: string | null = null) => {
    const told = await ask('POST', '/getblob', { FileNames: Object.keys(uploads) });
    assert.equal(told.status, 200, JSON.stringify(told.body));
    const FileNodes = told.body.fileNodes.map(({ fullName, blobUri }: { fullName: string; blobUri: string }) => {
      put(placeOf(blobUri), uploads[fullName] as string);
      return { FullName: fullName, BlobUri: blobUri, FileSize: 1 };
    });
    return ask('POST', `/${id}`, {
      ParentSnapshotId: parent,
      Tags: null,
      Properties: { 'azureml.git.dirty': 'True' },
      DirTreeNode: tree,
      FileRevisionList: { FileNodes },
    });
  };
  return { scene, account, fileOf, put, ask, filesOf, node, leaf, make, placeOf };
}

test('every version of code is read as a snapshot: by its name, by the id of a run, by the id of the asset', async (t) => {
  const { scene, account, fileOf, put, ask, filesOf, placeOf } = await open(t);
  put(fileOf('code', 'up/a b.py'), 'a');
  put(fileOf('code', 'up/lib/c.py'), 'c');
  put(fileOf('code', 'one.py'), '1');
  const code = (name: string, version: string, path: string) =>
    scene.put(`${WS}/codes/${name}/versions/${version}`, {
      codeUri: `https://${account}.blob.core.windows.net:443/code/${path}`,
      properties: { hash_sha256: HASH, hash_version: '0' },
    });
  assert.equal((await code(ID, '1', 'up')).status, 201);
  assert.equal((await code('mine', '7', 'one.py')).status, 201);
  const whole = { 'a b.py': 'a', 'lib/c.py': 'c' };
  assert.deepEqual(await filesOf(ID), whole);
  assert.deepEqual(await filesOf(ID.toUpperCase()), whole);
  assert.deepEqual(await filesOf(`azureml://locations/eastus/workspaces/x/codes/${ID}/versions/1`), whole);
  assert.deepEqual(await filesOf(`${WS}/codes/mine/versions/7`), { 'one.py': '1' });

  await scene.put(`${WS}/computes/c`, { computeType: 'AmlCompute', properties: { vmSize: 'S' } });
  const job = await scene.put(`${WS}/jobs/j`, {
    jobType: 'Command',
    command: 'true',
    codeId: `${WS}/codes/mine/versions/7`,
    environmentId: 'azureml:AzureML-sklearn-1.5@latest',
    computeId: `${WS}/computes/c`,
  });
  const { ContentSnapshotId } = job.body.properties.properties;
  assert.match(ContentSnapshotId, /^[0-9a-f-]{36}$/);
  assert.deepEqual(await filesOf(ContentSnapshotId), { 'one.py': '1' });

  const zip = await ask('POST', `/${ID}/zip`);
  assert.equal(zip.status, 200);
  const archive = placeOf(zip.body.zipSasUri);
  assert.match(zip.body.zipSasUri, /\?sig=azureml&sp=r$/);
  assert.equal(readFileSync(archive).subarray(0, 4).toString('latin1'), 'PK\u0003\u0004');
  assert.equal((await ask('POST', `/${ID}/zip`)).body.zipSasUri, zip.body.zipSasUri);

  for (const id of [OTHER, 'mine', '', '../../x', `${WS}/codes/mine/versions/8`])
    assert.equal((await ask('POST', '/sas', { snapshotOrAssetId: id })).status, 404, id);
  assert.equal((await ask('POST', `/${OTHER}/zip`)).status, 404);
});

test('code that lies in the storage of another workspace is no snapshot of this one', async (t) => {
  const { scene, ask } = await open(t);
  const codeUri = 'https://mrffffffffffffffffff.blob.core.windows.net/code/up';
  await scene.put(`${WS}/codes/${ID}/versions/1`, { codeUri });
  for (const answer of [await ask('POST', '/sas', { snapshotOrAssetId: ID }), await ask('POST', `/${ID}/zip`)]) {
    assert.notEqual(answer.status, 200);
    assert.match(answer.body.error.message, /not implemented: snapshots of code outside the workspace's storage/);
  }
});

test('code is found by its hash, as clients of 2023 ask', async (t) => {
  const { scene, account, ask } = await open(t);
  const codeUri = `https://${account}.blob.core.windows.net/code/up`;
  await scene.put(`${WS}/codes/${ID}/versions/1`, { codeUri });
  assert.equal((await ask('GET', `/getByHash?hash=${HASH}&hashVersion=202208`)).status, 404);
  assert.equal((await ask('GET', '/getByHash')).status, 404);
  await scene.store.write((writer) => writer.updateTable('ml_versions').set({ content_hash: HASH }).execute());
  const { name, version } = (await ask('GET', `/getByHash?hash=${HASH}&hashVersion=202208`)).body;
  assert.deepEqual([name, version], [ID, '1']);
});

test('a snapshot is made of uploads and of the one that it changes, and is a version of code', async (t) => {
  const { scene, make, node, leaf, filesOf, ask, fileOf } = await open(t);
  const latest = await scene.ask('dataPlane', 'GET', `/content/v1.0${WS}/snapshots/latest/metadata`);
  assert.deepEqual(latest.body, { id: null, root: {} });
  const tree = node({ 'a+b %.py': leaf, sub: { ...node({ 'c.py': leaf }) } });
  const made = await make(ID, { 'a+b %.py': 'a', 'sub/c.py': 'c' }, tree);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  assert.deepEqual([made.body.id, made.body.version], [ID, '1']);
  assert.equal(made.body.properties['azureml.git.dirty'], 'True');
  const code = await scene.get(`${WS}/codes/${ID}/versions/1`);
  assert.match(code.body.properties.codeUri, /\/azureml\/Snapshots\/0a1b2c3d/);

  const changed = node({ 'a+b %.py': leaf, 'd.py': leaf });
  assert.equal((await make(OTHER, { 'd.py': 'd' }, changed, ID)).status, 200);
  assert.deepEqual(await filesOf(OTHER), { 'a+b %.py': 'a', 'd.py': 'd' });
  assert.deepEqual(await filesOf(ID), { 'a+b %.py': 'a', 'sub/c.py': 'c' });
  assert.ok(existsSync(fileOf('azureml', `Snapshots/${OTHER}/d.py`)));
  assert.equal((await make(ID, { 'a+b %.py': 'z' }, node({ 'a+b %.py': leaf }))).status, 409);
  assert.deepEqual(Object.keys(await filesOf(ID)), ['a+b %.py', 'sub/c.py']);
  assert.equal((await ask('POST', `/${ID}/zip`)).status, 200);
});

test('what leads out of a snapshot, is not there or is no id is refused, and nothing is made', async (t) => {
  const { account, make, node, leaf, ask, put, fileOf } = await open(t);
  const refused = async (
    answer: Promise<{ status: number; body: { error?: { message: string } } }>,
    message: RegExp,
  ) => {
    const { status, body } = await answer;
    assert.equal(status, 400, JSON.stringify(body));
    assert.match(body.error?.message ?? '', message);
  };
  for (const name of ['../x', '/etc/passwd', 'a/../../x', '', 'a//b', '..\\x', 'x'.repeat(1000), 'a\0b'])
    await refused(ask('POST', '/getblob', { FileNames: [name] }), /path/);
  await refused(ask('POST', '/getblob', { FileNames: Array(20_001).fill('x') }), /at most 20000/);
  await refused(ask('POST', '/getblob', {}), /FileNames/);
  await refused(make('mine', {}, node({ a: leaf })), /is a GUID/);
  await refused(make(ID, {}, node({})), /at least one file/);
  await refused(make(ID, {}, node({ 'a.py': leaf })), /neither uploaded nor is in its parent/);
  for (const name of ['..', '../x', 'a/b', '.', '..\\x'])
    await refused(make(ID, {}, node({ [name]: leaf })), /no name of a file/);
  let deep: object = leaf;
  for (let level = 0; level < 80; level += 1) deep = node({ x: deep });
  await refused(make(ID, {}, deep), /levels/);
  put(fileOf('azureml', 'ExperimentRun/dcid.x/secret'), 's');
  const blob = `https://${account}.blob.core.windows.net/azureml`;
  for (const BlobUri of [
    `${blob}/ExperimentRun/dcid.x/secret`,
    `${blob}/SnapshotUploads/${ID}/../../ExperimentRun/dcid.x/secret`,
    `${blob.replace(account, 'mrother')}/SnapshotUploads/${ID}/0`,
    '/etc/passwd',
    '',
  ])
    await refused(
      ask('POST', `/${ID}`, {
        DirTreeNode: node({ a: leaf }),
        FileRevisionList: { FileNodes: [{ FullName: 'a', BlobUri }] },
      }),
      /BlobUri/,
    );
  assert.equal((await make(ID, {}, node({ a: leaf }), OTHER)).status, 404);
  assert.equal((await ask('POST', '/sas', { snapshotOrAssetId: ID })).status, 404);
});
