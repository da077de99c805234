import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createDownload, type Download } from '../../http/index.ts';
import { fakeClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { createDownloadCache } from './download-cache.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function scene(t: TestContext, answer: Handler, limit = 1000) {
  const folder = await mkdtemp(join(tmpdir(), 'downloads-'));
  const asked: string[] = [];
  let handler = answer;
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['if-none-match'] ?? ''}`.trim());
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const clock = fakeClock();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const real = createDownload({ claims: () => false, localPort: () => 0, allowAddress: () => true });
  const make = (download: Download = real) => createDownloadCache({ folder, limit, download, clock, log: silentLog });
  const cache = make();
  const text = (path: string, from = cache) =>
    from.withFile(`${url}${path}`, AbortSignal.timeout(10_000), (file) => readFile(file, 'utf8'));
  return { folder, asked, url, clock, cache, text, make, turn: (next: Handler) => (handler = next), server };
}

const file =
  (body: string, etag: string): Handler =>
  (request, response) => {
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(body);
  };

test('a file is fetched once while it stays as it is, under its own name, and again when it changed', async (t) => {
  const { text, asked, turn, cache, url } = await scene(t, file('one', '"1"'));
  assert.deepEqual(await Promise.all([text('/a%20b.csv?sig=secret'), text('/a%20b.csv?sig=secret')]), ['one', 'one']);
  assert.equal(await text('/a%20b.csv?sig=secret'), 'one');
  assert.deepEqual(asked, ['/a%20b.csv?sig=secret', '/a%20b.csv?sig=secret "1"']);
  turn(file('two', '"2"'));
  assert.equal(await text('/a%20b.csv?sig=secret'), 'two');
  await cache.withFile(`${url}/a%20b.csv?sig=secret`, AbortSignal.timeout(10_000), async (path) =>
    assert.match(path, /\/a b\.csv$/),
  );
});

test('what was kept serves while the other side is away; without it the error says so', async (t) => {
  const { text, server, make } = await scene(t, file('kept', '"1"'));
  assert.equal(await text('/x'), 'kept');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await text('/x', make()), 'kept');
  await assert.rejects(text('/y'), /could not be reached/);
});

test('refusals, cut-off answers and redirects', async (t) => {
  const { text, folder } = await scene(t, ({ url }, response) => {
    if (url === '/none') response.writeHead(404).end();
    else if (url?.startsWith('/mine')) response.writeHead(403).end();
    else if (url === '/cut') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('only this', () => response.destroy());
    } else if (url === '/round') response.writeHead(302, { location: '/round' }).end();
    else if (url === '/moved') response.writeHead(302, { location: '/there' }).end();
    else response.end('there');
  });
  await assert.rejects(text('/none'), /status 404.*no such file/);
  await assert.rejects(text('/mine?sig=secret'), (error: Error) => !error.message.includes('secret'));
  await assert.rejects(text('/cut'));
  await assert.rejects(text('/round'), /redirects more than/);
  assert.equal(await text('/moved'), 'there');
  for (const home of await readdir(folder))
    assert.ok(!(await readdir(join(folder, home))).some((name) => name.endsWith('.part')));
});

test('the longest unused goes when there is too much, never what is being read', async (t) => {
  const { text, folder, clock, cache, url } = await scene(t, (request, response) =>
    response.end((request.url ?? '').padEnd(400, '.')),
  );
  const kept = async () => (await readdir(folder)).length;
  await cache.withFile(`${url}/1`, AbortSignal.timeout(10_000), async (first) => {
    for (const name of ['/2', '/3', '/4']) {
      clock.advance(1000);
      await text(name);
    }
    assert.equal(await kept(), 2);
    assert.equal((await stat(first)).size, 400);
  });
  assert.equal(await kept(), 2);
});

test('a full disk is told, and what was kept makes room', async (t) => {
  const { text, folder, make, url } = await scene(t, file('kept', '"1"'));
  assert.equal(await text('/x'), 'kept');
  const body = new Readable({
    read() {
      this.destroy(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
    },
  });
  const full = make(async () => ({ status: 200, headers: {}, body }));
  await assert.rejects(
    full.withFile(`${url}/y`, AbortSignal.timeout(10_000), async () => {}),
    /The disk is full: .*\/y' could not be fetched\. Kept downloads were dropped/,
  );
  assert.deepEqual(await readdir(folder), []);
});
