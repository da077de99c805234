import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../kernel/log.ts';
import { createService, statusOf, type Unlisted } from './service.ts';

const open = (unlisted?: Unlisted) =>
  createService({
    name: 'test',
    log: silentLog,
    authenticate: async ({ token }) => (token === 'good' ? { kind: 'owner' } : undefined),
    toWire: (error) => ({ status: statusOf(error), body: { says: error.message, code: error.wire ?? error.code } }),
    ...(unlisted ? { unlisted } : {}),
  });

async function ask(service: ReturnType<typeof open>, method: 'GET' | 'HEAD' | 'PUT' | 'DELETE', url: string) {
  const answer = await service.inject({ method, url, headers: { authorization: 'Bearer good' } });
  return [answer.statusCode, answer.body === '' ? undefined : JSON.parse(answer.body)];
}

test('what has no route is answered in the service’s shape: not implemented where the public service has it, else not there', async () => {
  const service = open({ paths: /^\/api\// });
  service.get('/api/known', async () => 'known');
  const unbuilt = (what: string) => ({ says: `not implemented: ${what}`, code: 'not-implemented' });
  assert.deepEqual(await ask(service, 'GET', '/api/thing?secret=1'), [404, unbuilt('GET /api/thing')]);
  assert.equal((await ask(service, 'HEAD', '/api/thing'))[0], 404);
  assert.deepEqual(await ask(service, 'PUT', '/api/known'), [501, unbuilt('PUT /api/known')]);
  assert.deepEqual(await ask(service, 'DELETE', '/api/thing'), [501, unbuilt('DELETE /api/thing')]);
  assert.deepEqual(await ask(service, 'PUT', '/other'), [
    404,
    { says: 'There is no PUT /other here.', code: 'not-found' },
  ]);
});

test('a service may have a code and a status of its own for it, and says it to nobody without a token', async () => {
  const service = open({ paths: /./, writeStatus: 404, wire: 'ENDPOINT_NOT_FOUND' });
  assert.deepEqual(await ask(service, 'PUT', '/a'), [
    404,
    { says: 'not implemented: PUT /a', code: 'ENDPOINT_NOT_FOUND' },
  ]);
  assert.equal((await service.inject({ method: 'GET', url: '/a' })).statusCode, 401);
});

test('what has a public name is told by it, with one status for reads and writes', async () => {
  const service = open({
    paths: /./,
    writeStatus: 404,
    nameOf: (method, path) => (path === '/a' ? `A_${method}` : undefined),
  });
  for (const method of ['GET', 'PUT', 'DELETE'] as const)
    assert.deepEqual(await ask(service, method, '/a?x=1'), [
      501,
      { says: `not implemented: A_${method}`, code: 'not-implemented' },
    ]);
  assert.equal((await ask(service, 'GET', '/b'))[0], 404);
});
