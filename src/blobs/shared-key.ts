import { timingSafeEqual } from 'node:crypto';
import { BlobError } from './blob-error.ts';
import { hmac } from './hmac.ts';
import { type BlobRequest, LOOPBACK_PREFIX } from './request.ts';

/** How far a request's date may be from ours, in milliseconds (documented). */
const SKEW_MS = 15 * 60 * 1000;

/**
 * Checks the header `Authorization: SharedKey account:signature`.
 * @param key the account's key, base64; undefined when there is no such account
 * @throws BlobError AuthenticationFailed
 */
export function checkSharedKey(request: BlobRequest, key: string | undefined, now: Date): void {
  const match = /^SharedKey (\S+):(\S+)$/i.exec(request.header('authorization') ?? '');
  const named = match?.[1] ?? '';
  // Client libraries take the whole path of a loopback address for the account's name.
  if (!match || (named !== request.account && named !== `${LOOPBACK_PREFIX}/${request.account}`))
    throw failed('The Authorization header must be SharedKey {account}:{signature} of the account that is asked.');
  const date = Date.parse(request.header('x-ms-date') ?? request.header('date') ?? '');
  if (Number.isNaN(date) || Math.abs(date - now.getTime()) > SKEW_MS)
    throw failed('The request’s date (x-ms-date) is missing, or more than 15 minutes away from the server’s.');
  const given = Buffer.from(match[2] as string, 'base64');
  const expected = Buffer.from(key === undefined ? '' : hmac(key, stringToSign(request, named)), 'base64');
  if (expected.length === 0 || given.length !== expected.length || !timingSafeEqual(given, expected))
    throw failed('The signature does not fit the request. Check the account’s key.');
}

/** The string to sign of version 2015-02-21 and later (documented). @param account as the Authorization header names it */
function stringToSign(request: Pick<BlobRequest, 'method' | 'headers' | 'query' | 'rawPath'>, account: string): string {
  const header = (name: string) => request.headers.get(name) ?? '';
  const length = header('content-length');
  const standard = [
    request.method,
    header('content-encoding'),
    header('content-language'),
    length === '0' ? '' : length,
    header('content-md5'),
    header('content-type'),
    request.headers.has('x-ms-date') ? '' : header('date'),
    header('if-modified-since'),
    header('if-match'),
    header('if-none-match'),
    header('if-unmodified-since'),
    header('range'),
  ];
  const own = [...request.headers]
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.replace(/\s*\r?\n\s*/g, ' ').trim()}`);
  const query = [...request.query].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}`);
  return [...standard, ...own, `/${account}${request.rawPath}`, ...query].join('\n');
}

function failed(message: string): BlobError {
  return new BlobError(403, 'AuthenticationFailed', message);
}
