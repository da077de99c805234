import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../kernel/errors.ts';
import { retry } from '../kernel/retry.ts';

/** An answer of the server that is not a success. */
export class ServerRefusal extends Error {
  readonly status: number;
  /** What the answer itself says. */
  readonly said: string;
  constructor(status: number, request: string, said: string) {
    super(`The server refused ${request} with ${status}: ${said}`);
    this.name = 'ServerRefusal';
    this.status = status;
    this.said = said;
  }
}

export type ServerRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the organisation's URL, beginning with `/`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  /** Opens the body anew for each try. */
  readonly stream?: { readonly bytes: number; open(): Readable };
  /** Bearer token; the agent's own when absent. */
  readonly token?: string;
  readonly signal?: AbortSignal;
  /** How long to go on while the server can't be reached, in milliseconds. Default: ten minutes. */
  readonly retryMs?: number;
  /** Longest wait for an answer, in milliseconds. Default: 60 s. */
  readonly timeoutMs?: number;
  /** Called at each try that was wholly written to an open connection. */
  readonly onSent?: () => void;
  /** Where the body goes; without it the body is read as text. */
  readonly sink?: () => NodeJS.WritableStream;
};

/** `tries` above 1 means that an earlier try may have been carried out without its answer having come through. */
export type ServerAnswer = { readonly status: number; readonly text: string; readonly tries: number };

/** The agent's way to the server: one address, kept current over restarts, every request retried while nobody answers. */
export type Connection = {
  /** @throws ServerRefusal for an answer of 400 or above that a retry can't mend; the last failure when the time is over */
  send(request: ServerRequest): Promise<ServerAnswer>;
  /** The organisation's URL without a final slash. */
  url(): string;
  token(): string;
  close(): void;
};

/** The longest that an agent goes on without its server. */
export const UNREACHABLE_MS = 10 * 60_000;
const LARGEST_ANSWER = 64 * 1024 * 1024;
/** Answers that say "later": a proxy without its server, a server that starts or is overloaded. */
const TRANSIENT = new Set([408, 429, 502, 503, 504]);

/**
 * Opens a connection to `options.url` (`http://127.0.0.1:8460/millrace`).
 * @param options.serverFile a JSON file `{ url, token }` that is read again whenever the server can't be reached, because a
 *   server that restarts may listen on another port; its URL replaces the origin alone, the path stays
 */
export function openConnection(options: {
  readonly url: string;
  readonly token: string;
  readonly serverFile?: string;
}): Connection {
  const base = new URL(options.url.replace(/\/+$/, ''));
  const organisation = base.pathname.replace(/\/+$/, '');
  let origin = base.origin;
  let token = options.token;
  let ownToken: string | undefined;
  const plain = new Agent({ keepAlive: true });
  // Made when asked for: a server on this machine speaks plain HTTP, and TLS takes long to load.
  let tls: TlsAgent | undefined;
  const overTls = () => {
    tls ??= new TlsAgent({ keepAlive: true });
    return tls;
  };

  const readAgain = () => {
    if (!options.serverFile) return;
    try {
      const file = JSON.parse(readFileSync(options.serverFile, 'utf8')) as { url?: string; token?: string };
      if (file.url) origin = new URL(file.url).origin;
      // The file's token is the owner's. An agent that was given the owner's follows it; one with a token of its own keeps that.
      ownToken ??= file.token === options.token ? '' : options.token;
      if (!ownToken && file.token) token = file.token;
    } catch {
      // No server at the moment: the next try reads again.
    }
  };
  if (options.serverFile) readAgain();

  const once = (request: ServerRequest): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const url = new URL(origin + organisation + request.path);
      const body = request.json === undefined ? request.text : JSON.stringify(request.json);
      const headers: Record<string, string> = {
        authorization: `Bearer ${request.token ?? token}`,
        accept: 'application/json',
      };
      if (request.json !== undefined) headers['content-type'] = 'application/json';
      else if (request.text !== undefined) headers['content-type'] = 'text/plain; charset=utf-8';
      else if (request.stream) headers['content-type'] = 'application/octet-stream';
      if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
      if (request.stream) headers['content-length'] = String(request.stream.bytes);
      const secure = url.protocol === 'https:';
      const sent = (secure ? httpsRequest : httpRequest)(
        url,
        {
          method: request.method,
          headers,
          agent: secure ? overTls() : plain,
          ...(request.signal ? { signal: request.signal } : {}),
        },
        (answer) => {
          const status = answer.statusCode ?? 0;
          const read =
            request.sink && status < 300 ? pipeline(answer, request.sink()).then(() => '') : readText(answer);
          read.then((text) => resolve({ status, text }), reject);
        },
      );
      sent.setTimeout(request.timeoutMs ?? 60_000, () => sent.destroy(new Error('the server did not answer in time')));
      sent.on('error', reject);
      if (request.onSent) sent.on('finish', request.onSent);
      if (request.stream) pipeline(request.stream.open(), sent).catch(reject);
      else sent.end(body);
    });

  return {
    url: () => origin + organisation,
    token: () => token,
    async send(request) {
      let tries = 0;
      return await retry(
        {
          forMs: request.retryMs ?? UNREACHABLE_MS,
          pauseMs: 50,
          maxPauseMs: 2000,
          ...(request.signal ? { signal: request.signal } : {}),
          when: (error) => !(error instanceof ServerRefusal),
        },
        async () => {
          tries += 1;
          if (tries > 1) readAgain();
          const { status, text } = await once(request);
          if (TRANSIENT.has(status))
            throw new Error(`the server answered ${status} to ${request.method} ${request.path}`);
          if (status >= 400) {
            throw new ServerRefusal(status, `${request.method} ${request.path.split('?')[0]}`, refusalText(text));
          }
          return { status, text, tries };
        },
      );
    },
    close() {
      plain.destroy();
      tls?.destroy();
    },
  };
}

async function readText(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST_ANSWER) throw new Error(`the server's answer is longer than ${LARGEST_ANSWER} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function refusalText(text: string): string {
  try {
    const body = JSON.parse(text) as { message?: unknown };
    if (typeof body.message === 'string') return body.message.slice(0, 1000);
  } catch (error) {
    return text.slice(0, 300) || messageOf(error);
  }
  return text.slice(0, 300);
}
