import { lookup as lookupName } from 'node:dns';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { CALLER_HEADER } from '../contracts/caller.ts';
import { invalid, limitExceeded, unavailable } from '../kernel/errors.ts';

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
    const url = parseUrl(request.url);
    const local = options.claims(url.hostname);
    if (!local && isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0)
      checkAddress(options, url.hostname.replace(/^\[|\]$/g, ''), url);
    return new Promise((resolve, reject) => {
      const send = local || url.protocol === 'http:' ? httpRequest : httpsRequest;
      const call = send(
        {
          method: request.method,
          host: local ? '127.0.0.1' : url.hostname.replace(/^\[|\]$/g, ''),
          port: local ? options.localPort() : url.port || (url.protocol === 'http:' ? 80 : 443),
          path: `${url.pathname}${url.search}`,
          headers: {
            ...request.headers,
            ...(local && request.caller !== undefined ? { [CALLER_HEADER]: request.caller } : {}),
            host: url.host,
            ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
          },
          agent: false,
          ...(local ? {} : { lookup: checkedLookup(options, url) }),
        },
        (answer) => {
          const pieces: Buffer[] = [];
          let size = 0;
          answer.on('data', (piece: Buffer) => {
            size += piece.length;
            if (size > ANSWER_LIMIT) call.destroy(limitExceeded(`The answer of ${url.host} is larger than 10 MiB.`));
            else pieces.push(piece);
          });
          answer.on('end', () => {
            clearTimeout(timer);
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              body: Buffer.concat(pieces).toString('utf8'),
            });
          });
          answer.on('error', reject);
        },
      );
      const timer = setTimeout(
        () => call.destroy(unavailable(`${url.host} did not answer within ${request.timeoutMs / 1000} s.`)),
        request.timeoutMs,
      );
      call.on('error', (error) => {
        clearTimeout(timer);
        reject(
          error.name === 'DomainError'
            ? error
            : unavailable(`${url.host} could not be reached: ${error.message}`, { cause: error }),
        );
      });
      call.end(request.body);
    });
  };
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
