import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  DomainError,
  internal,
  invalid,
  limitExceeded,
  notFound,
  notImplemented,
  unauthenticated,
  unavailable,
} from '../kernel/errors.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import { storageFault } from '../kernel/storage-fault.ts';
import { type Authenticate, credentialOf, type Principal } from './auth.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** The route needs no credential (discovery, token endpoints, signed URLs that it checks itself). */
    open?: boolean;
  }
}

/** How a service shows a domain error to its clients. */
export type WireError = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** How a service answers for what it has no route for. */
export type Unlisted = {
  /** The paths that the public service has, as far as they can be told from others: there something is not implemented, not absent. */
  readonly paths: RegExp;
  /**
   * Status of requests that would change something; default 501. Reads are always answered 404, which clients take for "is not there" and
   * go on; a deletion that is answered so would pass for done.
   */
  readonly writeStatus?: number;
  /** The service's own code for it. */
  readonly wire?: string;
  /** The public name of what a request asks for. What has one is told by it, with 501 whatever the method. */
  readonly nameOf?: (method: string, path: string) => string | undefined;
};

export type ServiceOptions = {
  readonly name: string;
  readonly log: Log;
  readonly authenticate: Authenticate;
  readonly toWire: (error: DomainError, request: FastifyRequest) => WireError;
  readonly unlisted?: Unlisted;
  /** Whether every GET route answers HEAD too; default yes. Each costs as much at the start as a route of its own. */
  readonly headRoutes?: boolean;
  /** Turns another way to write an address into the one that has a route, before it is looked for. */
  readonly rewriteUrl?: (url: string) => string;
  /** Reads a JSON body; default `JSON.parse`. @throws SyntaxError for what it can't read */
  readonly parseJson?: (text: string) => unknown;
  /** Largest body in bytes; default 32 MiB. */
  readonly bodyLimit?: number;
};

/**
 * One HTTP service: case-insensitive routes, every route authenticated unless its config says `open`, one place that
 * turns errors into the service's wire shape, those of requests that no route takes among them. JSON bodies are parsed leniently (a byte order mark, an empty body, any media type
 * that ends in `json`); every other type arrives as a Buffer.
 */
export function createService(options: ServiceOptions): FastifyInstance {
  const service = Fastify({
    logger: false,
    bodyLimit: options.bodyLimit ?? 32 * 1024 * 1024,
    ...(options.rewriteUrl === undefined
      ? {}
      : { rewriteUrl: (request: { url?: string }) => options.rewriteUrl?.(request.url ?? '/') ?? '/' }),
    routerOptions: {
      caseSensitive: false,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: 2048,
    },
    forceCloseConnections: true,
    exposeHeadRoutes: options.headRoutes ?? true,
    // Routes check what they take themselves. Without these, Fastify loads a schema compiler that costs more than all the routes.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  service.removeAllContentTypeParsers();
  service.addContentTypeParser(
    /^[\w.+-]+\/(?:[\w.-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'string' },
    (_request, body, done) => {
      try {
        const text = (body as string).replace(/^\ufeff/, '');
        done(null, text.trim() === '' ? undefined : (options.parseJson ?? JSON.parse)(text));
      } catch (error) {
        done(invalid(`The request's body is not JSON: ${(error as Error).message}`), undefined);
      }
    },
  );
  service.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)));
  });
  service.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  service.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.open) return;
    const credential = credentialOf(request.headers.authorization);
    const principal = credential && (await options.authenticate(credential));
    if (!principal)
      throw unauthenticated(credential ? 'The token is not valid here or has expired.' : 'This request needs a token.');
    request.principal = principal;
  });
  service.setErrorHandler((error, request, reply) =>
    sendError(options, domainErrorOf(options, error, request), request, reply),
  );
  service.setNotFoundHandler((request, reply) => {
    const whole = request.url.split('?', 1)[0] ?? '';
    const path = whole.slice(0, 300);
    const { paths, writeStatus = 501, wire, nameOf } = options.unlisted ?? { paths: /(?!)/ };
    const extra = wire === undefined ? {} : { wire };
    const name = nameOf?.(request.method, whole);
    if (name !== undefined) return sendError(options, notImplemented(name), request, reply);
    const isPublic = paths.test(path);
    const error = isPublic
      ? new DomainError('not-implemented', `not implemented: ${request.method} ${path}`, extra)
      : notFound(`There is no ${request.method} ${path} here.`, extra);
    const reads = request.method === 'GET' || request.method === 'HEAD';
    sendError(options, error, request, reply, isPublic && !reads ? writeStatus : 404);
  });
  return service;
}

function noSchemas(): never {
  throw internal(
    'A route has a schema, but services have no schema compiler: check what the route takes in its handler.',
  );
}

function domainErrorOf(options: ServiceOptions, error: unknown, request: FastifyRequest): DomainError {
  if (error instanceof DomainError) return error;
  const status = (error as { statusCode?: number }).statusCode;
  if (status === 413) return limitExceeded(`The request's body is larger than this service takes.`);
  if (status !== undefined && status >= 400 && status < 500) return invalid((error as Error).message);
  const fault = storageFault(error);
  if (fault) {
    options.log.error({ service: options.name, error, method: request.method }, 'nothing could be stored');
    return unavailable(
      fault === 'full'
        ? "The disk of Millrace's data directory is full. Free some space, then try again."
        : "Millrace's data directory cannot be written. Make it writable, then try again.",
      { cause: error },
    );
  }
  const id = newGuid();
  options.log.error(
    { service: options.name, id, error, method: request.method, route: request.routeOptions.url },
    'unexpected error',
  );
  return internal(`Something went wrong inside Millrace. The server's log has the details under ${id}.`);
}

function sendError(
  options: ServiceOptions,
  error: DomainError,
  request: FastifyRequest,
  reply: FastifyReply,
  status?: number,
): void {
  const wire = options.toWire(error, request);
  for (const [name, value] of Object.entries(wire.headers ?? {})) reply.header(name, value);
  reply.code(status ?? wire.status).send(wire.body);
}

/** The HTTP status that fits a domain error where a service has no rule of its own. */
export function statusOf(error: DomainError): number {
  switch (error.code) {
    case 'invalid':
      return 400;
    case 'unauthenticated':
      return 401;
    case 'forbidden':
      return 403;
    case 'not-found':
      return 404;
    case 'conflict':
      return 409;
    case 'limit':
      return 413;
    case 'not-implemented':
      return 501;
    case 'unavailable':
      return 503;
    case 'internal':
      return 500;
  }
}
