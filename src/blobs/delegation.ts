import type { Access } from './authorize.ts';
import { BlobError } from './blob-error.ts';
import { type DelegationKey, delegationValue } from './delegation-key.ts';
import type { Answer, BlobRequest } from './request.ts';
import { readBody, type WriteContext } from './write.ts';
import { XML_HEAD, xmlElement } from './xml.ts';

/** Longest life of a key, in days (documented). */
const MOST_DAYS = 7;
const BODY_LIMIT = 4096;

/** Get User Delegation Key: for callers with a token of the identity service, not for keys and signatures (documented). */
export async function getDelegationKey(
  context: WriteContext,
  request: BlobRequest,
  access: Access,
  accountKey: string | undefined,
): Promise<Answer> {
  if (!access.identity || accountKey === undefined)
    throw new BlobError(
      403,
      'AuthenticationFailed',
      'Only a user or service principal, with a token for https://storage.azure.com, can get a user delegation key.',
    );
  const text = (await readBody(context.store, request, BODY_LIMIT)).toString('utf8');
  const time = (name: string, missing: Date | undefined): Date => {
    const value = new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1]?.trim();
    const parsed = value === undefined ? missing : new Date(value);
    if (!parsed || Number.isNaN(parsed.getTime()))
      throw new BlobError(400, 'InvalidXmlNodeValue', `KeyInfo needs ${name} as an ISO 8601 time.`);
    return parsed;
  };
  const now = context.now();
  const start = time('Start', now);
  const expiry = time('Expiry', undefined);
  if (expiry <= start || expiry <= now || expiry.getTime() - now.getTime() > MOST_DAYS * 24 * 3600_000)
    throw new BlobError(
      400,
      'InvalidXmlNodeValue',
      `Expiry must be after Start and now, and at most ${MOST_DAYS} days away.`,
    );
  const key: DelegationKey = {
    ...access.identity,
    start: `${start.toISOString().slice(0, 19)}Z`,
    expiry: `${expiry.toISOString().slice(0, 19)}Z`,
    service: 'b',
    version: request.header('x-ms-version') ?? '2020-12-06',
  };
  const elements = [
    xmlElement('SignedOid', key.oid),
    xmlElement('SignedTid', key.tid),
    xmlElement('SignedStart', key.start),
    xmlElement('SignedExpiry', key.expiry),
    xmlElement('SignedService', key.service),
    xmlElement('SignedVersion', key.version),
    xmlElement('Value', delegationValue(accountKey, key)),
  ];
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    text: `${XML_HEAD}<UserDelegationKey>${elements.join('')}</UserDelegationKey>`,
  };
}
