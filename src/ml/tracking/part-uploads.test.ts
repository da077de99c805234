import assert from 'node:assert/strict';
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openTracking } from './test-service.ts';

type Method = 'GET' | 'PUT' | 'POST';

async function open(t: TestContext) {
  const opened = await openTracking(t);
  const run = await opened.newRun();
  const place = `runs/${run}/artifacts`;
  const folder = join(opened.folder, `mr111/azureml/ExperimentRun/dcid.${run}`);
  const send = (method: Method, url: string, payload?: string | object, headers: Record<string, string> = {}) =>
    opened.service.inject({
      method,
      url,
      headers: { authorization: 'Bearer x', host: '127.0.0.1:1', ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
  const files = `${opened.base}/api/2.0/mlflow-artifacts`;
  const ask = async (what: string, fields: object) => {
    const answer = await send('POST', `${files}/mpu/${what}/${place}/sub`, { path: '/home/me/f.bin', ...fields });
    return { status: answer.statusCode, ...answer.json() };
  };
  const put = (url: string, bytes: string) => send('PUT', url, bytes, { 'content-type': 'application/octet-stream' });
  return { ...opened, run, folder, files, place, send, ask, put };
}

test('parts in any order become the artifact, and until then nothing is seen of them', async (t) => {
  const { ask, put, folder, call, run } = await open(t);
  const begun = await ask('create', { num_parts: 2 });
  assert.equal(begun.status, 200, begun.message);
  assert.deepEqual(begun.credentials[0].headers, { Authorization: 'Bearer x' });
  assert.match(
    begun.credentials[0].url,
    /^http:\/\/127\.0\.0\.1:1\/mlflow\/v2\.0\/.*\/mpu\/part\/runs\/.*\/sub\/f\.bin\?/,
  );
  const etags: string[] = [];
  for (const index of [1, 0]) {
    const answer = await put(begun.credentials[index].url, `part ${index + 1};`);
    assert.equal(answer.statusCode, 200, answer.body);
    etags[index] = String(answer.headers['etag']);
  }
  assert.deepEqual((await call('GET', 'artifacts/list', { run_id: run, path: 'sub' })).files, []);
  const parts = etags.map((etag, index) => ({ part_number: index + 1, etag }));
  const complete = (named: object[]) => ask('complete', { upload_id: begun.upload_id, parts: named });
  assert.equal((await complete(parts.slice(1))).error_code, 'INVALID_PARAMETER_VALUE');
  assert.match(
    (await complete([parts[0] as object, { part_number: 2, etag: etags[0] }])).message,
    /Part 2 is not the one/,
  );
  assert.equal((await complete(parts.toReversed())).status, 200);
  assert.equal(readFileSync(join(folder, 'sub/f.bin'), 'utf8'), 'part 1;part 2;');
  assert.deepEqual(readdirSync(join(folder, 'sub')), ['f.bin']);
  assert.equal((await complete(parts)).error_code, 'RESOURCE_DOES_NOT_EXIST');
});

test('an upload that is aborted, forgotten or damaged leaves nothing', async (t) => {
  const { ask, put, folder } = await open(t);
  const one = await ask('create', { num_parts: 1 });
  await put(one.credentials[0].url, 'x');
  assert.equal((await ask('abort', { upload_id: one.upload_id })).status, 200);
  assert.deepEqual(readdirSync(join(folder, 'sub')), []);
  assert.equal((await put(one.credentials[0].url, 'x')).statusCode, 404);
  assert.equal((await ask('abort', { upload_id: one.upload_id })).status, 200);

  // The clock of the tests stands at five seconds after 1970 began.
  await ask('create', { num_parts: 1 });
  for (const name of readdirSync(join(folder, 'sub')))
    utimesSync(join(folder, 'sub', name), new Date(0), new Date(-8 * 86_400_000));
  const two = await ask('create', { num_parts: 2 });
  assert.equal(readdirSync(join(folder, 'sub')).length, 1, 'the old one went');
  assert.equal((await put(two.credentials[0].url.replace('part_number=1', 'part_number=3'), 'x')).statusCode, 400);
  await put(two.credentials[0].url, 'x');
  const parts = [1, 2].map((part_number) => ({ part_number, etag: '"e"' }));
  assert.equal((await ask('complete', { upload_id: two.upload_id, parts })).status, 400);
});

test('paths of uploads and of direct addresses stay in their run', async (t) => {
  const { ask, send, files, place, call, run } = await open(t);
  for (const fields of [{ path: '..' }, { path: '' }, { num_parts: 0 }, { num_parts: 10_001 }])
    assert.equal((await ask('create', fields)).status, 400, JSON.stringify(fields));
  assert.equal((await ask('complete', { upload_id: '../../x', parts: [] })).status, 400);
  const climbing = `${files}/mpu/create/${place}/..%2F..%2Fx`;
  assert.equal((await send('POST', climbing, { path: 'f' })).statusCode, 400);
  assert.equal((await send('POST', `${files}/mpu/create/models/m/1`, { path: 'f' })).statusCode, 400);
  for (const path of ['../x', '/x', 'a/../../x'])
    assert.equal((await call('POST', 'artifacts/presigned-upload-url', { run_id: run, path })).status, 400, path);
  assert.equal((await call('POST', 'artifacts/presigned-upload-url', { path: 'x' })).status, 400);
  assert.equal((await call('POST', 'artifacts/presigned-download-url', { run_id: run, path: 'x' })).status, 404);
});

test('an artifact is read in ranges at its direct address', async (t) => {
  const { call, run, put, send } = await open(t);
  const up = await call('POST', 'artifacts/presigned-upload-url', { run_id: run, path: 'a b.txt' });
  assert.equal((await put(up.presigned_url, '0123456789')).statusCode, 200);
  const down = await call('POST', 'artifacts/presigned-download-url', { run_id: run, path: 'a b.txt' });
  assert.equal(down.file_size, 10);
  const get = async (range: string) => {
    const answer = await send('GET', down.presigned_url, undefined, { range });
    return [answer.statusCode, answer.body, answer.headers['content-range']];
  };
  assert.deepEqual(await get('bytes=2-4'), [206, '234', 'bytes 2-4/10']);
  assert.deepEqual(await get('bytes=8-'), [206, '89', 'bytes 8-9/10']);
  assert.deepEqual(await get('bytes=8-99'), [206, '89', 'bytes 8-9/10']);
  assert.deepEqual(await get('lines=1-2'), [200, '0123456789', undefined]);
  assert.equal((await get('bytes=10-11'))[0], 400);
  const model = (await call('POST', 'logged-models', { experiment_id: '0' })).model.info.model_id;
  const place = await call('POST', 'artifacts/presigned-upload-url', { model_id: model, path: 'MLmodel' });
  assert.equal((await put(place.presigned_url, 'flavors: {}')).statusCode, 200);
  const { files } = await call('GET', `logged-models/${model}/artifacts/directories`);
  assert.deepEqual(
    files.map((file: { path: string }) => file.path),
    ['MLmodel'],
  );
});
