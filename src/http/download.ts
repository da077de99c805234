import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { invalid, unavailable } from '../kernel/errors.ts';
import { type OutboundOptions, openCall } from './outbound.ts';

export type DownloadRequest = {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

export type DownloadAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end, or destroyed. */
  readonly body: Readable;
};

/** The client for files that jobs name by a URL: a GET whose body is handed on as it comes, of any size. */
export type Download = (request: DownloadRequest) => Promise<DownloadAnswer>;

const REDIRECTS = 5;
const SILENCE_MS = 60_000;

/**
 * Makes the client for downloads. Redirects are followed, and every address on the way is checked at connect time.
 * @param options `proxies`: the variables of the machine's user, whose proxies and exceptions hold
 * @throws invalid for a URL or an address that isn't allowed, and for a redirect from https to something else; unavailable when no answer comes, the
 * other side goes silent, or redirects have no end
 */
export function createDownload(
  options: OutboundOptions & { readonly proxies?: Readonly<Record<string, string | undefined>> },
): Download {
  return async ({ url, headers = {}, signal }) => {
    let at = new URL(url);
    for (let hop = 0; hop <= REDIRECTS; hop++) {
      const answer = await openCall(options, {
        method: 'GET',
        url: at.href,
        headers,
        silenceMs: SILENCE_MS,
        signal,
        ...(options.proxies ? { proxies: options.proxies } : {}),
      });
      const target = answer.headers.location;
      const status = answer.statusCode ?? 0;
      if (![301, 302, 303, 307, 308].includes(status) || target === undefined)
        return { status, headers: answer.headers, body: answer };
      answer.destroy();
      const next = new URL(target, at);
      if (at.protocol === 'https:' && next.protocol !== 'https:')
        throw invalid(`${at.host} redirects from https to ${next.protocol.replace(':', '')}, which is not followed.`);
      at = next;
    }
    throw unavailable(`${new URL(url).host} redirects more than ${REDIRECTS} times.`);
  };
}
