import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CALLER_HEADER, CALLER_VARIABLE, CREATES_HEADER } from '../../contracts/caller.ts';
import { AzError, commandError } from './errors.ts';
import { findServer } from './server.ts';

export type HttpRequest = {
  readonly method?: string;
  /** The public address, `https://management.azure.com/…`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent whole, so that a try can be repeated. */
  readonly body?: string | Uint8Array;
  /** Without a byte from the other side for so long, the try fails. Default 300 s. */
  readonly idleTimeoutMs?: number;
  /** A POST or PATCH that has the effect of one when it is carried out twice, because its answer was lost. */
  readonly repeatable?: boolean;
  /** The address is the local server's own, as it was when somebody wrote it down: sent to where the server is now. */
  readonly toServer?: boolean;
};

export type HttpResponse = {
  readonly status: number;
  /** The status line's words. */
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Above 1: an earlier try may have been carried out without its answer having come through. */
  readonly tries: number;
};

/** Sends requests meant for Azure's hosts to the local server, and others where they say. */
export type Http = {
  request(request: HttpRequest): Promise<HttpResponse>;
  /** The same, the answer's body left to be read piece by piece; only 2xx answers come back, others as {@link HttpResponse}. */
  open(request: HttpRequest): Promise<HttpResponse | IncomingMessage>;
  close(): void;
};

/** An answer held in memory is JSON, a log or an error: more is a mistake somewhere. Files go through `open`. */
const MOST_BYTES_IN_MEMORY = 256 * 1024 * 1024;
const SERVER_RESTART_MS = 60_000;
const AZURE_HOST =
  /(^|\.)(azure\.com|windows\.net|azureml\.ms|azureml\.net|microsoftonline\.com|azure\.net|microsoft\.com)$/;
/** A repeated one has the effect of one. */
const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

/** What a server that is killed in the middle of an answer looks like from here. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Makes the client. A refused connection is tried again for up to 60 s, the server file read anew each time, when the
 * environment says that a server is there: it may be restarting. Answers that break off, and answers 429 and 503, are tried again for
 * repeatable requests.
 * @param trace told each answer in a line that holds no query: signatures are in queries
 * @param notice told what the server made because a request named it and it wasn't there
 * @param creates whether the command creates something: then the server may make what its reads name too
 */
export function createHttp(
  env: Readonly<Record<string, string | undefined>>,
  trace: (line: string) => void = () => {},
  notice: (line: string) => void = () => {},
  creates = false,
): Http {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  /** Sends until `use` has taken an answer; what it reads of the body belongs to the try. */
  const exchange = async <T>(
    request: HttpRequest,
    use: (response: IncomingMessage, tries: number) => T | Promise<T>,
  ): Promise<T> => {
    const end = performance.now() + SERVER_RESTART_MS;
    const repeatable = request.repeatable ?? REPEATABLE.has(request.method ?? 'GET');
    for (let pause = 50, tries = 1; ; pause = Math.min(pause * 2, 1000), tries++) {
      const local = request.toServer === true || AZURE_HOST.test(new URL(request.url).hostname);
      const server = local ? findServer(env) : undefined;
      try {
        const started = performance.now();
        const caller = server ? env[CALLER_VARIABLE] : undefined;
        const response = await send(agent, server?.url, request, {
          ...(caller === undefined ? {} : { [CALLER_HEADER]: caller }),
          ...(server && creates ? { [CREATES_HEADER]: 'true' } : {}),
        });
        const { origin, pathname } = new URL(request.url);
        const took = Math.round(performance.now() - started);
        trace(`${request.method ?? 'GET'} ${origin}${pathname} -> ${response.statusCode} (${took} ms)`);
        if (local) for (const line of provisionedBy(response)) notice(line);
        const later = response.statusCode === 503 || response.statusCode === 429;
        if (!local || !repeatable || !later || performance.now() + pause > end) return await use(response, tries);
        response.resume();
        await sleep(Math.max(pause, Math.min(Number(response.headers['retry-after'] ?? 0) * 1000 || 0, 10_000)));
      } catch (cause) {
        const code = (cause as NodeJS.ErrnoException).code ?? '';
        const again = code === 'ECONNREFUSED' || (BROKEN.has(code) && repeatable);
        if (!local || !again || performance.now() + pause > end) throw connectionError(request.url, server?.url, cause);
        if (!server?.expected) throw connectionError(request.url, server?.url, cause);
        await sleep(pause);
      }
    }
  };
  return {
    request: (request) => exchange(request, readWhole),
    open: (request) =>
      exchange<HttpResponse | IncomingMessage>(request, (response, tries) =>
        (response.statusCode ?? 500) < 300 ? response : readWhole(response, tries),
      ),
    close: () => agent.destroy(),
  };
}

/** Lines of the header by which local mode says what it made: a JSON list, URL-encoded. */
function provisionedBy(response: IncomingMessage): string[] {
  const header = response.headers['x-millrace-provisioned'];
  return typeof header === 'string' ? (JSON.parse(decodeURIComponent(header)) as string[]) : [];
}

function connectionError(url: string, server: string | undefined, cause: unknown): AzError {
  if (cause instanceof AzError) return cause;
  const where = server ? `the Millrace server at ${server}` : new URL(url).origin;
  const next = server ? " Is it running? 'millrace status' tells, 'millrace up' starts it." : '';
  return commandError(`Cannot reach ${where}: ${(cause as Error).message}.${next}`, { cause });
}

async function send(
  agent: Agent,
  server: string | undefined,
  request: HttpRequest,
  own: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
  const url = new URL(request.url);
  const target = new URL(server ?? url.origin);
  const secure = target.protocol === 'https:';
  const make = secure ? (await import('node:https')).request : httpRequest;
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
  const method = request.method ?? 'GET';
  return new Promise((resolve, reject) => {
    const outgoing = make(
      {
        ...(secure ? {} : { agent }),
        host: target.hostname.replace(/^\[|\]$/g, ''),
        port: target.port || (secure ? 443 : 80),
        path: `${url.pathname}${url.search}`,
        method,
        headers: {
          ...request.headers,
          ...own,
          host: url.host,
          ...(body || method === 'PUT' || method === 'POST' ? { 'content-length': String(body?.byteLength ?? 0) } : {}),
        },
      },
      resolve,
    );
    const idle = request.idleTimeoutMs ?? 300_000;
    outgoing.setTimeout(idle, () => outgoing.destroy(new Error(`no answer within ${idle / 1000} s`)));
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

async function readWhole(response: IncomingMessage, tries: number): Promise<HttpResponse> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MOST_BYTES_IN_MEMORY) {
      response.destroy();
      throw commandError(`The answer is larger than ${MOST_BYTES_IN_MEMORY / 1024 / 1024} MiB.`);
    }
    pieces.push(piece);
  }
  return {
    status: response.statusCode ?? 0,
    reason: response.statusMessage ?? '',
    headers: response.headers as Record<string, string | undefined>,
    body: Buffer.concat(pieces),
    tries,
  };
}
