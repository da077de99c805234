import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlobError } from './blob-error.ts';
import { checkSas, type SasFacts, signContainer } from './sas.ts';
import { checkSharedKey } from './shared-key.ts';

/** Bytes 0 to 63. The signatures below were made with it by the public Python client library. */
const KEY = Buffer.from(Array.from({ length: 64 }, (_, index) => index)).toString('base64');
const ACCOUNT = 'mr0123456789abcdef01';
const NOW = new Date('2026-02-01T00:00:00Z');
const blob = { account: ACCOUNT, container: 'cont1', blob: 'dir/a b.txt' };
const facts = (changed: Partial<SasFacts> = {}): SasFacts => ({
  key: KEY,
  policy: undefined,
  now: NOW,
  remoteAddress: '127.0.0.1',
  ...changed,
});
const query = (text: string) => new Map(new URLSearchParams(text));

const CONTAINER_SAS =
  'se=2026-06-01T00%3A00%3A00Z&sp=rcwl&sv=2026-04-06&sr=c&sig=nyftYS1je10Qx9BeoA3fd6ocxDdR/gjFrTVeGGqcbsU%3D';
const BLOB_SAS =
  'st=2026-01-01T00%3A00%3A00Z&se=2026-06-01T00%3A00%3A00Z&sp=r&sv=2026-04-06&sr=b&rsct=text/x&sig=zYNSMV2aqC2OlPXN7Hu4p2b1qgE8yKe7Xt5jfXgZrC0%3D';
const ACCOUNT_SAS =
  'se=2026-06-01T00%3A00%3A00Z&sp=rl&sv=2026-04-06&ss=b&srt=co&sig=IysHiL6diMPKYlz4tD72fylnY%2Bsf07Yl5YDxp7/sLtA%3D';

/** Made with the value that a key of this person has, which follows from the account's key. */
const DELEGATED_SAS =
  'se=2026-06-01T00%3A00%3A00Z&sp=r&sv=2026-10-06&sr=b&skoid=11111111-1111-1111-1111-111111111111&sktid=22222222-2222-2222-2222-222222222222&skt=2026-01-01T00%3A00%3A00Z&ske=2026-06-01T00%3A00%3A00Z&sks=b&skv=2026-04-06&sig=/9nbP/qNO9ITS5hwRQ4NvdHDDWI5RGD0/VD2iIMhDsA%3D';
const SNAPSHOT_SAS =
  'se=2026-06-01T00%3A00%3A00Z&sp=r&sv=2026-10-06&sr=bs&sig=/AfruHmI7NhdEjbBBvYxoJyQCvUUFFQB%2BMsTvgnM0dg%3D';
const POLICY_SAS = 'sv=2026-10-06&si=readers&sr=c&sig=hvMI04NEAoFLeap8bkk4PitFrXt3NVJdwBQKAhZcb90%3D';

test('a signature of a delegated key holds in the time of the key, for nobody else', () => {
  assert.equal(checkSas(query(DELEGATED_SAS), blob, facts()).permissions, 'r');
  const refused = (text: string, changed: Partial<SasFacts> = {}) =>
    assert.throws(() => checkSas(query(text), blob, facts(changed)), BlobError);
  refused(DELEGATED_SAS, { now: new Date('2025-12-01T00:00:00Z') });
  refused(DELEGATED_SAS.replace('skoid=1', 'skoid=3'));
  refused(DELEGATED_SAS.replace('ske=2026', 'ske=2027'));
  refused(`${DELEGATED_SAS}&saoid=11111111-1111-1111-1111-111111111111`);
});

test('a snapshot has a signature of its own, and a stored access policy says what a signature leaves out', () => {
  const moment = '&snapshot=2026-01-01T00%3A00%3A00.0000000Z';
  assert.equal(checkSas(query(SNAPSHOT_SAS + moment), blob, facts()).scope.kind, 'snapshot');
  assert.throws(() => checkSas(query(SNAPSHOT_SAS + moment.replace('01-01', '01-02')), blob, facts()), BlobError);
  const policy = { id: 'readers', expiry: '2026-06-01T00:00:00Z', permission: 'rl' };
  assert.equal(checkSas(query(POLICY_SAS), blob, facts({ policy })).permissions, 'rl');
  assert.throws(() => checkSas(query(POLICY_SAS), blob, facts()), /no stored access policy 'readers'/);
  assert.throws(
    () => checkSas(query(POLICY_SAS), blob, facts({ policy: { ...policy, expiry: '2026-01-01T00:00:00Z' } })),
    /is over/,
  );
});

test('signatures of the client library hold', () => {
  assert.deepEqual(checkSas(query(CONTAINER_SAS), blob, facts()), {
    permissions: 'rcwl',
    scope: { kind: 'container' },
  });
  assert.equal(checkSas(query(BLOB_SAS), blob, facts()).scope.kind, 'blob');
  assert.deepEqual(checkSas(query(ACCOUNT_SAS), blob, facts()).scope, { kind: 'account', types: 'co' });
});

test('a signature fails for another blob, another container, more permissions, another key, no account, and out of its time', () => {
  const refused = (text: string, place = blob, key: string | undefined = KEY, now = NOW) =>
    assert.throws(
      () => checkSas(query(text), place, facts({ key, now })),
      (error) => error instanceof BlobError && error.status === 403,
    );
  refused(BLOB_SAS, { ...blob, blob: 'dir/other.txt' });
  refused(CONTAINER_SAS, { ...blob, container: 'cont2' });
  refused(CONTAINER_SAS.replace('sp=rcwl', 'sp=rcwdl'));
  refused(CONTAINER_SAS, blob, Buffer.alloc(64).toString('base64'));
  assert.throws(
    () => checkSas(query(CONTAINER_SAS), blob, facts({ key: undefined, remoteAddress: '127.0.0.1' })),
    BlobError,
  );
  refused(CONTAINER_SAS, blob, KEY, new Date('2026-06-01T00:00:00Z'));
  refused(BLOB_SAS, blob, KEY, new Date('2025-12-31T00:00:00Z'));
  refused(CONTAINER_SAS.replace(/sig=.*/, ''));
});

test('our own signature holds, with its letters in the order of the service', () => {
  const made = signContainer(KEY, { ...blob, permissions: 'lwcr', expiry: new Date('2026-03-01T00:00:00Z') });
  assert.equal(query(made).get('sp'), 'rcwl');
  assert.equal(checkSas(query(made), blob, facts()).permissions, 'rcwl');
});

test('a signature for an address range is good from there only', () => {
  const base = query(CONTAINER_SAS);
  base.set('sip', '10.0.0.1-10.0.0.9');
  assert.throws(() => checkSas(base, blob, facts({ key: KEY, remoteAddress: '10.0.0.5' })), /Signature did not match/);
});

test('a shared key signature of the client library holds, and fails for another method', () => {
  const headers = new Map(
    Object.entries({
      'x-ms-version': '2025-01-05',
      'x-ms-date': 'Thu, 01 Jan 2026 00:00:00 GMT',
      'x-ms-blob-type': 'BlockBlob',
      'content-length': '5',
      'content-type': 'application/octet-stream',
      'if-none-match': '*',
      'x-ms-meta-k': 'v',
      authorization: `SharedKey ${ACCOUNT}:7Sl5hriKnDjBEFx/e8rraPlb7zxfHn2PfcIn0YG8PEQ=`,
    }),
  );
  const request = {
    ...blob,
    method: 'PUT',
    rawPath: '/cont1/dir/a%20b.txt',
    query: query('comp=metadata&timeout=30'),
    headers,
    header: (name: string) => headers.get(name),
  } as unknown as Parameters<typeof checkSharedKey>[0];
  const now = new Date('2026-01-01T00:05:00Z');
  checkSharedKey(request, KEY, now);
  assert.throws(() => checkSharedKey({ ...request, method: 'DELETE' }, KEY, now), /does not fit/);
  assert.throws(() => checkSharedKey(request, KEY, new Date('2026-01-01T01:00:00Z')), /15 minutes/);
  assert.throws(() => checkSharedKey({ ...request, account: 'mrother' }, KEY, now), /of the account that is asked/);
});
