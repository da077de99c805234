import { lookup as lookupName } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { CALLER_HEADER } from '../contracts/caller.ts';
import { DomainError, invalid, limitExceeded, messageOf, unavailable } from '../kernel/errors.ts';

export type OutboundRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The pipeline job for which it is sent; told to this server's own services alone. */
  readonly caller?: string;
  /** From the start of the request to the end of the answer's body. */
  readonly timeoutMs: number;
};

export type OutboundAnswer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

/** The one client for calls made on a user's behalf: server tasks, webhooks. */
export type Outbound = (request: OutboundRequest) => Promise<OutboundAnswer>;

export type OutboundOptions = {
  /** Whether a host name is answered by this server; such calls stay on the machine. */
  readonly claims: (host: string) => boolean;
  /** The front's port on loopback. */
  readonly localPort: () => number;
  /** Whether an address may be called; asked with the address at connect time, so a name cannot change under the check. */
  readonly allowAddress: (address: string) => boolean;
};

const ANSWER_LIMIT = 10 * 1024 * 1024;

/**
 * Makes the outbound client. Redirects are not followed.
 * @throws invalid for a URL that isn't http or https, or an address that isn't allowed; unavailable when no answer came in time;
 * limit for an answer above 10 MiB
 */
export function createOutbound(options: OutboundOptions): Outbound {
  return async (request) => {
    const signal = AbortSignal.timeout(request.timeoutMs);
    const { host } = parseUrl(request.url);
    try {
      const answer = await openCall(options, { ...request, signal });
      const pieces: Buffer[] = [];
      let size = 0;
      for await (const piece of answer as AsyncIterable<Buffer>) {
        size += piece.length;
        if (size > ANSWER_LIMIT) throw limitExceeded(`The answer of ${host} is larger than 10 MiB.`);
        pieces.push(piece);
      }
      return {
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: Buffer.concat(pieces).toString('utf8'),
      };
    } catch (error) {
      if (signal.aborted) throw unavailable(`${host} did not answer within ${request.timeoutMs / 1000} s.`);
      throw unreachable(host, error);
    }
  };
}

export type Call = {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly caller?: string;
  readonly signal: AbortSignal;
  /** How long the other side may say nothing. */
  readonly silenceMs?: number;
  /** Variables that may name a proxy (`HTTPS_PROXY`, `NO_PROXY`, …); without them none is used. */
  readonly proxies?: Readonly<Record<string, string | undefined>>;
};

/** Sends a request to an address that may be called. @returns the answer once its head is there; its body is the caller's to read */
export async function openCall(options: OutboundOptions, call: Call): Promise<IncomingMessage> {
  const url = parseUrl(call.url);
  const bareHost = url.hostname.replace(/^\[|\]$/g, '');
  const local = options.claims(url.hostname);
  if (!local && isIP(bareHost) !== 0) checkAddress(options, bareHost, url);
  return new Promise((resolve, reject) => {
    const send = local || url.protocol === 'http:' ? httpRequest : httpsRequest;
    const sent = send(
      {
        method: call.method,
        host: local ? '127.0.0.1' : bareHost,
        port: local ? options.localPort() : url.port || (url.protocol === 'http:' ? 80 : 443),
        path: `${url.pathname}${url.search}`,
        headers: {
          ...call.headers,
          ...(local && call.caller !== undefined ? { [CALLER_HEADER]: call.caller } : {}),
          host: url.host,
          ...(call.body === undefined ? {} : { 'content-length': Buffer.byteLength(call.body) }),
        },
        agent: local || !call.proxies ? false : proxyAgent(url, call.proxies),
        signal: call.signal,
        ...(call.silenceMs === undefined ? {} : { timeout: call.silenceMs }),
        ...(local ? {} : { lookup: checkedLookup(options, url) }),
      },
      resolve,
    );
    sent.on('timeout', () =>
      sent.destroy(unavailable(`${url.host} said nothing for ${(call.silenceMs ?? 0) / 1000} s.`)),
    );
    sent.on('error', (error) => reject(unreachable(url.host, error)));
    sent.end(call.body);
  });
}

/** For one call: the proxy looks names up then, and only its own address is checked here. */
function proxyAgent(url: URL, proxyEnv: NonNullable<Call['proxies']>): HttpAgent {
  return url.protocol === 'http:' ? new HttpAgent({ proxyEnv }) : new HttpsAgent({ proxyEnv });
}

function unreachable(host: string, error: unknown): Error {
  if (error instanceof DomainError || (error as Error).name === 'AbortError') return error as Error;
  return unavailable(`${host} could not be reached: ${messageOf(error)}`, { cause: error });
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw invalid(`'${text.slice(0, 200)}' is not a URL.`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(`Only http and https URLs can be called, not '${url.protocol}'.`);
  return url;
}

function checkAddress(options: OutboundOptions, address: string, url: URL): void {
  if (!options.allowAddress(address))
    throw invalid(`Calls to ${url.host} (${address}) are not allowed from this server.`);
}

function checkedLookup(options: OutboundOptions, url: URL): LookupFunction {
  return (hostname, lookupOptions, done) => {
    lookupName(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const allowed = addresses.filter((entry) => options.allowAddress(entry.address));
      const first = allowed[0];
      if (!first)
        return done(
          invalid(
            `Calls to ${url.host} are not allowed from this server: its address is not public.`,
          ) as NodeJS.ErrnoException,
          [],
        );
      if (lookupOptions.all) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

/** Refuses link-local addresses, where clouds keep their metadata services, and addresses that aren't any host's. */
export function notLinkLocal(address: string): boolean {
  const bare = address.toLowerCase().replace(/^::ffff:/, '');
  return !(
    /^169\.254\./.test(bare) ||
    /^fe[89ab]/.test(bare) ||
    /^0\./.test(bare) ||
    bare === '::' ||
    /^22[4-9]\.|^23\d\.|^ff/.test(bare)
  );
}
