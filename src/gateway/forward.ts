import { type ClientRequest, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import { connectToProxy, openTunnel } from './tunnel.ts';
import { proxyCredential, type Upstream } from './upstream.ts';

/** Headers that belong to one connection and are not passed on (RFC 9110). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

type ForwardDeps = { readonly upstream: Upstream; readonly log: Log };

/** Passes on a plain-HTTP request of the absolute form, straight or by the user's own proxy. */
export function forwardPlain(deps: ForwardDeps, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 80);
  const proxy = deps.upstream.proxyFor('http', host, port);
  const headers = passedOn(request, url.host);
  if (!proxy) {
    send(deps, request, response, (onAnswer) =>
      requestHttp(
        { host, port, path: `${url.pathname}${url.search}`, method: request.method, headers, agent: false },
        onAnswer,
      ),
    );
    return;
  }
  const credential = proxyCredential(proxy);
  if (credential !== undefined) headers['proxy-authorization'] = credential;
  connectToProxy(proxy).then(
    (socket) =>
      send(deps, request, response, (onAnswer) =>
        requestHttp(
          { createConnection: () => socket, path: url.href, method: request.method, headers, agent: false },
          onAnswer,
        ),
      ),
    (error: unknown) => fail(deps, response, error),
  );
}

/** Passes on a request of a connection that we have opened up to look at its path, under TLS to the real host. */
export function forward(deps: ForwardDeps, host: string, request: IncomingMessage, response: ServerResponse): void {
  openTunnel(deps.upstream, host, 443).then(
    (socket) =>
      send(deps, request, response, (onAnswer) =>
        requestHttps(
          {
            createConnection: () => connectTls({ socket, servername: host, ALPNProtocols: ['http/1.1'] }),
            path: request.url,
            method: request.method,
            headers: passedOn(request, host),
            agent: false,
          },
          onAnswer,
        ),
      ),
    (error: unknown) => fail(deps, response, error),
  );
}

function passedOn(request: IncomingMessage, host: string): Record<string, string | string[]> {
  const named = new Set((request.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name)) headers[name] = value;
  return { ...headers, host, connection: 'close' };
}

function send(
  deps: ForwardDeps,
  request: IncomingMessage,
  response: ServerResponse,
  open: (onAnswer: (answer: IncomingMessage) => void) => ClientRequest,
): void {
  const call = open((answer) => {
    const headers = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name));
    response.writeHead(answer.statusCode ?? 502, Object.fromEntries(headers));
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  call.on('error', (error) => fail(deps, response, error));
  response.on('close', () => call.destroy());
  request.pipe(call);
}

function fail(deps: ForwardDeps, response: ServerResponse, error: unknown): void {
  deps.log.debug({ error: messageOf(error) }, 'not forwarded');
  if (response.headersSent) return void response.destroy();
  response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(`${messageOf(error)}\n`);
}
