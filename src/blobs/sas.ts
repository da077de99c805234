import { timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { AccessPolicy } from './access-policy.ts';
import { BlobError } from './blob-error.ts';
import { type DelegationKey, delegationValue } from './delegation-key.ts';
import { hmac } from './hmac.ts';
import type { BlobRequest } from './request.ts';

/** The version whose string to sign our own signatures use. */
const SIGNED_VERSION = '2022-11-02';

/** From this version on a user delegation signature can bind headers and parameters of the request. */
const BOUND_VERSION = '2026-04-06';

/** What a valid shared access signature allows. */
export type SasGrant = {
  readonly permissions: string;
  /** `container`, `blob` and `snapshot` are of service signatures; `account` carries the resource types it is good for. */
  readonly scope:
    | { readonly kind: 'container' | 'blob' | 'snapshot' }
    | { readonly kind: 'account'; readonly types: string };
};

export type SasPlace = { readonly account: string; readonly container: string; readonly blob: string };
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

/** What a signature is checked with. */
export type SasFacts = {
  /** The account's key, base64; undefined when there is no such account. */
  readonly key: string | undefined;
  /** The stored access policy that the signature names, where there is one. */
  readonly policy: AccessPolicy | undefined;
  readonly now: Date;
  readonly remoteAddress: string;
};

/**
 * Checks the shared access signature of a query: of an account, of a service by the account's key or by a user's delegated key.
 * @throws BlobError AuthenticationFailed that says what did not hold
 */
export function checkSas(query: Query, place: SasPlace, facts: SasFacts): SasGrant {
  const { now, policy } = facts;
  const isAccount = query.has('ss');
  const delegated = query.has('skoid') ? delegationOf(query, now) : undefined;
  const key = delegated && facts.key !== undefined ? delegationValue(facts.key, delegated) : facts.key;
  if (query.has('si') && !policy)
    throw failed(`There is no stored access policy '${query.get('si')?.slice(0, 64) ?? ''}' on the container.`);
  const text = isAccount ? accountString(query, place.account) : serviceString(query, place);
  const given = Buffer.from(query.get('sig') ?? '', 'base64');
  const expected = Buffer.from(key === undefined ? '' : hmac(key, text), 'base64');
  if (expected.length === 0 || given.length !== expected.length || !timingSafeEqual(given, expected))
    throw failed('Signature did not match.');
  // What the signature leaves out, its policy says.
  const expiry = timeOf(query.get('se') ?? policy?.expiry);
  const start = timeOf(query.get('st') ?? policy?.start);
  if (expiry === undefined || expiry <= now) throw failed(`Signed expiry time [${query.get('se') ?? ''}] is over.`);
  // Clocks differ a little; clients that set a start often set it to their own now.
  if (start !== undefined && start.getTime() > now.getTime() + 60_000)
    throw failed(`Signed start time [${query.get('st') ?? ''}] is not reached.`);
  checkAddress(query.get('sip'), facts.remoteAddress);
  const permissions = query.get('sp') ?? policy?.permission ?? '';
  if (isAccount) {
    if (!query.get('ss')?.includes('b'))
      throw failed('The signature is not for the Blob service.', 'AuthorizationServiceMismatch');
    return { permissions, scope: { kind: 'account', types: query.get('srt') ?? '' } };
  }
  return { permissions, scope: { kind: RESOURCES[query.get('sr') ?? ''] ?? 'blob' } };
}

const RESOURCES: Readonly<Record<string, 'container' | 'blob' | 'snapshot'>> = {
  c: 'container',
  b: 'blob',
  bs: 'snapshot',
};

/** The key that a signature says it was made with. @throws BlobError when its time is not now */
function delegationOf(query: Query, now: Date): DelegationKey {
  const field = (name: string) => query.get(name) ?? '';
  for (const name of ['srh', 'srq', 'saoid', 'suoid', 'skdutid', 'sduoid'])
    if (query.has(name)) throw failed(`not implemented: user delegation signatures with '${name}'.`);
  const key = {
    oid: field('skoid'),
    tid: field('sktid'),
    start: field('skt'),
    expiry: field('ske'),
    service: field('sks'),
    version: field('skv'),
  };
  const start = timeOf(key.start);
  const expiry = timeOf(key.expiry);
  if (!start || !expiry || start.getTime() > now.getTime() + 60_000 || expiry <= now)
    throw failed(`The user delegation key is for the time from ${key.start} to ${key.expiry}.`);
  return key;
}

/** The string to sign of a service or user delegation signature; its fields grew with the version (documented). */
function serviceString(query: Query, place: SasPlace): string {
  const field = (name: string) => query.get(name) ?? '';
  const resource = field('sr');
  if (RESOURCES[resource] === undefined)
    throw failed(`not implemented: signatures for the resource type '${resource.slice(0, 10)}'. Use c, b or bs.`);
  const path = `/blob/${place.account}/${place.container}${resource === 'c' ? '' : `/${place.blob}`}`;
  const version = field('sv');
  const isDelegated = query.has('skoid');
  const key = isDelegated
    ? [
        ...['skoid', 'sktid', 'skt', 'ske', 'sks', 'skv'].map(field),
        ...(version >= '2020-02-10' ? ['saoid', 'suoid', 'scid'].map(field) : []),
        ...(version >= '2025-07-05' ? ['skdutid', 'sduoid'].map(field) : []),
      ]
    : [field('si')];
  const begin = [field('sp'), field('st'), field('se'), path, ...key, field('sip'), field('spr'), version];
  const snapshot = version >= '2018-11-09' ? [resource, resource === 'bs' ? field('snapshot') : ''] : [];
  const encryption = version >= '2020-12-06' ? [field('ses')] : [];
  // Headers and parameters that a signature can bind, here never any (client source).
  const bound = isDelegated && version >= BOUND_VERSION ? ['', ''] : [];
  const answers = ['rscc', 'rscd', 'rsce', 'rscl', 'rsct'].map(field);
  return [...begin, ...snapshot, ...encryption, ...bound, ...answers].join('\n');
}

function accountString(query: Query, account: string): string {
  const field = (name: string) => query.get(name) ?? '';
  const fields = [account, ...['sp', 'ss', 'srt', 'st', 'se', 'sip', 'spr', 'sv'].map(field)];
  if (field('sv') >= '2020-12-06') fields.push(field('ses'));
  return `${fields.join('\n')}\n`;
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
