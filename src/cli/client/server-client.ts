import { Agent, request } from 'node:http';
import { DomainError, type ErrorCode, internal, unavailable } from '../../kernel/errors.ts';
import type { ServerConnection } from '../io.ts';

/** An answer larger than this is refused: a log page is a few MiB at most. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export type RequestOptions = {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds until the whole answer must be there. Default 60 s; a long poll adds its own wait. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

/** Speaks to one server over kept-alive connections. */
export type ServerClient = {
  /** JSON of an answer below 300; undefined for an empty one. @throws DomainError with the server's own message */
  json<T>(path: string, options?: RequestOptions): Promise<T | undefined>;
  /** Closes the connections. */
  close(): void;
};

/** A refusal that carries more than a message: the body as the server sent it. */
export type Refusal = { readonly status: number; readonly body: unknown };

/**
 * Makes a client for a server. Paths begin with `/`. It goes straight to the address, whatever proxy the environment names: the
 * server is the user's own.
 */
export function createServerClient(connection: ServerConnection): ServerClient {
  const base = new URL(connection.url);
  if (base.protocol !== 'http:') {
    throw unavailable(
      `The server's address ${connection.url} is not an http address. Start the server again: millrace up`,
    );
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const authorization = `Basic ${Buffer.from(`:${connection.token}`).toString('base64')}`;
  const prefix = base.pathname.replace(/\/$/, '');

  const send = (path: string, options: RequestOptions) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body));
      const outgoing = request({
        agent,
        host: base.hostname,
        port: base.port,
        path: `${prefix}${path}`,
        method: options.method ?? 'GET',
        headers: {
          authorization,
          accept: 'application/json',
          ...(body ? { 'content-type': 'application/json', 'content-length': body.length } : {}),
        },
        ...(options.signal ? { signal: options.signal } : {}),
      });
      const timer = setTimeout(
        () => outgoing.destroy(new Error(`no answer in ${options.timeoutMs ?? 60_000} ms`)),
        options.timeoutMs ?? 60_000,
      );
      outgoing.on('close', () => clearTimeout(timer));
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > MAX_ANSWER_BYTES)
            outgoing.destroy(new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`));
          else pieces.push(piece);
        });
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') }),
        );
      });
      outgoing.end(body);
    });

  return {
    async json<T>(path: string, options: RequestOptions = {}) {
      let answer: { status: number; text: string };
      try {
        answer = await send(path, options);
      } catch (cause) {
        if (options.signal?.aborted) throw cause;
        const detail = cause instanceof Error ? (cause as NodeJS.ErrnoException).code || cause.message : String(cause);
        throw unavailable(`The server at ${connection.url} does not answer (${detail}). See 'millrace status'.`, {
          cause,
        });
      }
      if (answer.status >= 200 && answer.status < 300) {
        return answer.text === '' ? undefined : (parse(answer.text, path) as T);
      }
      throw refusal(answer, path);
    },
    close() {
      agent.destroy();
    },
  };
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw internal(`The server's answer to ${path} is not JSON: ${text.slice(0, 200)}`, { cause });
  }
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  501: 'not-implemented',
  503: 'unavailable',
};

/** The error for a refused request: the server's message, and status and body under `details`. */
function refusal(answer: { status: number; text: string }, path: string): DomainError {
  let body: unknown;
  try {
    body = JSON.parse(answer.text.replace(/^\uFEFF/, ''));
  } catch {
    body = undefined;
  }
  const said = typeof body === 'object' && body !== null ? (body as { message?: unknown }).message : undefined;
  const message =
    typeof said === 'string' && said !== '' ? said : `${answer.status} for ${path}: ${answer.text.slice(0, 300)}`;
  const details: Refusal = { status: answer.status, body };
  return new DomainError(CODES[answer.status] ?? 'internal', message, { details });
}
