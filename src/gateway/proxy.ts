import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { CALLER_HEADER, type Front } from '../http/index.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Authority } from './authority.ts';
import { forward, forwardPlain } from './forward.ts';
import { refusalOf } from './hosts.ts';
import { proxyCredential } from './proxy-user.ts';
import { join, openTunnel } from './tunnel.ts';
import type { Upstream } from './upstream.ts';

export type ProxyDeps = {
  readonly front: Pick<Front, 'handle' | 'claims'>;
  readonly authority: Authority;
  readonly upstream: Upstream;
  readonly log: Log;
  /** The password of the proxy URL. */
  readonly secret: string;
};

export type Proxy = { readonly server: Server; close(): Promise<void> };

/**
 * Makes the proxy. Connections to hosts that the front claims end here, under a certificate of the local authority, and their
 * requests go to the front; all others are joined to the real host and stay closed to us.
 */
export function createProxy(deps: ProxyDeps): Proxy {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  /** The host that a terminated connection was opened for, and for whom. */
  const connectedTo = new WeakMap<object, { readonly host: string; readonly caller: string | undefined }>();

  // Uploads of many gigabytes take as long as they take; only the headers are timed.
  const limits = { keepAliveTimeout: 65_000, headersTimeout: 60_000, requestTimeout: 0 };
  const inner = createServer(limits, (request, response) => {
    const { host, caller } = connectedTo.get(request.socket) ?? { host: '', caller: undefined };
    const refusal = refusalOf(host);
    if (!refusal) return deps.front.handle(withCaller(request, caller), response);
    if (!refusal.path || refusal.path.test(request.url ?? '/')) return refuse(request, response);
    forward(deps, host, request, response);
  });
  inner.on('clientError', (_error, socket) => socket.destroy());

  const outer = createServer(limits, (request, response) => plain(deps, request, response));
  outer.on('connection', track);
  outer.on('clientError', (_error, socket) => socket.destroy());
  outer.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const credential = proxyCredential(request);
    if (!isSecret(credential?.password, deps.secret)) return void socket.end(ASK_FOR_CREDENTIAL);
    const target = targetOf(request.url ?? '');
    if (!target) return void socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    if (target.port === 443 && isAnsweredHere(deps, target.host)) {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      terminate(deps, target.host, socket, (secure) => {
        connectedTo.set(secure, { host: target.host, caller: credential?.caller });
        inner.emit('connection', secure);
      });
      return;
    }
    openTunnel(deps.upstream, target.host, target.port).then(
      (outside) => {
        track(outside);
        if (socket.destroyed) return outside.destroy();
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        join(socket, outside);
      },
      (error: unknown) => {
        deps.log.debug({ host: target.host, port: target.port, error: messageOf(error) }, 'no tunnel');
        const text = `${messageOf(error)}\n`;
        socket.end(
          `HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
        );
      },
    );
  });
  return {
    server: outer,
    async close() {
      const closed = new Promise<void>((resolve) => outer.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const ASK_FOR_CREDENTIAL =
  'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="Millrace"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

function terminate(deps: ProxyDeps, host: string, socket: Socket, ready: (secure: TLSSocket) => void): void {
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: deps.authority.contextFor(host),
    ALPNProtocols: ['http/1.1'],
  });
  // A client that does not trust the authority says so here; its own message is the one that a person sees.
  secure.on('error', (error) => {
    deps.log.debug({ host, error: error.message }, 'TLS ended');
    secure.destroy();
    socket.destroy();
  });
  ready(secure);
}

function plain(deps: ProxyDeps, request: IncomingMessage, response: ServerResponse): void {
  const credential = proxyCredential(request);
  if (!isSecret(credential?.password, deps.secret)) {
    response.writeHead(407, { 'proxy-authenticate': 'Basic realm="Millrace"', 'content-length': 0 }).end();
    return;
  }
  const text = request.url ?? '';
  const url = /^http:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url) {
    response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' });
    response.end('This is a proxy: ask it with CONNECT, or with an absolute http:// address.\n');
    return;
  }
  const host = url.hostname.toLowerCase();
  const port = Number(url.port || 80);
  if (port === 80 && isAnsweredHere(deps, host)) {
    if (refusalOf(host)) {
      refuse(request, response);
      return;
    }
    request.url = `${url.pathname}${url.search}`;
    request.headers.host = url.host;
    deps.front.handle(withCaller(request, credential?.caller), response);
    return;
  }
  forwardPlain(deps, url, request, response);
}

function isAnsweredHere(deps: ProxyDeps, host: string): boolean {
  return refusalOf(host) !== undefined || deps.front.claims(host);
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(404, { 'content-length': 0 }).end();
}

/** `host:port` of a CONNECT, the host in lower case without brackets. */
function targetOf(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) return undefined;
  return { host: ((match[1] ?? match[2]) as string).toLowerCase(), port };
}

function isSecret(given: string | undefined, secret: string): boolean {
  if (given === undefined) return false;
  const hash = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(hash(given), hash(secret));
}

/** Whom a request comes from is what its proxy URL says, and nothing else that it brings. */
function withCaller(request: IncomingMessage, caller: string | undefined): IncomingMessage {
  if (caller === undefined) delete request.headers[CALLER_HEADER];
  else request.headers[CALLER_HEADER] = caller;
  return request;
}
