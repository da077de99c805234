import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { createDownload } from './download.ts';
import { notLinkLocal } from './outbound.ts';

async function listen(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
const options = { claims: () => false, localPort: () => 0, allowAddress: notLinkLocal };
const signal = AbortSignal.timeout(20_000);

test('the proxy that the machine’s variables name is used, and so are its exceptions', async (t) => {
  const asked: string[] = [];
  const proxy = await listen(
    t,
    createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('by the proxy');
    }),
  );
  const origin = await listen(
    t,
    createServer((_request, response) => response.end('itself')),
  );
  const proxies = { http_proxy: `http://127.0.0.1:${proxy}`, no_proxy: '127.0.0.1' };
  const download = createDownload({ ...options, proxies });
  const there = await download({ url: 'http://data.example/x', signal });
  assert.equal(await text(there.body), 'by the proxy');
  assert.deepEqual(asked, ['http://data.example/x']);
  const here = await download({ url: `http://127.0.0.1:${origin}/x`, signal });
  assert.equal(await text(here.body), 'itself');
});

test('an address that may not be called is refused, on the way too', async (t) => {
  const port = await listen(
    t,
    createServer((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/metadata' }).end(),
    ),
  );
  const download = createDownload(options);
  await assert.rejects(download({ url: 'http://169.254.169.254/metadata', signal }), /not allowed/);
  await assert.rejects(download({ url: `http://127.0.0.1:${port}/x`, signal }), /169\.254\.169\.254.*not allowed/);
});
