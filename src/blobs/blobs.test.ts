import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Principal } from '../http/index.ts';
import { fakeClock } from '../kernel/clock.ts';
import { silentLog } from '../kernel/log.ts';
import { openFiles, openStore, openVault } from '../store/index.ts';
import { type Blobs, blobsMigrations, createBlobs } from './index.ts';

const ACCOUNT = 'mr0123456789abcdef01';
const clock = fakeClock();
const tokens: Record<string, Principal> = {
  owner: { kind: 'owner' },
  storage: identity('https://storage.azure.com'),
  arm: identity('https://management.azure.com'),
  run: { kind: 'ml-run', workspaceId: '01234567-89ab-cdef-01ff-000000000000', runId: 'r' },
  stranger: { kind: 'ml-run', workspaceId: 'ffffffff-89ab-cdef-01ff-000000000000', runId: 'r' },
};
function identity(audience: string): Principal {
  return { kind: 'identity', objectId: 'o', tenantId: 't', name: 'n', audience };
}

let folder: string;
let blobs: Blobs;
let close: () => Promise<void>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blobs-'));
  const store = await openStore(':memory:', blobsMigrations);
  blobs = await createBlobs({
    store,
    files: openFiles(join(folder, 'files')),
    vault: await openVault(join(folder, 'key')),
    clock,
    log: silentLog,
    authenticate: async ({ token }) => tokens[token],
  });
  close = async () => {
    await blobs.service.close();
    await store.close();
    await rm(folder, { recursive: true });
  };
});
after(() => close());

type Sent = { token?: string; query?: string; headers?: Record<string, string>; body?: string | Buffer };

/** Sends a request under the account's own host name. */
function send(method: 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'POST', path: string, sent: Sent = {}) {
  return blobs.service.inject({
    method,
    url: `${path}${sent.query ? `?${sent.query}` : ''}`,
    headers: {
      host: `${ACCOUNT}.blob.core.windows.net`,
      ...(sent.token === '' ? {} : { authorization: `Bearer ${sent.token ?? 'owner'}` }),
      ...sent.headers,
    },
    ...(sent.body === undefined ? {} : { payload: sent.body }),
  });
}

const put = (path: string, body: string, headers: Record<string, string> = {}, sent: Sent = {}) =>
  send('PUT', path, { ...sent, headers: { 'x-ms-blob-type': 'BlockBlob', ...headers }, body });

test('what a client puts is a file, and what a program leaves in the folder is a blob', async () => {
  await blobs.ensureContainer(ACCOUNT, 'folders');
  const made = await put('/folders/run/out/a.txt', 'hello', { 'x-ms-meta-k': 'v', 'if-none-match': '*' });
  assert.equal(made.statusCode, 201);
  assert.match(String(made.headers['etag']), /^"0x8D[0-9A-F]+"$/);
  assert.equal(await readFile(blobs.pathOf(ACCOUNT, 'folders', 'run/out/a.txt'), 'utf8'), 'hello');
  await writeFile(join(blobs.pathOf(ACCOUNT, 'folders', 'run/out/'), 'b.txt'), 'from the program');
  const read = await send('GET', '/folders/run/out/b.txt');
  assert.equal(read.body, 'from the program');
  assert.equal(read.headers['content-type'], 'application/octet-stream');
  const listed = await blobs.list(ACCOUNT, 'folders', 'run/');
  assert.deepEqual(
    listed.map(({ name, size, metadata }) => ({ name, size, metadata })),
    [
      { name: 'run/out/a.txt', size: 5, metadata: { k: 'v' } },
      { name: 'run/out/b.txt', size: 16, metadata: {} },
    ],
  );
});

test('the properties of a blob do not outlive its bytes: a file written over it starts anew', async () => {
  await blobs.ensureContainer(ACCOUNT, 'fresh');
  await put('/fresh/f', 'one', { 'x-ms-meta-upload_status': 'completed' });
  const before = await send('HEAD', '/fresh/f');
  assert.equal(before.headers['x-ms-meta-upload_status'], 'completed');
  await writeFile(blobs.pathOf(ACCOUNT, 'fresh', 'f'), 'other bytes');
  const later = await send('HEAD', '/fresh/f');
  assert.equal(later.headers['x-ms-meta-upload_status'], undefined);
  assert.equal(later.headers['content-length'], '11');
  assert.notEqual(later.headers['etag'], before.headers['etag']);
});

test('a second writer that asked for a new blob gets 409, and the first one’s bytes stay', async () => {
  await blobs.ensureContainer(ACCOUNT, 'once');
  const answers = await Promise.all(
    ['a', 'b', 'c', 'd'].map((body) => put('/once/x', body.repeat(10_000), { 'if-none-match': '*' })),
  );
  assert.deepEqual(answers.map((answer) => answer.statusCode).sort(), [201, 409, 409, 409]);
  const refused = answers.find((answer) => answer.statusCode === 409);
  assert.equal(refused?.headers['x-ms-error-code'], 'BlobAlreadyExists');
  assert.match(refused?.body ?? '', /<Code>BlobAlreadyExists<\/Code>/);
  const winner = 'abcd'[answers.findIndex((answer) => answer.statusCode === 201)] as string;
  assert.equal((await send('GET', '/once/x')).body, winner.repeat(10_000));
  assert.deepEqual(await readdir(join(folder, 'files', '_drafts')), []);
});

test('metadata is set with 200 and needs an existing blob; HEAD says BlobNotFound and ContainerNotFound', async () => {
  await blobs.ensureContainer(ACCOUNT, 'meta');
  await put('/meta/x', '1');
  const query = 'comp=metadata';
  const set = await send('PUT', '/meta/x', { query, headers: { 'x-ms-meta-upload_status': 'completed' } });
  assert.equal(set.statusCode, 200);
  assert.equal((await send('PUT', '/meta/none', { query })).headers['x-ms-error-code'], 'BlobNotFound');
  const missing = await send('HEAD', '/meta/none');
  assert.deepEqual([missing.statusCode, missing.headers['x-ms-error-code'], missing.body], [404, 'BlobNotFound', '']);
  assert.equal((await send('HEAD', '/nowhere/x')).headers['x-ms-error-code'], 'ContainerNotFound');
  assert.equal((await put('/nowhere/x', '')).headers['x-ms-error-code'], 'ContainerNotFound');
});

test('ranges, conditions and MD5 as documented', async () => {
  await blobs.ensureContainer(ACCOUNT, 'ranges');
  const { headers } = await put('/ranges/x', '0123456789');
  const get = (extra: Record<string, string>) => send('GET', '/ranges/x', { headers: extra });
  const part = await get({ range: 'bytes=0-1', 'x-ms-range': 'bytes=3-5' });
  assert.deepEqual([part.statusCode, part.body, part.headers['content-range']], [206, '345', 'bytes 3-5/10']);
  assert.equal((await get({ range: 'bytes=8-99' })).body, '89');
  const behind = await get({ range: 'bytes=10-11' });
  assert.deepEqual([behind.statusCode, behind.headers['content-range']], [416, 'bytes */10']);
  assert.equal((await get({ 'if-none-match': String(headers['etag']) })).statusCode, 304);
  assert.equal((await get({ 'if-match': '"0x1"' })).statusCode, 412);
  assert.equal((await put('/ranges/x', 'new', { 'if-match': '"0x1"' })).statusCode, 412);
  assert.equal((await put('/ranges/y', 'abc', { 'content-md5': 'AAAA' })).headers['x-ms-error-code'], 'Md5Mismatch');
  assert.equal((await send('HEAD', '/ranges/y')).statusCode, 404);
});

test('blocks become the blob in the order of the list; a list that names a missing block changes nothing', async () => {
  await blobs.ensureContainer(ACCOUNT, 'blocks');
  const id = (text: string) => Buffer.from(text).toString('base64');
  const block = (text: string, body: string) =>
    send('PUT', '/blocks/x', { query: `comp=block&blockid=${encodeURIComponent(id(text))}`, body });
  const commit = (...ids: string[]) =>
    send('PUT', '/blocks/x', {
      query: 'comp=blocklist',
      headers: { 'content-type': 'application/xml', 'x-ms-blob-content-type': 'text/plain' },
      body: `<?xml version="1.0"?><BlockList>${ids.map((one) => `<Latest>${id(one)}</Latest>`).join('')}</BlockList>`,
    });
  await block('1', 'one ');
  await block('2', 'two ');
  assert.equal((await send('HEAD', '/blocks/x')).statusCode, 404);
  assert.equal((await commit('2', '1')).statusCode, 201);
  const first = await send('GET', '/blocks/x');
  assert.deepEqual([first.body, first.headers['content-type']], ['two one ', 'text/plain']);
  await block('3', 'three');
  assert.equal((await commit('1', '9')).headers['x-ms-error-code'], 'InvalidBlockList');
  assert.equal((await send('GET', '/blocks/x')).body, 'two one ');
  assert.equal((await commit('1', '3')).statusCode, 201);
  assert.equal((await send('GET', '/blocks/x')).body, 'one three');
  const list = await send('GET', '/blocks/x', { query: 'comp=blocklist&blocklisttype=all' });
  assert.match(list.body, /<CommittedBlocks><Block><Name>MQ==<\/Name><Size>4<\/Size><\/Block>/);
  assert.match(list.body, /<UncommittedBlocks><\/UncommittedBlocks>/);
});

test('appends go to the end, guarded by the position', async () => {
  await blobs.ensureContainer(ACCOUNT, 'append');
  await send('PUT', '/append/log', { headers: { 'x-ms-blob-type': 'AppendBlob', 'content-length': '0' } });
  const append = (body: string, headers = {}) =>
    send('PUT', '/append/log', { query: 'comp=appendblock', body, headers });
  await append('one\n');
  const second = await append('two\n', { 'x-ms-blob-condition-appendpos': '4' });
  assert.deepEqual([second.statusCode, second.headers['x-ms-blob-append-offset']], [201, '4']);
  const again = await append('two\n', { 'x-ms-blob-condition-appendpos': '4' });
  assert.equal(again.headers['x-ms-error-code'], 'AppendPositionConditionNotMet');
  assert.equal((await send('GET', '/append/log')).body, 'one\ntwo\n');
});

test('lists go by the order of names, in pages and by levels, and hold what file systems cannot', async () => {
  await blobs.ensureContainer(ACCOUNT, 'lists');
  const names = ['a-b', 'a/', 'a/../x', 'a/b', 'a/b!', 'a0', 'b//c', 'b/./d', 'ü & <x>'];
  for (const name of names) await blobs.put(ACCOUNT, 'lists', name, name);
  // A link to a folder could lead in circles.
  await symlink('..', join(dirname(blobs.pathOf(ACCOUNT, 'lists', 'a/b')), 'circle'));
  assert.deepEqual(
    (await blobs.list(ACCOUNT, 'lists', '')).map((one) => one.name),
    [...names].sort(),
  );
  const paged: string[] = [];
  for (let marker = ''; ; ) {
    const page = await send('GET', '/lists', {
      query: `restype=container&comp=list&maxresults=2&marker=${encodeURIComponent(marker)}`,
    });
    assert.equal(page.statusCode, 200);
    paged.push(...[...page.body.matchAll(/<Name>([^<]*)<\/Name>/g)].map((match) => match[1] as string));
    marker = /<NextMarker>([^<]*)<\/NextMarker>/.exec(page.body)?.[1] ?? '';
    if (marker === '') break;
  }
  assert.deepEqual(
    paged,
    [...names].sort().map((name) => name.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')),
  );
  const level = await send('GET', '/lists', { query: 'restype=container&comp=list&delimiter=/' });
  assert.deepEqual(
    [...level.body.matchAll(/<BlobPrefix><Name>([^<]*)/g)].map((match) => match[1]),
    ['a/', 'b/'],
  );
  const below = await send('GET', '/lists', { query: 'restype=container&comp=list&delimiter=%2F&prefix=a%2F' });
  assert.deepEqual(
    [...below.body.matchAll(/<Blob><Name>([^<]*)/g)].map((match) => match[1]),
    ['a/', 'a/b', 'a/b!'],
  );
  assert.equal((await send('GET', '/lists/b//c')).body, 'b//c');
});

test('a leased blob keeps its lease when the holder writes it anew', async () => {
  await blobs.put(ACCOUNT, 'leases', 'x', '1');
  const lease = (action: string, headers: Record<string, string> = {}) =>
    send('PUT', '/leases/x', { query: 'comp=lease', headers: { 'x-ms-lease-action': action, ...headers } });
  const id = String((await lease('acquire', { 'x-ms-lease-duration': '-1' })).headers['x-ms-lease-id']);
  assert.equal((await put('/leases/x', '2')).headers['x-ms-error-code'], 'LeaseIdMissing');
  assert.equal((await put('/leases/x', '2', { 'x-ms-lease-id': id })).statusCode, 201);
  const head = await send('HEAD', '/leases/x');
  assert.deepEqual(
    [head.headers['x-ms-lease-state'], head.headers['x-ms-lease-duration'], head.headers['content-length']],
    ['leased', 'infinite', '1'],
  );
  assert.equal((await send('DELETE', '/leases/x')).headers['x-ms-error-code'], 'LeaseIdMissing');
});

test('snapshots stand before their blob, the oldest first, never across two pages; they go with the container', async () => {
  for (const name of ['a', 'b', 'c']) await blobs.put(ACCOUNT, 'moments', name, `${name} old`);
  const moments: string[] = [];
  for (const body of ['newer', 'newest']) {
    moments.push(String((await send('PUT', '/moments/b', { query: 'comp=snapshot' })).headers['x-ms-snapshot']));
    await put('/moments/b', body);
  }
  const pages: string[][] = [];
  for (let marker = ''; ; ) {
    const query = `restype=container&comp=list&include=snapshots&maxresults=3&marker=${marker}`;
    const { body } = await send('GET', '/moments', { query });
    pages.push(
      [...body.matchAll(/<Blob><Name>(\w+)<\/Name>(?:<Snapshot>([^<]+))?/g)].map(
        (match) => `${match[1]}${match[2] ?? ''}`,
      ),
    );
    marker = /<NextMarker>([^<]+)/.exec(body)?.[1] ?? '';
    if (marker === '') break;
  }
  assert.deepEqual(pages, [['a'], [`b${moments[0]}`, `b${moments[1]}`, 'b'], ['c']]);
  const read = async (moment: string) =>
    (await send('GET', '/moments/b', { query: `snapshot=${encodeURIComponent(moment)}` })).body;
  assert.deepEqual([await read(moments[0] as string), await read(moments[1] as string)], ['b old', 'newer']);
  const query = `snapshot=${encodeURIComponent(moments[0] as string)}`;
  assert.equal((await put('/moments/b', 'x', {}, { query })).statusCode, 400);
  // What a program wrote over the blob changes no snapshot.
  await writeFile(blobs.pathOf(ACCOUNT, 'moments', 'b'), 'from a program');
  assert.equal(await read(moments[1] as string), 'newer');
  assert.equal((await send('DELETE', '/moments', { query: 'restype=container' })).statusCode, 202);
  assert.deepEqual(await readdir(join(folder, 'files', '_snapshots')), []);
});

test('a batch answers for each of its requests, and takes deletions of its own container alone', async () => {
  for (const name of ['a', 'b c']) await blobs.put(ACCOUNT, 'batch', name, '1');
  const batch = (...requests: string[]) =>
    send('POST', '/batch', {
      query: 'restype=container&comp=batch',
      headers: { 'content-type': 'multipart/mixed; boundary=batch_1' },
      body: `${requests.map((line, index) => `--batch_1\r\nContent-Type: application/http\r\nContent-ID: ${index}\r\n\r\n${line} HTTP/1.1\r\nAuthorization: Bearer owner\r\nContent-Length: 0\r\n\r\n\r\n`).join('')}--batch_1--\r\n`,
    });
  const answer = await batch('DELETE /batch/a', 'DELETE /batch/none', 'PUT /batch/new', 'DELETE /batch/b%20c');
  assert.equal(answer.statusCode, 202);
  assert.deepEqual(
    [...answer.body.matchAll(/Content-ID: (\d)\r\n\r\nHTTP\/1\.1 (\d+)/g)].map((match) => `${match[1]} ${match[2]}`),
    ['0 202', '1 404', '2 501', '3 202'],
  );
  assert.deepEqual(await blobs.list(ACCOUNT, 'batch', ''), []);
  assert.equal((await batch('DELETE /auth/x')).statusCode, 400);
  assert.equal((await batch()).statusCode, 400);
});

test('an emptied folder is no prefix, and its name is free for a blob', async () => {
  await blobs.put(ACCOUNT, 'empty', 'd/e/f', '1');
  assert.equal((await put('/empty/d/e', 'x')).statusCode, 409);
  assert.equal((await send('DELETE', '/empty/d/e/f')).statusCode, 202);
  assert.equal((await put('/empty/d/e', 'x')).statusCode, 201);
  await mkdir(blobs.pathOf(ACCOUNT, 'empty', 'nothing/here/'), { recursive: true });
  const level = await send('GET', '/empty', { query: 'restype=container&comp=list&delimiter=/' });
  assert.deepEqual(
    [...level.body.matchAll(/<BlobPrefix><Name>([^<]*)/g)].map((match) => match[1]),
    ['d/'],
  );
});

test('paths that climb stay inside', async () => {
  await blobs.ensureContainer(ACCOUNT, 'inside');
  const climbed = await put('/inside/%2e%2e%2f..%5c..%2f..%2fescaped', 'x');
  assert.equal(climbed.statusCode, 201);
  assert.ok(blobs.pathOf(ACCOUNT, 'inside', '../../../escaped').startsWith(join(folder, 'files', ACCOUNT, 'inside')));
  assert.deepEqual(
    (await blobs.list(ACCOUNT, 'inside', '')).map((one) => one.name),
    ['../../../../escaped'],
  );
  assert.throws(() => blobs.pathOf('..', 'inside', 'x'), /not the name of a storage account/);
  assert.throws(() => blobs.pathOf(ACCOUNT, '..', 'x'), /not a container/);
});

test('a token counts by its audience and a run’s token for its own workspace', async () => {
  await blobs.put(ACCOUNT, 'auth', 'x', 'secret');
  const status = async (token: string) => (await send('GET', '/auth/x', { token })).statusCode;
  assert.deepEqual(
    [await status('storage'), await status('run'), await status('arm'), await status('stranger'), await status('bad')],
    [200, 200, 401, 403, 401],
  );
  const none = await send('GET', '/auth/x', { token: '' });
  assert.equal(none.statusCode, 401);
  assert.match(String(none.headers['www-authenticate']), /^Bearer authorization_uri=/);
});

test('a signature does what its letters say and no more', async () => {
  const sign = (permissions: string) =>
    blobs.signContainerSas({
      account: ACCOUNT,
      container: 'signed',
      permissions,
      expiry: new Date(clock.now().getTime() + 1000),
    });
  const all = await sign('rcwl');
  assert.equal((await put('/signed/x', '1', {}, { token: '', query: all })).statusCode, 201);
  assert.equal(
    (await send('GET', '/signed', { token: '', query: `restype=container&comp=list&${all}` })).statusCode,
    200,
  );
  assert.equal((await send('DELETE', '/signed/x', { token: '', query: all })).statusCode, 403);
  assert.equal((await send('DELETE', '/signed', { token: '', query: `restype=container&${all}` })).statusCode, 403);
  assert.equal((await send('GET', '/auth/x', { token: '', query: all })).statusCode, 403);
  const create = await sign('c');
  assert.equal((await put('/signed/y', '1', {}, { token: '', query: create })).statusCode, 201);
  assert.equal((await put('/signed/y', '2', {}, { token: '', query: create })).statusCode, 403);
  const copied = await send('PUT', '/signed/z', {
    token: '',
    query: all,
    headers: { 'x-ms-copy-source': `https://${ACCOUNT}.blob.core.windows.net/auth/x` },
  });
  assert.equal(copied.headers['x-ms-error-code'], 'CannotVerifyCopySource');
});

test('it answers for its own accounts only, and not for az’s version check', async () => {
  await blobs.accountKey('mydata');
  assert.equal(blobs.hosts('mydata.blob.core.windows.net'), true);
  assert.equal(blobs.hosts('mr00000000000000000f.blob.core.windows.net'), true);
  assert.equal(blobs.hosts('azcliprod.blob.core.windows.net'), false);
  assert.equal(blobs.hosts('azuremlexamples.blob.core.windows.net'), false);
  assert.equal(blobs.hosts('mydata.blob.core.windows.net.example.org'), false);
});
