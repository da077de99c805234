import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { unavailable } from '../kernel/errors.ts';

/** A service and the names it answers under. */
export type FrontRoute = {
  /** The service, or what makes it: then it is made at its first request, and a server that is never asked never pays for it. */
  readonly service: FastifyInstance | (() => FastifyInstance | Promise<FastifyInstance>);
  /**
   * Whether the service is the one meant by a public host name (`management.azure.com`), lower case, without port. `path` is there when
   * a request is to be answered, not when a host is only asked about: a service may take a part of another's host. The first wins.
   */
  readonly hosts: (host: string, path?: string) => boolean;
  /** First path segments (lower case) that lead to the service on a loopback address; `*` for the rest. */
  readonly prefixes: readonly string[];
};

/** The one listener: picks the service by Host header, or on loopback by the path's first segment. */
export type Front = {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Whether a public host name is answered here. The gateway asks, and tunnels what isn't. */
  claims(host: string): boolean;
  /** Listens on loopback. `port` 0 takes any free one. @throws unavailable when the port is taken */
  listen(port: number): Promise<number>;
  close(): Promise<void>;
};

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Makes the front of the given services; those that are functions are made when they are first asked. Only known Host names are answered, and a page of another origin is refused, so that
 * neither DNS rebinding nor a stray web page reaches the server.
 */
export async function createFront(routes: readonly FrontRoute[]): Promise<Front> {
  const made = new Map<FrontRoute, Promise<FastifyInstance>>();
  const ready = new Map<FrontRoute, FastifyInstance>();
  const serviceOf = (route: FrontRoute): Promise<FastifyInstance> => {
    let making = made.get(route);
    if (!making) {
      making = (async () => {
        const service = await (typeof route.service === 'function' ? route.service() : route.service);
        await service.ready();
        ready.set(route, service);
        return service;
      })();
      made.set(route, making);
    }
    return making;
  };
  await Promise.all(routes.filter((route) => typeof route.service !== 'function').map(serviceOf));
  const byHost = (host: string, path?: string) => routes.find((route) => route.hosts(host, path));
  const byPath = (path: string) => {
    const first = (path.split(/[/?]/, 2)[1] ?? '').toLowerCase();
    return (
      routes.find((route) => route.prefixes.includes(first)) ?? routes.find((route) => route.prefixes.includes('*'))
    );
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const host = hostOf(request.headers.host);
    if (!originAllowed(request.headers.origin))
      return refuse(response, 403, 'Requests from pages of other origins are refused.');
    const route = LOOPBACK.has(host) ? byPath(request.url ?? '/') : byHost(host, request.url ?? '/');
    if (!route) return refuse(response, 421, `Millrace does not answer for the host '${host.slice(0, 200)}'.`);
    const service = ready.get(route);
    if (service) return service.routing(request, response);
    serviceOf(route).then(
      (late) => late.routing(request, response),
      () => {
        made.delete(route);
        refuse(response, 503, 'Millrace could not open this service; try again.');
      },
    );
  };
  let server: Server | undefined;
  return {
    handle,
    claims: (host) => byHost(host.toLowerCase()) !== undefined,
    async listen(port) {
      // Uploads of many gigabytes take as long as they take; only the headers are timed.
      const listener = createServer({ keepAliveTimeout: 65_000, headersTimeout: 60_000, requestTimeout: 0 }, handle);
      await new Promise<void>((resolve, reject) => {
        listener.once('error', (cause: NodeJS.ErrnoException) =>
          reject(
            cause.code === 'EADDRINUSE'
              ? unavailable(
                  `Port ${port} is in use by another program. Choose another with --port, or leave it out to take a free one.`,
                  { cause },
                )
              : cause,
          ),
        );
        listener.listen(port, '127.0.0.1', resolve);
      });
      server = listener;
      return (listener.address() as AddressInfo).port;
    },
    async close() {
      server?.closeAllConnections();
      await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
      await Promise.all([...ready.values()].map((service) => service.close()));
    },
  };
}

function hostOf(header: string | undefined): string {
  return (header ?? '').toLowerCase().replace(/:\d+$/, '');
}

function originAllowed(origin: string | undefined): boolean {
  if (origin === undefined) return true;
  try {
    return LOOPBACK.has(new URL(origin).hostname);
  } catch {
    return false;
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
