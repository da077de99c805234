import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { BlobError } from './blob-error.ts';
import type { BlobName } from './names.ts';

/** A request taken apart: whose account, which container, which blob. */
export type BlobRequest = {
  readonly method: string;
  readonly account: string;
  /** Empty for the account itself. */
  readonly container: string;
  /** Empty for the container itself. */
  readonly blob: string;
  /** The path as it was sent, still encoded, for signatures. */
  readonly rawPath: string;
  /** Names in lower case; values decoded. */
  readonly query: ReadonlyMap<string, string>;
  header(name: string): string | undefined;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Readable;
  /** `https://account.blob.core.windows.net/` or its loopback form. */
  readonly endpoint: string;
  readonly remoteAddress: string;
};

/** What an operation answers: headers, and a stream or a text as the body. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Readable;
  readonly text?: string;
};

const HOST = /^([a-z0-9]{3,24})\.blob\.core\.windows\.net(?::\d+)?$/;
export const LOOPBACK_PREFIX = '_blobs';

/** The blob that a request names. */
export function blobOf({
  account,
  container,
  blob,
  query,
}: Pick<BlobRequest, 'account' | 'container' | 'blob' | 'query'>): BlobName {
  const snapshot = query.get('snapshot');
  return { account, container, name: blob, ...(snapshot === undefined ? {} : { snapshot }) };
}

/** Takes a request apart, by host name or by the path `/_blobs/{account}/…`. @throws BlobError for a path that isn't decodable */
export function parseRequest(request: FastifyRequest): BlobRequest {
  const { raw } = request;
  const [rawPath = '/', ...rest] = (raw.url ?? '/').split('?');
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(raw.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(',') : value);
  const host = (raw.headers.host ?? '').toLowerCase();
  const byHost = HOST.exec(host);
  const { account, container, blob } = byHost
    ? { account: byHost[1] as string, ...placeOf(rawPath) }
    : placeOnLoopback(rawPath);
  return {
    method: raw.method ?? 'GET',
    account,
    container,
    blob,
    rawPath,
    query: queryOf(rest.join('?')),
    headers,
    header: (name) => headers.get(name),
    body: raw,
    endpoint: byHost ? `https://${account}.blob.core.windows.net/` : `http://${host}/${LOOPBACK_PREFIX}/${account}/`,
    remoteAddress: raw.socket.remoteAddress ?? '127.0.0.1',
  };
}

/** Container and blob of an encoded path. A backslash divides like a slash, as the service itself has it. */
function placeOf(path: string): { container: string; blob: string } {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path).replaceAll('\\', '/');
  } catch {
    throw new BlobError(400, 'InvalidUri', 'The path of the request is not valid percent-encoding.');
  }
  const trimmed = decoded.replace(/^\//, '');
  const slash = trimmed.indexOf('/');
  return slash < 0
    ? { container: trimmed, blob: '' }
    : { container: trimmed.slice(0, slash), blob: trimmed.slice(slash + 1) };
}

/** Container and blob of a path inside a request for an account: as on the account's own host, or in the loopback form. */
export function placeOfPath(path: string, account: string): { container: string; blob: string } {
  return path.toLowerCase().startsWith(`/${LOOPBACK_PREFIX}/${account}/`) ? placeOnLoopback(path) : placeOf(path);
}

function placeOnLoopback(path: string): { account: string; container: string; blob: string } {
  const match = new RegExp(`^/${LOOPBACK_PREFIX}/([^/]+)(/.*)?$`, 'i').exec(path);
  if (!match)
    throw new BlobError(
      400,
      'InvalidUri',
      `On this address blobs are at /${LOOPBACK_PREFIX}/{account}/{container}/{blob}.`,
    );
  return { account: (match[1] as string).toLowerCase(), ...placeOf(match[2] ?? '/') };
}

/** Query parameters; a name that occurs twice has its values joined by commas, as signatures want them. */
export function queryOf(text: string): Map<string, string> {
  const query = new Map<string, string[]>();
  // A plus sign is itself here: the clients of the service encode spaces as %20, and signatures hold pluses.
  for (const [name, value] of new URLSearchParams(text.replaceAll('+', '%2B'))) {
    const key = name.toLowerCase();
    query.set(key, [...(query.get(key) ?? []), value]);
  }
  return new Map([...query].map(([name, values]) => [name, values.sort().join(',')]));
}

/** The account, container and blob of a URL of this service, host or loopback form; undefined for any other URL. */
export function placeOfUrl(
  url: string,
): { account: string; container: string; blob: string; query: ReadonlyMap<string, string> } | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const query = queryOf(parsed.search.slice(1));
  const byHost = HOST.exec(parsed.host.toLowerCase());
  if (byHost) return { account: byHost[1] as string, ...placeOf(parsed.pathname), query };
  const isLocal = /^(127\.0\.0\.1|localhost|\[::1\])$/.test(parsed.hostname);
  return isLocal && parsed.pathname.toLowerCase().startsWith(`/${LOOPBACK_PREFIX}/`)
    ? { ...placeOnLoopback(parsed.pathname), query }
    : undefined;
}
