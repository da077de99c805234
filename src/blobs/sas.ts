import { createHmac, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { BlobError } from './blob-error.ts';
import type { BlobRequest } from './request.ts';

/** The version whose string to sign our own signatures use. */
const SIGNED_VERSION = '2022-11-02';

/** What a valid shared access signature allows. */
export type SasGrant = {
  readonly permissions: string;
  /** `c` and `b` are service signatures; `account` carries the resource types it is good for. */
  readonly scope: { readonly kind: 'container' | 'blob' } | { readonly kind: 'account'; readonly types: string };
};

type Place = { readonly account: string; readonly container: string; readonly blob: string };
type Query = ReadonlyMap<string, string>;

/**
 * Signs a container's service SAS.
 * @param permissions letters of `racwdxyltmeop`; put in the order that the service wants
 * @returns a query string without `?`
 */
export function signContainer(
  key: string,
  wanted: { account: string; container: string; permissions: string; expiry: Date },
): string {
  const permissions = [...'racwdxyltmeop'].filter((letter) => wanted.permissions.includes(letter)).join('');
  const query = new Map([
    ['sv', SIGNED_VERSION],
    ['sr', 'c'],
    ['sp', permissions],
    ['se', `${wanted.expiry.toISOString().slice(0, 19)}Z`],
  ]);
  const signature = hmac(key, serviceString(query, { ...wanted, blob: '' }));
  return new URLSearchParams([...query, ['sig', signature]]).toString();
}

/**
 * Checks the shared access signature of a query.
 * @param key the account's key, base64; undefined when there is no such account
 * @throws BlobError AuthenticationFailed that says what did not hold
 */
export function checkSas(
  query: Query,
  place: Place,
  key: string | undefined,
  now: Date,
  remoteAddress: string,
): SasGrant {
  const isAccount = query.has('ss');
  if (query.has('skoid')) throw failed('User delegation signatures are not implemented; use one of the account key.');
  if (query.has('si'))
    throw failed('Stored access policies are not implemented; put the permissions in the signature.');
  const text = isAccount ? accountString(query, place.account) : serviceString(query, place);
  const given = Buffer.from(query.get('sig') ?? '', 'base64');
  const expected = Buffer.from(key === undefined ? '' : hmac(key, text), 'base64');
  if (expected.length === 0 || given.length !== expected.length || !timingSafeEqual(given, expected))
    throw failed('Signature did not match.');
  const expiry = timeOf(query.get('se'));
  const start = timeOf(query.get('st'));
  if (expiry === undefined || expiry <= now) throw failed(`Signed expiry time [${query.get('se') ?? ''}] is over.`);
  // Clocks differ a little; clients that set a start often set it to their own now.
  if (start !== undefined && start.getTime() > now.getTime() + 60_000)
    throw failed(`Signed start time [${query.get('st') ?? ''}] is not reached.`);
  checkAddress(query.get('sip'), remoteAddress);
  const permissions = query.get('sp') ?? '';
  if (isAccount) {
    if (!query.get('ss')?.includes('b'))
      throw failed('The signature is not for the Blob service.', 'AuthorizationServiceMismatch');
    return { permissions, scope: { kind: 'account', types: query.get('srt') ?? '' } };
  }
  return { permissions, scope: { kind: query.get('sr') === 'c' ? 'container' : 'blob' } };
}

/** The string to sign of a service signature; its fields grew with the version (documented). */
function serviceString(query: Query, place: Place): string {
  const field = (name: string) => query.get(name) ?? '';
  const resource = field('sr');
  if (resource !== 'c' && resource !== 'b')
    throw failed(`Signatures for the resource type '${resource.slice(0, 10)}' are not implemented; use c or b.`);
  const path = `/blob/${place.account}/${place.container}${resource === 'c' ? '' : `/${place.blob}`}`;
  const version = field('sv');
  const begin = [field('sp'), field('st'), field('se'), path, field('si'), field('sip'), field('spr'), version];
  const snapshot = version >= '2018-11-09' ? [resource, field('snapshot')] : [];
  const encryption = version >= '2020-12-06' ? [field('ses')] : [];
  const answers = ['rscc', 'rscd', 'rsce', 'rscl', 'rsct'].map(field);
  return [...begin, ...snapshot, ...encryption, ...answers].join('\n');
}

function accountString(query: Query, account: string): string {
  const field = (name: string) => query.get(name) ?? '';
  const fields = [account, ...['sp', 'ss', 'srt', 'st', 'se', 'sip', 'spr', 'sv'].map(field)];
  if (field('sv') >= '2020-12-06') fields.push(field('ses'));
  return `${fields.join('\n')}\n`;
}

export function hmac(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64');
}

function timeOf(text: string | undefined): Date | undefined {
  const time = text === undefined || text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time);
}

function checkAddress(allowed: string | undefined, remote: string): void {
  if (allowed === undefined || allowed === '') return;
  const address = remote.replace(/^::ffff:/, '');
  const [first = '', last = first] = allowed.split('-');
  const list = new BlockList();
  if (isIP(first) === 4 && isIP(last) === 4) list.addRange(first, last, 'ipv4');
  if (isIP(address) !== 4 || !list.check(address, 'ipv4'))
    throw failed(
      `The signature is for the addresses ${allowed.slice(0, 60)}, not for ${address}.`,
      'AuthorizationSourceIPMismatch',
    );
}

function failed(message: string, code = 'AuthenticationFailed'): BlobError {
  return new BlobError(403, code, `The shared access signature does not hold: ${message}`);
}

/** Whether a request carries a signature in its query. */
export function hasSas(request: BlobRequest): boolean {
  return request.query.has('sig');
}
