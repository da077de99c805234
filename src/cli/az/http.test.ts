import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createHttp } from './http.ts';

/** A server that does with each request, in turn, what the list says. */
async function serverThat(t: TestContext, ...turns: ((response: ServerResponse, request: IncomingMessage) => void)[]) {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => turns[asked++]?.(response, request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const http = createHttp({
    MILLRACE_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    MILLRACE_CALLER: 'plan.job',
  });
  t.after(() => http.close());
  return { http, asked: () => asked };
}

const dies = (response: ServerResponse) => response.socket?.destroy();
const diesHalfway = (response: ServerResponse) => {
  response.writeHead(200, { 'content-length': '10' });
  response.write('half', () => response.socket?.destroy());
};
const says = (text: string) => (response: ServerResponse) => response.end(text);
const url = 'https://management.azure.com/subscriptions';

test('an answer that breaks off in its middle is asked for again', async (t) => {
  const { http, asked } = await serverThat(t, diesHalfway, says('whole'));
  const response = await http.request({ url });
  assert.equal(response.body.toString(), 'whole');
  assert.equal(response.tries, 2);
  assert.equal(asked(), 2);
});

test('a POST whose answer was lost is sent again only when it may be', async (t) => {
  const { http, asked } = await serverThat(t, dies, says('token'), dies, says('never'));
  const response = await http.request({ method: 'POST', url, body: 'a=b', repeatable: true });
  assert.equal(response.body.toString(), 'token');
  await assert.rejects(http.request({ method: 'POST', url, body: 'a=b' }), /Cannot reach the Millrace server/);
  assert.equal(asked(), 3);
});

test('in a step of a pipeline a request says which job it comes from', async (t) => {
  const { http } = await serverThat(t, (response, request) =>
    response.end(String(request.headers['x-millrace-caller'])),
  );
  assert.equal((await http.request({ url })).body.toString(), 'plan.job');
});
